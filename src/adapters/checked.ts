/** What an adapter is made with, checked when it is made: a provider that can do what is needed, and known options. */

import { type AuthProvider, ConfigError, type ConfigFault, faultOfRecord } from "faucet-auth";

/** Says what is wrong with the value of one option; `undefined` if nothing is. */
export type OptionCheck = (value: unknown) => string | undefined;

/** Throws a `ConfigError` about `adapter` if this is no provider, or if an option is unknown or no good. */
export function checkAdapter(
  adapter: string,
  provider: unknown,
  options?: unknown,
  checks: Readonly<Record<string, OptionCheck>> = {},
): void {
  const faults = [...faultsOfProvider(provider), ...faultsOfOptions(options, checks)];
  if (faults.length > 0) throw new ConfigError(adapter, faults);
}

/** What not every provider has. */
type OptionalMethod = "for" | "watch";

/**
 * `provider` as one that has `method`.
 *
 * @throws `TypeError` if it has not.
 */
export function having<M extends OptionalMethod>(
  method: M,
  provider: AuthProvider,
  adapter: string,
): AuthProvider & Required<Pick<AuthProvider, M>> {
  if (typeof provider[method] !== "function") {
    const name = JSON.stringify(provider.name);
    throw new TypeError(`${adapter} needs a provider with ${method}(), which ${name} has not: ${WHO_HAS[method]}`);
  }
  return provider as AuthProvider & Required<Pick<AuthProvider, M>>;
}

const WHO_HAS: Readonly<Record<OptionalMethod, string>> = {
  for: "the OAuth 2 providers have it",
  watch: "the providers of faucet-auth have it, and one of your own can pass on that of its TokenCache",
};

/** An option that is a function. */
export function faultOfFunction(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "must be a function";
}

/** An option that is a text. */
export function faultOfText(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "must be a string";
}

function faultsOfProvider(provider: unknown): ConfigFault[] {
  const given = provider as Partial<AuthProvider> | null | undefined;
  if (typeof given?.getToken === "function" && typeof given.invalidate === "function") return [];
  const message = "must be an object with getToken() and invalidate(), as fromConfig() and catalog.get(name) give one";
  return [{ path: "provider", message }];
}

function faultsOfOptions(options: unknown, checks: Readonly<Record<string, OptionCheck>>): ConfigFault[] {
  if (options === undefined) return [];
  const known = Object.keys(checks).join(", ") || "none";
  const fault = faultOfRecord(options, `must be an object; its keys may be ${known}`);
  if (fault !== undefined) return [{ path: "options", message: fault }];
  return Object.entries(options as object).flatMap(([path, value]) => {
    if (!Object.hasOwn(checks, path)) return [{ path, message: `unknown option; there are: ${known}` }];
    const message = value === undefined ? undefined : checks[path]?.(value);
    return message === undefined ? [] : [{ path, message }];
  });
}
