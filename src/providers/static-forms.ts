/** The names that the crate's connectors have for what `static` is here: `bearer`, `basic`, `api_key` and their kin (G7). */

import * as z from "zod/mini";
import { check, isGiven } from "../config/check.js";
import { type Field, faultAt, headerName, text } from "../config/fields.js";
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
  api_key: apiKey,
  api_key_query: form("api_key_query", { param: text, value: secret("value") }, ({ param, value }) => {
    return { token: value, apply_as: { query: param } };
  }),
  custom: form("custom", { headers: () => requiredHeaders("headers") }, ({ headers }) => ({ headers: texts(headers) })),
  metadata: form("metadata", { entries }, ({ entries: given }) => ({ headers: byName(given as Entry[]) })),
  none: form("none", {}, () => ({ headers: {} })),
};

type Config = Readonly<Record<string, unknown>>;

/** The form of `static` that has exactly the keys of `fields`, and is there what `asStatic` makes of them. */
function form(
  name: string,
  fields: Readonly<Record<string, () => Field<unknown>>>,
  asStatic: (config: Config) => object = (config) => config,
): ProviderFactory {
  return (config, runtime) => {
    const schema = z.strictObject(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field()])));
    check(name, config, { schema, others: faultsOfRuntime(runtime) });
    return new StaticProvider(asStatic(config as Config) as StaticConfig, runtime);
  };
}

/** A header of its own; or, for Elasticsearch, `key` alone. */
function apiKey(...[config, runtime]: Parameters<ProviderFactory>): StaticProvider {
  const isKeyAlone = typeof config === "object" && config !== null && isGiven((config as Config).key);
  return (isKeyAlone ? keyAlone : keyInHeader)(config, runtime) as StaticProvider;
}

const keyInHeader = form("api_key", { header: text, value: secret("value") });

const keyAlone = form("api_key", { key: secret("key") }, ({ key }) => {
  return { token: key, apply_as: { header: "Authorization", template: "ApiKey {token}" } };
});

interface Entry {
  readonly key: string;
  readonly value: unknown;
}

function entries(): Field<readonly unknown[]> {
  return z.array(z.strictObject({ key: headerName(), value: liveText("value") })).check((payload) => {
    const names = payload.value.map(({ key }) => key.toLowerCase());
    const again = names.findIndex((name, index) => names.indexOf(name) < index);
    if (again >= 0) payload.issues.push(faultAt([again, "key"], "is given twice"));
  });
}

function byName(given: readonly Entry[]): object {
  return Object.fromEntries(given.map(({ key, value }) => [key, value]));
}

/** Header values may be numbers and booleans here, which are their texts there. */
function texts(headers: unknown): object {
  const asText = (value: unknown): unknown => (typeof value === "boolean" ? String(value) : value);
  return Object.fromEntries(Object.entries(headers as object).map(([name, value]) => [name, asText(value)]));
}
