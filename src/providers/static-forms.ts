/** The names that connectors have for the forms of `static`: `bearer`, `basic`, `api_key`, `custom`, `none` (G7). */

import * as z from "zod/mini";
import { check } from "../config/check.js";
import { type Field, text, textOrEmpty } from "../config/fields.js";
import { headers } from "../config/parameters.js";
import { faultsOfRuntime, type ProviderFactory } from "./runtime.js";
import { type StaticConfig, StaticProvider } from "./static.js";

/** Each name, with its factory. */
export const STATIC_FORMS: Readonly<Record<string, ProviderFactory>> = {
  bearer: form("bearer", { token: text }),
  basic: form("basic", { username: textOrEmpty, password: textOrEmpty }),
  api_key: form("api_key", { header: text, value: text }),
  custom: form("custom", { headers }),
  none: form("none", {}, { headers: {} }),
};

/** The form of `static` that has exactly the keys of `fields`; `given` is what its name says already. */
function form(
  name: string,
  fields: Readonly<Record<string, () => Field<unknown>>>,
  given: object = {},
): ProviderFactory {
  return (config, runtime) => {
    const schema = z.strictObject(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field()])));
    const settings: object = check(name, config, { schema, others: faultsOfRuntime(runtime) });
    return new StaticProvider({ ...given, ...settings } as StaticConfig, runtime);
  };
}
