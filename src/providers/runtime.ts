/** What a provider is given that is not data (G1). */

import type { Audience, AuthProvider } from "../auth-provider.js";
import { isGiven } from "../config/check.js";
import { faultsOfOptions } from "../config/options.js";
import type { Random } from "../failure/policy.js";
import type { Dispatcher } from "../http/dispatcher.js";
import type { TokenFetch } from "../http/fetch.js";
import type { TokenStore } from "../store/token-store.js";
import type { Clock } from "../values/clock.js";
import type { ConfigFault } from "../values/errors.js";
import { isPlainRecord } from "../values/plain-record.js";

/**
 * Makes a provider of a user's own type, at once: what waits for something does so in `getToken()`.
 *
 * @throws ConfigError where the configuration cannot be used; its faults are reported with their paths.
 */
export type ProviderFactory = (config: unknown, runtime: Runtime) => AuthProvider;

/** Names a provider of a catalog, where a configuration could have the provider itself. */
export interface ProviderReference {
  /** The name of a provider in the catalog. */
  readonly ref: string;
  /**
   * Other scopes and parameters of its grant, as its `for()` takes them.
   *
   * @default none: the provider itself
   */
  readonly for?: Audience | null;
}

/** The second argument of every provider: objects and functions, which no YAML could hold. */
export interface Runtime {
  /**
   * The provider's name in errors, warnings and events. In a catalog it is the name there.
   *
   * @default the provider's type
   */
  readonly name?: string | undefined;
  /**
   * An undici dispatcher for requests to the IdP, such as a `ProxyAgent` or a `MockAgent`.
   *
   * @default the process's global dispatcher
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * A WHATWG `fetch` for requests to the IdP, in place of a dispatcher: for tests that intercept the global
   * one, and for runtimes in which undici does not run.
   *
   * @example { fetch: globalThis.fetch }
   */
  readonly fetch?: TokenFetch | undefined;
  /**
   * The wall clock, in milliseconds since the epoch.
   *
   * @default Date.now
   */
  readonly clock?: Clock | undefined;
  /**
   * A source of chance for jitter, uniform in [0, 1).
   *
   * @default Math.random
   */
  readonly random?: Random | undefined;
  /** Where grants are kept, in place of a folder of `persist`. Whoever gives it closes it. */
  readonly store?: TokenStore | undefined;
  /** Values of `${param.name}` in the configuration of a `flow`, where no catalog has put them in. */
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** A user's own provider types by name, for `fromConfig` and catalogs. */
  readonly types?: Readonly<Record<string, ProviderFactory>> | undefined;
  /**
   * Gives the provider that `{ ref: name }` within a configuration stands for. A catalog brings its own, which knows the
   * entries that are written further down too; throws a `ConfigError` for an unknown name.
   *
   * @example { resolve: (reference) => catalog.resolve(reference) }
   */
  readonly resolve?: ((reference: ProviderReference) => AuthProvider) | undefined;
}

/** The path of the document that a provider's configuration stands in, for messages: a catalog puts it into the runtime. */
export const DOCUMENT: unique symbol = Symbol("document");

/** That path, if there is one. */
export function documentOf(runtime: Runtime): string | undefined {
  return (runtime as { readonly [DOCUMENT]?: string })[DOCUMENT];
}

/** What in `runtime` is misspelt, or would only fail when it is first used. */
export function faultsOfRuntime(runtime: Runtime): readonly ConfigFault[] {
  const faults = [...faultsOfOptions("runtime", runtime, RUNTIME_KEYS)];
  const given = (runtime ?? {}) as Readonly<Record<string, unknown>>;
  for (const [key, { isUsable, message }] of Object.entries(REQUIREMENTS)) {
    if (given[key] !== undefined && !isUsable(given[key])) faults.push({ path: `runtime.${key}`, message });
  }
  if (given.fetch !== undefined && given.dispatcher !== undefined) {
    faults.push({ path: "runtime.fetch", message: "cannot stand beside runtime.dispatcher: give one of them" });
  }
  return faults;
}

/** What the value of an option must be, and how a fault says so. */
interface Requirement {
  isUsable(value: unknown): boolean;
  readonly message: string;
}

const PARAM_TYPES = ["string", "number", "boolean"];
const STORE_METHODS = ["read", "write", "lock"];

const REQUIREMENTS: Readonly<Record<keyof Runtime, Requirement>> = {
  name: {
    isUsable: (value) => typeof value === "string" && value !== "",
    message: "must be a non-empty string",
  },
  dispatcher: {
    isUsable: (value) => hasMethods(value, ["dispatch"]),
    message: "must be an undici dispatcher: an object with a method dispatch()",
  },
  fetch: {
    isUsable: isFunction,
    message: "must be a function that sends a request as the global fetch does",
  },
  clock: {
    isUsable: isFunction,
    message: "must be a function that returns milliseconds since the epoch",
  },
  random: {
    isUsable: isFunction,
    message: "must be a function that returns numbers in [0, 1)",
  },
  store: {
    isUsable: (value) => hasMethods(value, STORE_METHODS),
    message: `must be a token store: an object with the methods ${STORE_METHODS.join(", ")}`,
  },
  params: {
    isUsable: (value) =>
      isPlainRecord(value) && Object.values(value).every((each) => PARAM_TYPES.includes(typeof each)),
    message: "must be an object of strings, numbers and booleans",
  },
  types: {
    isUsable: (value) => isPlainRecord(value) && Object.values(value).every(isFunction),
    message: "must be an object of functions, each of which makes a provider",
  },
  resolve: {
    isUsable: isFunction,
    message: "must be a function that gives the provider of a reference",
  },
};

const RUNTIME_KEYS = Object.keys(REQUIREMENTS);

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return isGiven(value) && methods.every((method) => isFunction((value as Record<string, unknown>)[method]));
}
