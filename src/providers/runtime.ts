/** What a provider is given that is not data (G1). */

import type { AuthProvider } from "../auth-provider.js";
import type { Random } from "../failure/policy.js";
import type { Dispatcher } from "../http/dispatcher.js";
import type { TokenFetch } from "../http/fetch.js";
import type { TokenStore } from "../store/token-store.js";
import type { Clock } from "../values/clock.js";
import type { ConfigFault } from "../values/errors.js";

/** Makes a provider of a user's own type. It may throw a `ConfigError`. */
export type ProviderFactory = (config: unknown, runtime: Runtime) => AuthProvider;

/** The second argument of every provider: objects and functions, which no YAML could hold. */
export interface Runtime {
  /** The provider's name; its type by default. In a catalog, its name there. */
  readonly name?: string | undefined;
  /** An undici dispatcher for requests to the IdP; the process's global one by default. */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * A WHATWG `fetch` for requests to the IdP, in place of a dispatcher: for tests that intercept the global
   * one, and for runtimes in which undici does not run.
   */
  readonly fetch?: TokenFetch | undefined;
  /** The wall clock, in milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: Clock | undefined;
  /** A source of chance for jitter, uniform in [0, 1); `Math.random` by default. */
  readonly random?: Random | undefined;
  /** Where grants are kept, in place of a folder of `persist`. Whoever gives it closes it. */
  readonly store?: TokenStore | undefined;
  /** A user's own provider types by name, for `fromConfig` and catalogs. */
  readonly types?: Readonly<Record<string, ProviderFactory>> | undefined;
}

/** What in `runtime` would only fail when it is first used. */
export function faultsOfRuntime({ name, dispatcher, fetch, clock, random, store }: Runtime): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    faults.push({ path: "runtime.name", message: "must be a non-empty string" });
  }
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== "function") {
    faults.push({
      path: "runtime.dispatcher",
      message: "must be an undici dispatcher: an object with a method dispatch()",
    });
  }
  if (fetch !== undefined && typeof fetch !== "function") {
    faults.push({ path: "runtime.fetch", message: "must be a function that sends a request as the global fetch does" });
  }
  if (fetch !== undefined && dispatcher !== undefined) {
    faults.push({ path: "runtime.fetch", message: "cannot stand beside runtime.dispatcher: give one of them" });
  }
  if (clock !== undefined && typeof clock !== "function") {
    faults.push({
      path: "runtime.clock",
      message: "must be a function that returns milliseconds since the epoch",
    });
  }
  if (random !== undefined && typeof random !== "function") {
    faults.push({ path: "runtime.random", message: "must be a function that returns numbers in [0, 1)" });
  }
  if (store !== undefined && STORE_METHODS.some((method) => typeof store?.[method] !== "function")) {
    faults.push({
      path: "runtime.store",
      message: `must be a token store: an object with the methods ${STORE_METHODS.join(", ")}`,
    });
  }
  return faults;
}

const STORE_METHODS = ["read", "write", "lock"] as const;
