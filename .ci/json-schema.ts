/**
 * The JSON Schema of pipeline documents, made of the schemas that the library itself checks a configuration with (G6).
 * `.ci/make-schema.js` bundles this, and adds what the doc comments and the guides say.
 */

import * as z from "zod/mini";
import { HEADERS_SHAPE, SHAPES, TOKEN_SHAPE } from "../src/config/shapes.js";
import { audienceSchema } from "../src/providers/audience.js";
import { SCHEMAS } from "../src/providers/schemas.js";
import { FORM_SCHEMAS } from "../src/providers/static-forms.js";

type Json = Readonly<Record<string, unknown>>;

/** What is known of a type beside its schema. */
interface Documentation {
  /** What each key means, by its path. */
  readonly keys: ReadonlyMap<string, { readonly meaning: string; readonly default: string | undefined }>;
  /** Configurations of the guides. */
  readonly examples: readonly unknown[];
}

/** The schema of the whole document, with `$defs` for one provider and for one `auth:` key. */
export function pipelineSchema(documentationOf: (type: string) => Documentation): Json {
  const schemas = { ...SCHEMAS, ...FORM_SCHEMAS };
  const types = Object.keys(schemas);
  const configs = Object.entries(schemas).map(([type, schema]) => {
    return [configOf(type), typeSchema(type, schema(), documentationOf(type))] as const;
  });
  const shared = new SharedKeys(configs.map(([, config]) => config));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A pipeline document with an auth: block of faucet-auth",
    type: "object",
    properties: {
      auth: {
        description: "The providers, by name. Connectors refer to one by { ref: NAME }.",
        anyOf: [{ type: "object", additionalProperties: { $ref: "#/$defs/auth" } }, { type: "null" }],
      },
      vars: { description: "Values that ${vars.NAME} stands for." },
      params: { description: "The parameters that ${param.NAME} stands for, with their defaults." },
    },
    $defs: {
      auth: {
        description: "One auth: key: a provider of the auth: block, or one of its own.",
        anyOf: [REF("entry_reference"), REF("provider"), REF("interpolated")],
      },
      provider: providerSchema(types),
      entry_reference: {
        description: "A provider of the auth: block, or another audience of its grant.",
        type: "object",
        properties: {
          ref: { description: "Its name in the auth: block.", anyOf: TEXT },
          for: {
            description: "Other scopes and parameters of its grant.",
            ...forDocuments(jsonOf(audienceSchema()), "", NO_KEYS, true),
          },
        },
        ...closed(["ref"]),
      },
      interpolated: {
        description: "A text with ${…} in it, which stands for a value of another kind.",
        type: "string",
        pattern: INTERPOLATED,
      },
      text: { anyOf: TEXT },
      live_file: {
        description: "A file that has nothing else in it. It is read again when it has changed.",
        type: "object",
        properties: {
          file: {
            description: "Its path. A relative one starts at the folder of the document.",
            type: "string",
            minLength: 1,
          },
        },
        ...closed(["file"]),
      },
      ...Object.fromEntries(configs.map(([name, config]) => [name, shared.referredToIn(config)])),
      ...shared.definitions,
    },
  };
}

const INTERPOLATED = "\\$\\{";

const REF = (name: string): Json => ({ $ref: `#/$defs/${name}` });

const configOf = (type: string): string => `${type}_config`;

const NO_KEYS: Documentation["keys"] = new Map();

/** Which configuration a provider must have, its type says. */
function providerSchema(types: readonly string[]): Json {
  const typeOf = (type: string): Json => ({ properties: { type: { const: type } }, required: ["type"] });
  return {
    description: "A provider of one's own: its type, and what that type is configured with.",
    type: "object",
    properties: {
      type: { description: "The type of the provider.", anyOf: [{ type: "string", enum: types }, REF("interpolated")] },
      config: { description: "What the type is configured with." },
    },
    ...closed(["type"]),
    allOf: types.flatMap((type) => {
      const forms = [REF(configOf(type)), REF("interpolated")];
      if (type === "none")
        return when(typeOf(type), { properties: { config: { anyOf: [...forms, { type: "null" }] } } });
      const config = when(typeOf(type), { properties: { config: { anyOf: forms } } });
      return [config, when(typeOf(type), amongPlainKeys({ required: ["config"] }))];
    }),
  };
}

/** A mapping with no other keys than its properties, of which some are required. A key may be interpolated too. */
function closed(required: readonly string[] = []): Json {
  return {
    patternProperties: { [INTERPOLATED]: {} },
    additionalProperties: false,
    ...(required.length > 0 && amongPlainKeys({ required })),
  };
}

/** What holds unless a key is interpolated: that may stand for any. */
function amongPlainKeys(rule: Json): Json {
  return when({ propertyNames: { not: { pattern: INTERPOLATED } } }, rule);
}

function when(condition: Json, consequence: Json): Json {
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
  return { if: condition, then: consequence };
}

function typeSchema(type: string, schema: z.ZodMiniType, { keys, examples }: Documentation): Json {
  const forms = formsOf(withAlternatives(type, jsonOf(schema)), "", keys).filter((form) => form.type === "object");
  return {
    title: type,
    ...(forms.length === 1 ? forms[0] : { anyOf: forms }),
    ...related(type),
    ...(examples.length > 0 && { examples }),
  };
}

/** As the field takes it, before anything has been made of it. */
function jsonOf(schema: z.ZodMiniType): Json {
  const { $schema, ...json } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    metadata: SHAPES as never,
    override({ zodSchema, jsonSchema }) {
      const { shape, element } = zodSchema._zod.def as Composite;
      if (element !== undefined) jsonSchema.items = asTaken(element, jsonSchema.items as Json);
      if (shape === undefined) return;
      const properties = Object.entries(jsonSchema.properties ?? {});
      jsonSchema.properties = Object.fromEntries(
        properties.map(([key, json]) => [key, asTaken(shape[key] as z.ZodMiniType, json as Json)]),
      );
      // A field that looks at the value itself may have something against there being none.
      const required = Object.keys(shape).filter((key) => shape[key]?.safeParse(undefined).success === false);
      jsonSchema.required = required;
    },
  }) as Json;
  return json;
}

/** What a schema of a mapping or of a list has in it. */
interface Composite {
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>;
  readonly element?: z.ZodMiniType;
}

/** `json`, whose text says which looks of it the field takes: no number is a private key, and no boolean a path. */
function asTaken(field: z.ZodMiniType, json: Json): Json {
  if (Array.isArray(json.anyOf)) return { ...json, anyOf: json.anyOf.map((form: Json) => asTaken(field, form)) };
  if (json.type !== "string" || json.enum !== undefined || json.pattern !== undefined) return json;
  const looks = Object.entries(LOOKS).filter(([, texts]) => texts.some((text) => field.safeParse(text).success));
  return { ...json, [LOOKS_LIKE]: looks.map(([type]) => type) };
}

/** Texts that YAML reads as something else, by what they look like. Where seven is too short, many digits may do. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  number: ["7", "0.5", "9".repeat(16), "9".repeat(32), "9".repeat(64)],
  boolean: ["true", "false"],
};

/** The keyword under which a text says what it may look like, until it is one of a document. */
const LOOKS_LIKE = "looksLike";

/** What a key takes beside what its schema says: that an assertion is signed here, or that there is a key of one's own. */
const ALTERNATIVES: Readonly<Record<string, Json>> = {
  "jwt_bearer.assertion": TOKEN_SHAPE,
  dpop: { anyOf: [{ type: "boolean" }, { type: "string", pattern: "^\\s*(?:true|false)\\s*$" }] },
};

const TEMPLATES: Json = { anyOf: [HEADERS_SHAPE, { type: "null" }] };

/** What keys of a flow take, by their path: their texts may be live, wherever they stand, which their schema does not show. */
const TEMPLATES_BY_PATH: Readonly<Record<string, Json>> = Object.fromEntries(
  ["steps.request", "logout"].flatMap((request) => {
    return ["headers", "query", "form"].map((key) => [`${request}.${key}`, TEMPLATES]);
  }),
);

function withAlternatives(type: string, json: Json): Json {
  const properties = Object.entries((json.properties ?? {}) as Record<string, Json>).map(([key, value]) => {
    const other = ALTERNATIVES[`${type}.${key}`] ?? ALTERNATIVES[key];
    return [key, other === undefined ? value : { anyOf: [value, other] }];
  });
  return { ...json, ...(json.properties !== undefined && { properties: Object.fromEntries(properties) }) };
}

/** A schema of a value as it stands in a document, where `${…}` may stand for it. */
function forDocuments(json: Json, path: string, keys: Documentation["keys"], orNull = false): Json {
  const forms = [...formsOf(json, path, keys), ...(orNull ? [{ type: "null" }] : [])];
  const distinct = [...new Map(forms.map((form) => [JSON.stringify(form), form])).values()];
  if (distinct.some((form) => Object.keys(form).length === 0)) return {};
  return distinct.length === 1 ? (distinct[0] as Json) : { anyOf: distinct };
}

/** What a value may be, each form for itself. */
function formsOf(json: Json, path: string, keys: Documentation["keys"]): readonly Json[] {
  if (json.$ref !== undefined) return [json];
  if (Array.isArray(json.anyOf)) return json.anyOf.flatMap((form: Json) => formsOf(form, path, keys));
  if (Array.isArray(json.type)) return json.type.flatMap((type: string) => formsOf({ ...json, type }, path, keys));
  switch (json.type) {
    case "object":
      return [objectOf(json, path, keys), REF("interpolated")];
    case "array":
      return [{ ...json, items: forDocuments(json.items as Json, path, keys) }, REF("interpolated")];
    case "string":
      return textsOf(json);
    case "number":
      return [
        numberOf(json),
        { type: "string", pattern: `^\\s*[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?\\s*$|${INTERPOLATED}` },
      ];
    case "boolean":
      return [json, REF("interpolated")];
    default:
      return [json];
  }
}

/** In YAML, a text may look like a number or a boolean; what the library wants as text it reads as text. */
function textsOf({ [LOOKS_LIKE]: looks = Object.keys(LOOKS), ...json }: Json): readonly Json[] {
  if (json.enum !== undefined) return [json, REF("interpolated")];
  if (json.pattern !== undefined) return [json];
  const others = (looks as readonly string[]).map((type) => ({ type }));
  return Object.keys(json).length > 1 || others.length < TEXT.length - 1 ? [json, ...others] : [REF("text")];
}

const TEXT: readonly Json[] = [{ type: "string" }, { type: "number" }, { type: "boolean" }];

function numberOf({ multipleOf, maximum, ...json }: Json): Json {
  const isBounded = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER;
  return { ...json, ...(multipleOf === 1 && { type: "integer" }), ...(isBounded && { maximum }) };
}

function objectOf({ propertyNames, ...json }: Json, path: string, keys: Documentation["keys"]): Json {
  const { properties, additionalProperties, required } = json as { readonly [key: string]: Json | undefined };
  if (properties === undefined) {
    const values = additionalProperties === undefined ? {} : forDocuments(additionalProperties, path, keys);
    return { ...json, type: "object", additionalProperties: values };
  }
  const described = Object.entries(properties).map(([key, value]) => {
    const below = path === "" ? key : `${path}.${key}`;
    const taken = TEMPLATES_BY_PATH[below] ?? (value as Json);
    return [key, { ...annotations(keys.get(below)), ...(forDocuments(taken, below, keys) as object) }];
  });
  return {
    type: "object",
    properties: Object.fromEntries(described),
    ...closed(required as readonly string[] | undefined),
    ...related(path),
    ...(json.description !== undefined && { description: json.description }),
  };
}

function annotations(key: { readonly meaning: string; readonly default: string | undefined } | undefined): Json {
  if (key === undefined) return {};
  const byDefault = key.default === undefined ? "" : ` By default: ${key.default}.`;
  return { description: `${key.meaning}${byDefault}`, ...plainDefault(key.default) };
}

/** A default that is a value, and no sentence. */
function plainDefault(text: string | undefined): Json {
  if (text === undefined || !/^(?:true|false|\[\]|-?\d+(?:\.\d+)?|[\w$.-]+)$/.test(text)) return {};
  try {
    return { default: JSON.parse(text) };
  } catch {
    return { default: text };
  }
}

/** That a key is there, and not null, which means absent. */
const given = (...keys: readonly string[]): Json => ({
  properties: Object.fromEntries(keys.map((key) => [key, { not: { type: "null" } }])),
  required: keys,
});

const oneOf = (...forms: readonly (readonly string[])[]): Json => ({ oneOf: forms.map((keys) => given(...keys)) });

const anyOf = (...keys: readonly string[]): Json => ({ anyOf: keys.map((key) => given(key)) });

const noneOf = (...keys: readonly string[]): Json => ({ allOf: keys.map((key) => ({ not: given(key) })) });

const atMostOneOf = (...keys: readonly string[]): Json => ({ not: given(...keys) });

/** That a list is there, and has items. */
const filled = (key: string): Json => ({ properties: { [key]: { not: { enum: [null, []] } } }, required: [key] });

const ONE_ENDPOINT = oneOf(["token_url"], ["issuer"]);

/** That a source of identity tokens has its own key, and none of the others. */
function keysOfSource(source: string, needed: string, ...others: readonly string[]): Json {
  const idle = ["path", "audience", "resource", "client_id"].filter((key) => key !== needed && !others.includes(key));
  const isIt: Json = { properties: { source: { const: source } }, required: ["source"] };
  return when(isIt, { allOf: [given(needed), noneOf(...idle)] });
}

/** How keys of a type, or below the key of that path, must stand to each other, which no key shows alone: what an editor is to know of it. */
const RELATIONS: Readonly<Record<string, readonly Json[]>> = {
  static: [
    oneOf(["token"], ["header"], ["headers"], ["username"]),
    when(given("header"), given("value")),
    when(given("value"), given("header")),
    when(given("username"), given("password")),
    when(given("password"), given("username")),
  ],
  oauth2: [ONE_ENDPOINT],
  oauth2_refresh: [
    ONE_ENDPOINT,
    anyOf("refresh_token", "authorization_url", "device_authorization_url", "issuer"),
    // What a login brings is kept.
    anyOf("refresh_token", "persist"),
    atMostOneOf("scopes", "scope"),
  ],
  jwt_bearer: [ONE_ENDPOINT],
  token_exchange: [ONE_ENDPOINT],
  google_service_account: [oneOf(["key_json"], ["key_file"])],
  identity_token: [
    keysOfSource("file", "path"),
    keysOfSource("github_actions", "audience"),
    keysOfSource("gcp_metadata", "audience"),
    keysOfSource("azure_imds", "resource", "client_id"),
    noneOf("persist"),
  ],
  broker: [oneOf(["socket"], ["url"]), when(given("url"), given("token")), when(given("token"), given("url"))],
  flow: [{ anyOf: [filled("steps"), filled("apply")] }],
  "steps.request": [atMostOneOf("form", "json")],
  logout: [atMostOneOf("form", "json")],
  apply: [oneOf(["into", "name", "value"], ["sign"]), when(given("sign"), noneOf("into", "name", "value"))],
  apply_as: [oneOf(["header"], ["query"], ["cookie"])],
  persist: [
    oneOf(["path"], ["redis"], ["postgres"]),
    when(given("table"), given("postgres")),
    when(anyOf("previous_encryption_keys", "encrypt_existing"), given("encryption_key")),
  ],
};

function related(place: string): Json {
  const relations = RELATIONS[place];
  return relations === undefined ? {} : { allOf: relations.map(amongPlainKeys) };
}

/** Keys that several types have, and mean the same by: they are defined once. */
class SharedKeys {
  readonly definitions: Record<string, Json> = {};
  readonly #names = new Map<string, string>();

  constructor(configs: readonly Json[]) {
    const counts = new Map<string, number>();
    for (const [, text] of configs.flatMap(keysIn)) counts.set(text, (counts.get(text) ?? 0) + 1);
    for (const [key, text] of configs.flatMap(keysIn)) {
      if ((counts.get(text) ?? 0) < 2 || this.#names.has(text)) continue;
      const number = Object.keys(this.definitions).filter((name) => name.replace(/_\d+$/, "") === `key_${key}`).length;
      const name = `key_${key}${number === 0 ? "" : `_${number + 1}`}`;
      this.#names.set(text, name);
      this.definitions[name] = JSON.parse(text);
    }
  }

  referredToIn(config: Json): Json {
    const { properties, ...others } = config as { readonly properties?: Readonly<Record<string, Json>> };
    const entries = Object.entries(properties ?? {}).map(([key, value]) => {
      const name = this.#names.get(JSON.stringify(value));
      return [key, name === undefined ? value : REF(name)] as const;
    });
    return { ...others, ...(properties && { properties: Object.fromEntries(entries) }) };
  }
}

function keysIn({ properties }: Json): readonly (readonly [key: string, text: string])[] {
  return Object.entries((properties ?? {}) as Json).map(([key, value]) => [key, JSON.stringify(value)] as const);
}
