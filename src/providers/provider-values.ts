/** Providers in a configuration, and references to them: a value in place of each (K4). */

import { type AuthProvider, isAuthProvider } from "../auth-provider.js";
import { faultsOf, join } from "../config/check.js";
import { fixedValue, type LiveValue } from "../live/live-value.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { ProviderCredential } from "./provider-credential.js";
import { type ProvidedToken, ProviderToken } from "./provider-token.js";
import type { ProviderKey } from "./provider-value.js";
import type { ProviderReference, Runtime } from "./runtime.js";

/** The keys under which a provider may stand: for its token, or for its whole credential. */
export interface ProviderKeys {
  readonly tokens: readonly ProviderKey[];
  readonly credentials: readonly ProviderKey[];
}

/**
 * `config` with a value in place of each provider, and each reference to one, that stands under one of the keys; and what is
 * wrong with the references. The providers are needed by the one called `dependent`.
 */
export function withProviderValues(
  config: unknown,
  { tokens, credentials }: ProviderKeys,
  { resolve, dependent }: { readonly resolve: Runtime["resolve"]; readonly dependent: string },
): { readonly config: unknown; readonly faults: readonly ConfigFault[] } {
  const keys = [
    ...tokens.map((key) => ({ ...key, Value: ProviderToken })),
    ...credentials.map((key) => ({ ...key, Value: ProviderCredential })),
  ];
  const keysInUse = keys.filter(({ key }) => isProvided((config as Readonly<Record<string, unknown>> | null)?.[key]));
  if (keysInUse.length === 0) return { config, faults: [] };
  const bound: Record<string, LiveValue> = {};
  const faults: ConfigFault[] = [];
  for (const { key, role, Value } of keysInUse) {
    const given = (config as Readonly<Record<string, ProvidedToken>>)[key] as ProvidedToken;
    const found = isAuthProvider(given) ? { built: given } : faultsOf("", () => resolved(given, resolve));
    if ("built" in found) bound[key] = new Value(found.built, { key, role }, dependent);
    else {
      faults.push(...found.faults.map((fault) => ({ ...fault, path: join(key, fault.path) })));
      bound[key] = fixedValue("", role);
    }
  }
  return { config: { ...(config as object), ...bound }, faults };
}

function isProvided(given: unknown): given is ProvidedToken {
  return isAuthProvider(given) || isReference(given);
}

function isReference(given: unknown): given is ProviderReference {
  return typeof given === "object" && given !== null && !Array.isArray(given) && "ref" in given;
}

function resolved(reference: ProviderReference, resolve: Runtime["resolve"]): AuthProvider {
  const fault = (message: string): never => {
    throw new ConfigError("configuration", [{ path: "ref", message }]);
  };
  if (typeof resolve !== "function") return fault("has no catalog to refer to: in code, give the provider itself");
  const provider: unknown = resolve(reference);
  return isAuthProvider(provider) ? provider : fault("stands for no provider: runtime.resolve gave something else");
}
