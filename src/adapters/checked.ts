/** What an adapter is made with, checked when it is made: a provider that can do what is needed, and known options. */

import { type AuthProvider, ConfigError, type ConfigFault } from "faucet-auth";

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

/** What providers of a user's own may lack. */
interface OptionalMethods {
  watch: NonNullable<AuthProvider["watch"]>;
  for(audience: { readonly scopes: readonly string[] }): AuthProvider;
}

/**
 * `provider` as one that has `method`.
 *
 * @throws `TypeError` if it has not.
 */
export function having<M extends keyof OptionalMethods>(
  method: M,
  provider: AuthProvider,
  adapter: string,
): Pick<OptionalMethods, M> {
  const methods = provider as Partial<OptionalMethods>;
  if (typeof methods[method] !== "function") {
    throw new TypeError(
      `${adapter} needs a provider with ${method}(), which ${JSON.stringify(provider.name)} has not: ` +
        "the providers of faucet-auth have it, and a provider of your own may have one too",
    );
  }
  return methods as OptionalMethods;
}

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
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return [{ path: "options", message: `must be an object; its keys may be ${known}` }];
  }
  return Object.entries(options).flatMap(([path, value]) => {
    if (!Object.hasOwn(checks, path)) return [{ path, message: `unknown option; there are: ${known}` }];
    const message = value === undefined ? undefined : checks[path]?.(value);
    return message === undefined ? [] : [{ path, message }];
  });
}
