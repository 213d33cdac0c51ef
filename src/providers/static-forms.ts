/** The names that connectors have for the forms of `static`: `bearer`, `basic`, `api_key`, `custom`, `none` (G7). */

import * as z from "zod/mini";
import { check, lazily } from "../config/check.js";
import { type Field, text } from "../config/fields.js";
import { requiredHeaders } from "../live/live-parameters.js";
import { liveText } from "../live/live-text.js";
import { faultsOfRuntime, type ProviderFactory } from "./runtime.js";
import { type StaticConfig, StaticProvider } from "./static.js";

const secret = (key: string) => () => liveText(key);
const secretOrEmpty = (key: string) => () => liveText(key, { mayBeEmpty: true });

/** The schema of each. */
export const FORM_SCHEMAS = {
  bearer: formSchema({ token: secret("token") }),
  basic: formSchema({ username: secretOrEmpty("username"), password: secretOrEmpty("password") }),
  api_key: formSchema({ header: text, value: secret("value") }),
  custom: formSchema({ headers: () => requiredHeaders("headers") }),
  none: formSchema({}),
} as const;

/** Each name, with its factory. */
export const STATIC_FORMS: Readonly<Record<keyof typeof FORM_SCHEMAS, ProviderFactory>> = {
  bearer: form("bearer"),
  basic: form("basic"),
  api_key: form("api_key"),
  custom: form("custom"),
  none: form("none", { headers: {} }),
};

function formSchema(fields: Readonly<Record<string, () => Field<unknown>>>): () => z.ZodMiniType {
  return lazily(() => z.strictObject(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field()]))));
}

/** The form of `static` that has exactly the keys of its schema; `given` is what its name says already. */
function form(name: keyof typeof FORM_SCHEMAS, given: object = {}): ProviderFactory {
  return (config, runtime) => {
    check(name, config, { schema: FORM_SCHEMAS[name](), others: faultsOfRuntime(runtime) });
    return new StaticProvider({ ...given, ...asStatic(config as object) } as StaticConfig, runtime);
  };
}

/** Header values may be numbers and booleans here, which are their texts there. */
function asStatic(config: { readonly headers?: object }): object {
  if (config.headers === undefined) return config;
  const asText = (value: unknown): unknown => (typeof value === "boolean" ? String(value) : value);
  return { headers: Object.fromEntries(Object.entries(config.headers).map(([name, value]) => [name, asText(value)])) };
}
