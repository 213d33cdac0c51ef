/** What a catalog hands out: every method of a provider is there, also of a user's own type that lacks some. */

import type { AuthProvider } from "../auth-provider.js";
import { noCounts, type ProviderStatus } from "../cache/status.js";
import type { WatchListener, WatchOptions } from "../cache/watches.js";
import type { CallOptions } from "../values/issued.js";

/** A provider of a catalog, with the methods that are optional for a user's own type. */
export interface CatalogProvider extends AuthProvider {
  /**
   * Calls `listener` with the current credential, or with the first once it is there, and then with each later
   * one: once each, in order. While anybody watches, credentials are renewed without a caller. The watch ends
   * when it is disposed of, or with `close()`; it holds no process open.
   *
   * @throws `TypeError` for a user's own type that has no `watch()`.
   */
  watch(listener: WatchListener, options?: WatchOptions): Disposable;

  /** Gets one token, so that what is wrong shows before work begins. Rejects as `getToken` does. */
  ready(options?: CallOptions): Promise<void>;

  /**
   * Where the provider stands: a snapshot without secrets, for logs and health checks. A user's own
   * type that has no `status()` is `empty`, with all counts zero.
   */
  status(): ProviderStatus;

  /** Ends the provider, once its flight in progress has. For a user's own type that has no `close()`, nothing happens. */
  close(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** `provider` itself, if it has all methods; else what behaves as it does, and has those that it lacks. */
export function complete(provider: AuthProvider): CatalogProvider {
  const lacking = new Map(Object.entries(substitutes(provider)).filter(([method]) => !has(provider, method)));
  const dispose = provider[Symbol.asyncDispose] === undefined;
  if (lacking.size === 0 && !dispose) return provider as CatalogProvider;
  return new Proxy(provider, {
    get(target, key) {
      if (typeof key === "string" && lacking.has(key)) return lacking.get(key);
      if (key === Symbol.asyncDispose && dispose) return substitutes(target).close;
      const value: unknown = Reflect.get(target, key);
      return isMethod(target, key, value) ? value.bind(target) : value;
    },
  }) as CatalogProvider;
}

function has(provider: AuthProvider, method: string): boolean {
  return typeof (provider as unknown as Record<string, unknown>)[method] === "function";
}

function substitutes(provider: AuthProvider): Pick<CatalogProvider, "watch" | "ready" | "status" | "close"> {
  return {
    watch: () => {
      const type = JSON.stringify(provider.type);
      throw new TypeError(
        `${provider.name}: its type, ${type}, has no watch(); TokenCache has one that it can hand on`,
      );
    },
    ready: async (options) => {
      await provider.getToken(options);
    },
    status: () => ({
      name: provider.name,
      state: "empty",
      generation: 0,
      inFlight: false,
      consecutiveFailures: 0,
      counts: noCounts(),
    }),
    close: async () => {
      await (provider.close ?? provider[Symbol.asyncDispose])?.call(provider);
    },
  };
}

/** Of its class: such a method may have private fields, which a proxy has not. */
function isMethod(target: object, key: PropertyKey, value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function" && key !== "constructor" && !Object.hasOwn(target, key);
}
