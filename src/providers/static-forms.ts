/** The names that the crate's connectors have for what `static` is here: `bearer`, `basic`, `api_key` and their kin (G7). */

import * as z from "zod/mini";
import { check, isGiven, lazily } from "../config/check.js";
import { type Field, faultAt, headerName, text } from "../config/fields.js";
import { requiredHeaders } from "../live/live-parameters.js";
import { liveText } from "../live/live-text.js";
import { faultsOfRuntime, type ProviderFactory } from "./runtime.js";
import { type StaticConfig, StaticProvider } from "./static.js";

const secret = (key: string) => () => liveText(key);
const secretOrEmpty = (key: string) => () => liveText(key, { mayBeEmpty: true });

const keyInHeader = schemaOf({ header: text, value: secret("value") });
const keyAlone = schemaOf({ key: secret("key") });

/** The schema of each. */
export const FORM_SCHEMAS = {
  bearer: schemaOf({ token: secret("token") }),
  basic: schemaOf({ username: secretOrEmpty("username"), password: secretOrEmpty("password") }),
  api_key: lazily(() => z.union([keyInHeader(), keyAlone()])),
  api_key_query: schemaOf({ param: text, value: secret("value") }),
  custom: schemaOf({ headers: () => requiredHeaders("headers") }),
  metadata: schemaOf({ entries }),
  none: schemaOf({}),
} as const;

/** Each name, with its factory. */
export const STATIC_FORMS: Readonly<Record<string, ProviderFactory>> = {
  bearer: form("bearer", FORM_SCHEMAS.bearer),
  basic: form("basic", FORM_SCHEMAS.basic),
  api_key: apiKey,
  api_key_query: form("api_key_query", FORM_SCHEMAS.api_key_query, ({ param, value }) => {
    return { token: value, apply_as: { query: param } };
  }),
  custom: form("custom", FORM_SCHEMAS.custom, ({ headers }) => ({ headers: texts(headers) })),
  metadata: form("metadata", FORM_SCHEMAS.metadata, ({ entries: given }) => ({ headers: byName(given as Entry[]) })),
  none: form("none", FORM_SCHEMAS.none, () => ({ headers: {} })),
};

type Config = Readonly<Record<string, unknown>>;

/** Of exactly these keys. */
function schemaOf(fields: Readonly<Record<string, () => Field<unknown>>>): () => z.ZodMiniType {
  return lazily(() => z.strictObject(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field()]))));
}

/** The form of `static` that is configured as `schema` says, and is there what `asStatic` makes of it. */
function form(
  name: string,
  schema: () => z.ZodMiniType,
  asStatic: (config: Config) => object = (config) => config,
): ProviderFactory {
  return (config, runtime) => {
    check(name, config, { schema: schema(), others: faultsOfRuntime(runtime) });
    return new StaticProvider(asStatic(config as Config) as StaticConfig, runtime);
  };
}

/** A header of its own; or, for Elasticsearch, `key` alone. */
function apiKey(...[config, runtime]: Parameters<ProviderFactory>): StaticProvider {
  const isKeyAlone = typeof config === "object" && config !== null && isGiven((config as Config).key);
  return (isKeyAlone ? ofKeyAlone : ofKeyInHeader)(config, runtime) as StaticProvider;
}

const ofKeyInHeader = form("api_key", keyInHeader);

const ofKeyAlone = form("api_key", keyAlone, ({ key }) => {
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
