/** The names that connectors have for the forms of `static`: `bearer`, `basic`, `api_key`, `custom`, `none` (G7). */

import * as z from "zod/mini";
import { check } from "../config/check.js";
import { textOrEmpty } from "../config/fields.js";
import { faultsOfRuntime, type ProviderFactory, type Runtime } from "./runtime.js";
import { type StaticConfig, StaticProvider } from "./static.js";

/** Each name, with its factory. */
export const STATIC_FORMS: Readonly<Record<string, ProviderFactory>> = {
  bearer: (config, runtime) => new StaticProvider(formOf("bearer", ["token"], config, runtime), runtime),
  basic: (config, runtime) => new StaticProvider(formOf("basic", ["username", "password"], config, runtime), runtime),
  api_key: (config, runtime) => new StaticProvider(formOf("api_key", ["header", "value"], config, runtime), runtime),
};

/** `config` as the form of `static` that has exactly these keys. */
function formOf(type: string, keys: readonly string[], config: unknown, runtime: Runtime): StaticConfig {
  const fields = Object.fromEntries(keys.map((key) => [key, textOrEmpty()]));
  return check(type, config, { schema: z.strictObject(fields), others: faultsOfRuntime(runtime) }) as StaticConfig;
}
