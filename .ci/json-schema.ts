/**
 * The JSON Schema of pipeline documents, made of the schemas that the library itself checks a configuration with (G6).
 * `.ci/make-schema.js` bundles this, and adds what the doc comments and the guides say.
 */

import * as z from "zod/mini";
import { SHAPES, TOKEN_SHAPE } from "../src/config/shapes.js";
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
          ref: { description: "Its name in the auth: block.", type: "string" },
          for: {
            description: "Other scopes and parameters of its grant.",
            ...forDocuments(jsonOf(audienceSchema()), "", NO_KEYS, true),
          },
        },
        required: ["ref"],
        additionalProperties: false,
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
        required: ["file"],
        additionalProperties: false,
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
    required: ["type"],
    additionalProperties: false,
    allOf: types.map((type) => {
      const config = { properties: { config: { anyOf: [REF(configOf(type)), REF("interpolated")] } } };
      const needed = type === "none" ? {} : { required: ["config"] };
      return when(typeOf(type), { ...config, ...needed });
    }),
  };
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
    ...(RELATIONS[type] && { allOf: RELATIONS[type] }),
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
      const { shape } = zodSchema._zod.def as { readonly shape?: Record<string, z.ZodMiniType> };
      if (shape === undefined) return;
      // A field that looks at the value itself may have something against there being none.
      const required = Object.keys(shape).filter((key) => shape[key]?.safeParse(undefined).success === false);
      jsonSchema.required = required;
    },
  }) as Json;
  return json;
}

/** What a key takes beside what its schema says: that an assertion is signed here, or that there is a key of one's own. */
const ALTERNATIVES: Readonly<Record<string, Json>> = {
  "jwt_bearer.assertion": TOKEN_SHAPE,
  dpop: { type: "boolean" },
};

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
function textsOf(json: Json): readonly Json[] {
  if (json.enum !== undefined) return [json, REF("interpolated")];
  if (json.pattern !== undefined) return [json];
  return Object.keys(json).length > 1 ? [json, ...TEXT.slice(1)] : [REF("text")];
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
    return [key, { ...annotations(keys.get(below)), ...(forDocuments(value as Json, below, keys) as object) }];
  });
  const needed = required as readonly string[] | undefined;
  return {
    type: "object",
    properties: Object.fromEntries(described),
    // A key may be interpolated too.
    patternProperties: { [INTERPOLATED]: {} },
    additionalProperties: false,
    ...(needed !== undefined && needed.length > 0 && { required: needed }),
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

const ONE_ENDPOINT = oneOf(["token_url"], ["issuer"]);

/** How keys must stand to each other, which no key shows alone: what an editor is to know of it. */
const RELATIONS: Readonly<Record<string, readonly Json[]>> = {
  static: [
    oneOf(["token"], ["header"], ["headers"], ["username"]),
    when(given("header"), given("value")),
    when(given("value"), given("header")),
    when(given("username"), given("password")),
    when(given("password"), given("username")),
  ],
  oauth2: [ONE_ENDPOINT],
  oauth2_refresh: [ONE_ENDPOINT, anyOf("refresh_token", "authorization_url", "device_authorization_url", "issuer")],
  jwt_bearer: [ONE_ENDPOINT],
  token_exchange: [ONE_ENDPOINT],
  google_service_account: [oneOf(["key_json"], ["key_file"])],
  broker: [oneOf(["socket"], ["url", "token"])],
};

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
