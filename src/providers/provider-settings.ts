/** The configuration of a provider that fetches tokens, checked beside its runtime. */

import type * as z from "zod/mini";
import { check, isGiven, type Relation } from "../config/check.js";
import type { ConfigFault } from "../values/errors.js";
import { storeFitsRuntime } from "./configured-store.js";
import { type ConnectionSettings, connectionRelations } from "./connection-config.js";
import type { ProviderKey } from "./provider-value.js";
import { withProviderValues } from "./provider-values.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";
import { faultsOfTls } from "./tls-material.js";

/** What one type's configuration is checked against. */
export interface ConfigRules<T> {
  readonly schema: z.ZodMiniType<T>;
  readonly relations: readonly Relation[];
  readonly settled?: (settings: T) => readonly ConfigFault[];
  /** Where another provider's token may stand (K4). */
  readonly tokens?: readonly ProviderKey[];
  /** Where another provider may stand for its whole credential. */
  readonly credentials?: readonly ProviderKey[];
}

/** `config` in its normal form. Throws a `ConfigError` with every fault of it and of `runtime`. */
export function settingsOf<T>(
  type: string,
  { schema, relations, settled = () => [], tokens = [], credentials = [] }: ConfigRules<T>,
  config: unknown,
  runtime: Runtime,
): T {
  const ofRuntime = isGiven(runtime) ? [storeFitsRuntime(runtime), ...connectionRelations(runtime)] : [];
  const { resolve, name = type } = runtime ?? {};
  const bound = withProviderValues(config, { tokens, credentials }, { resolve, dependent: name });
  return check(type, bound.config, {
    schema,
    relations: [...relations, ...ofRuntime],
    settled: (settings) => [...settled(settings), ...faultsOfTls((settings as Partial<ConnectionSettings>).tls)],
    others: [...bound.faults, ...faultsOfRuntime(runtime)],
  });
}
