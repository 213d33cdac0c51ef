/** The factory that connectors and catalogs use: `{ type, config }` to a provider. */

import type { AuthProvider } from "./auth-provider.js";
import { faultsOf, suggest, tellKey } from "./config/check.js";
import { OAuth2ClientCredentialsProvider } from "./providers/oauth2-client-credentials.js";
import { OAuth2RefreshProvider } from "./providers/oauth2-refresh.js";
import type { ProviderFactory, Runtime } from "./providers/runtime.js";
import { StaticProvider } from "./providers/static.js";
import { TokenEndpointProvider } from "./providers/token-endpoint.js";
import { ConfigError, type ConfigFault } from "./values/errors.js";

/** What a connector's or a catalog's configuration says of a provider. */
export interface ProviderSpec {
  readonly type: string;
  readonly config?: unknown;
}

/** The one table of types. A new kind of provider is one line here. */
const TYPES: Readonly<Record<string, new (config: never, runtime?: Runtime) => AuthProvider>> = {
  static: StaticProvider,
  oauth2: OAuth2ClientCredentialsProvider,
  oauth2_refresh: OAuth2RefreshProvider,
  token_endpoint: TokenEndpointProvider,
};

/**
 * A new provider of `spec.type`, made from `spec.config`. A type of `runtime.types` goes before one
 * of ours. Throws a `ConfigError` with every fault; for an unknown type it lists the known ones.
 */
export function fromConfig(spec: ProviderSpec, runtime: Runtime = {}): AuthProvider {
  const subject = runtime.name ?? "auth provider";
  const own = new Map(Object.entries(runtime.types ?? {}));
  const types = [...new Set([...own.keys(), ...Object.keys(TYPES)])];
  const faults = faultsOfSpec(spec, types);
  if (!isKnown(spec, types)) throw new ConfigError(subject, faults);
  const make = own.get(spec.type) ?? builtIn(spec.type);
  const outcome = faultsOf("config", () => make(spec.config ?? {}, runtime));
  const all = "faults" in outcome ? [...faults, ...outcome.faults] : faults;
  if (all.length > 0 || "faults" in outcome) throw new ConfigError(`${subject} (${spec.type})`, all);
  return usable(outcome.built, spec.type, subject);
}

function isKnown(spec: ProviderSpec | null, types: readonly string[]): boolean {
  return types.includes(spec?.type ?? "");
}

/** A user's own type may have made anything. */
function usable(provider: AuthProvider | undefined, type: string, subject: string): AuthProvider {
  if (typeof provider?.getToken === "function" && typeof provider.invalidate === "function") return provider;
  const message = `its factory must return a provider, with getToken() and invalidate()`;
  throw new ConfigError(subject, [{ path: "type", message: `${JSON.stringify(type)}: ${message}` }]);
}

function builtIn(type: string): ProviderFactory {
  const Provider = TYPES[type] as new (config: unknown, runtime: Runtime) => AuthProvider;
  return (config, runtime) => new Provider(config, runtime);
}

function faultsOfSpec(spec: unknown, types: readonly string[]): ConfigFault[] {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    return [{ path: "", message: "must be a mapping with type and config" }];
  }
  const { type, config, ...others } = spec as Record<string, unknown>;
  const faults = Object.keys(others).map((key) => ({
    path: tellKey(key),
    message: `unknown key; ${suggest(tellKey(key), ["type", "config"])}`,
  }));
  const known = `known are ${types.join(", ")}`;
  if (typeof type !== "string") return [...faults, { path: "type", message: `is required: a string; ${known}` }];
  return types.includes(type)
    ? faults
    : [...faults, { path: "type", message: `unknown type ${JSON.stringify(type)}; ${known}` }];
}
