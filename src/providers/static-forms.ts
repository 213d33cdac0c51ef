/** The names that connectors have for the forms of `static`: `bearer`, `basic`, `api_key`, `custom`, `none` (G7). */

import * as z from "zod/mini";
import { check } from "../config/check.js";
import { type Field, text } from "../config/fields.js";
import { requiredHeaders } from "../live/live-parameters.js";
import { liveText } from "../live/live-text.js";
import { faultsOfRuntime, type ProviderFactory } from "./runtime.js";
import { type StaticConfig, StaticProvider } from "./static.js";

const secret = (key: string) => () => liveText(key);
const secretOrEmpty = (key: string) => () => liveText(key, { mayBeEmpty: true });

/** Each name, with its factory. */
export const STATIC_FORMS: Readonly<Record<string, ProviderFactory>> = {
  bearer: form("bearer", { token: secret("token") }),
  basic: form("basic", { username: secretOrEmpty("username"), password: secretOrEmpty("password") }),
  api_key: form("api_key", { header: text, value: secret("value") }),
  custom: form("custom", { headers: () => requiredHeaders("headers") }),
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
    check(name, config, { schema, others: faultsOfRuntime(runtime) });
    return new StaticProvider({ ...given, ...asStatic(config as object) } as StaticConfig, runtime);
  };
}

/** Header values may be numbers and booleans here, which are their texts there. */
function asStatic(config: { readonly headers?: object }): object {
  if (config.headers === undefined) return config;
  const asText = (value: unknown): unknown => (typeof value === "boolean" ? String(value) : value);
  return { headers: Object.fromEntries(Object.entries(config.headers).map(([name, value]) => [name, asText(value)])) };
}
