/** What all providers of this library are: named, usable in parts, and safe to print (S1, S4). */

import { type InspectOptions, inspect } from "node:util";
import type { Audience, AuthProvider } from "../auth-provider.js";
import type { ProviderStatus } from "../cache/status.js";
import type { WatchListener, WatchOptions } from "../cache/watches.js";
import type { Credential } from "../values/credential.js";
import type { CallOptions } from "../values/issued.js";
import type { Runtime } from "./runtime.js";

/** What of its configuration may be seen: no private field, which could not be read through a Proxy. */
const VISIBLE = Symbol("visible");

interface Visible {
  readonly [VISIBLE]?: Readonly<Record<string, unknown>>;
}

/**
 * An `AuthProvider` that prints as its kind, its name and what of its configuration may be seen. Its
 * methods may be taken out of it: `const { getToken } = provider`.
 */
export abstract class Provider implements AuthProvider {
  /** The kind of provider, as in configuration: `oauth2_refresh`. */
  readonly type: string;

  /** Its name in the catalog, else `runtime.name`, else its type. */
  readonly name: string;

  /** @internal */
  protected constructor(type: string, visible: Readonly<Record<string, unknown>>, runtime: Runtime) {
    this.type = type;
    this.name = runtime.name ?? type;
    Object.defineProperty(this, VISIBLE, { value: visible });
    for (const method of ["getToken", "invalidate", "watch", "ready", "status", "close", "for"] as const) {
      const value = this[method]?.bind(this);
      if (value !== undefined) Object.defineProperty(this, method, { value, writable: true, configurable: true });
    }
  }

  /**
   * A fresh credential, from the cache or from the IdP. However many callers ask at once, there is one
   * token request. Rejects with a `FaucetError`, or with `options.signal.reason`.
   */
  abstract getToken(options?: CallOptions): Promise<Credential>;

  /**
   * Calls `listener` with the current credential, or with the first once it is there, and then with each
   * later one: once each, in order, also with those that another process has fetched. While anybody watches,
   * credentials are renewed ahead of their expiry without a caller; after a failure the next flight follows
   * as the gate allows. What the listener throws is a warning, and harms nobody. The watch ends when it is disposed
   * of, or with `close()`; it holds no process open.
   *
   * @throws `TypeError` if `listener` is no function; `ConfigError` for an unknown option; `ClosedError` after `close()`.
   * @example
   * using watch = provider.watch((credential) => connection.authenticate(credential), { onError: console.error });
   */
  abstract watch(listener: WatchListener, options?: WatchOptions): Disposable;

  /** Gets one token, so that what is wrong shows before work begins. Rejects as `getToken` does. */
  async ready(options?: CallOptions): Promise<void> {
    await this.getToken(options);
  }

  /** A provider of other scopes and parameters of the same grant. Absent where there are none to ask for. */
  for?(audience: Audience): Provider;

  /** Where the provider stands: a snapshot without secrets, for logs and health checks. */
  abstract status(): ProviderStatus;

  /**
   * Reports that an API refused `stale` and gives a credential to try instead. Only the first report of
   * the current credential causes a token request; a late report gets what is current. A result equal
   * to `stale` means that there is nothing else to try. Rejects as `getToken` does.
   */
  abstract invalidate(stale: Credential, options?: CallOptions): Promise<Credential>;

  /**
   * Ends the provider: a flight in progress is finished for those who wait for it, what the provider
   * opened itself is closed, and every later `getToken()` rejects with a `ClosedError`. May be called
   * again. Rejects with a `StoreError` if a refreshed grant could not be stored to the end.
   */
  abstract close(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What may be logged: identifiers, no secrets. */
  toJSON(): Record<string, unknown> {
    return { type: this.type, name: this.name, ...(this as Visible)[VISIBLE] };
  }

  static {
    Object.defineProperty(Provider.prototype, inspect.custom, {
      value(this: Provider, _depth: number, options: InspectOptions): string {
        return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
      },
    });
  }
}
