/** The `auth:` of the crate's connectors: fixed credentials under names of their own (G7). */

import { isGiven, redactKey, suggest } from "../config/check.js";
import type { ProviderSpec } from "../from-config.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";

/** The keys of each name; `static` has the same. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["bearer", ["token"]],
  ["basic", ["username", "password"]],
  ["api_key", ["header", "value"]],
  ["custom", ["headers"]],
]);

/** The names by which connectors define a fixed credential. */
export function isConnectorAuth(type: unknown): type is string {
  return typeof type === "string" && KEYS.has(type);
}

/** The `static` provider that `spec` stands for. Throws a `ConfigError`. */
export function staticSpecOf({ type, config, ...others }: ProviderSpec): ProviderSpec {
  if (!isMapping(config)) throw fault(type, "config", `must be a mapping with ${KEYS.get(type)?.join(" and ")}`);
  const known = KEYS.get(type) ?? [];
  const faults = Object.keys(config)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: `config.${redactKey(key)}`, message: `unknown key; ${suggest(redactKey(key), known)}` }));
  if (faults.length > 0) throw new ConfigError(`auth (${type})`, faults);
  return { type: "static", config: type === "custom" ? onlyHeader(config.headers) : config, ...others };
}

function onlyHeader(headers: unknown): { header: string; value: unknown } {
  const given = isMapping(headers) ? Object.entries(headers).filter(([, value]) => isGiven(value)) : [];
  const [only] = given;
  if (only !== undefined && given.length === 1) return { header: only[0], value: only[1] };
  throw fault("custom", "config.headers", "must be a mapping with one header: a credential is one header");
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fault(type: string, path: string, message: string): ConfigError {
  const faults: ConfigFault[] = [{ path, message }];
  return new ConfigError(`auth (${type})`, faults);
}
