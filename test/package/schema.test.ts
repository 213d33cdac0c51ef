/** `faucet-auth/schema.json` says of a document what the library says of it. */

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type * as z from "zod/mini";
import { AuthCatalog, ConfigError, type ConfigFault } from "../../src/index.js";
import { SCHEMAS } from "../../src/providers/schemas.js";
import { FORM_SCHEMAS } from "../../src/providers/static-forms.js";
import { execute, root, run } from "../support/child.js";

const schema = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("faucet-auth/schema.json"), "utf8"));
const logged: unknown[] = [];
const log = (...parts: unknown[]) => void logged.push(parts);
const ajv = new Ajv({ allErrors: true, logger: { log, warn: log, error: log } });
const validate = ajv.compile(schema);

/** Why the schema does not accept `document`. */
function refusalsOf(document: unknown): ErrorObject[] {
  return validate(document) ? [] : (validate.errors ?? []);
}

/** The faults of the library; none for a document that it accepts. */
async function faultsOf(document: string): Promise<readonly ConfigFault[]> {
  try {
    const catalog = await AuthCatalog.fromYaml(document, { resolvers: { env: () => "value", secret: () => "value" } });
    await catalog.close();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

/** Faults of the shape: of what must be there, what must not, and what a value must be like, whatever it says. */
const OF_SHAPE =
  /^(?:unknown (?:key|type)|must be (?:a string|a mapping|a list|one of|true or false|a finite|a whole|a number of seconds above|at most|in \(0)|cannot stand beside ref)/;

test("G6 it is a schema that Ajv takes without a word, in its strict mode", () => {
  expect(logged).toEqual([]);
  expect(Object.keys(schema.$defs)).toEqual(expect.arrayContaining(["auth", "provider", "entry_reference"]));
});

test("G6 `schema` prints it, and an import finds it", async () => {
  const { code, stdout, stderr } = await execute(process.execPath, ["dist/cli.js", "schema"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual(schema);
  const found = await run(
    "module",
    'import s from "faucet-auth/schema.json" with { type: "json" }; console.log(s.title);',
  );
  expect(found.stdout).toBe(`${schema.title}\n`);
});

test("G6 other keys of the document are free", () => {
  expect(refusalsOf({ name: "pipeline", sources: [{ auth: { ref: "crm" } }], auth: null })).toEqual([]);
});

test.each<[string, unknown, boolean]>([
  ["a reference", { ref: "crm" }, true],
  [
    "one for another audience",
    { ref: "crm", for: { scopes: ["read"], params: { resource: ["a", 7], x: null } } },
    true,
  ],
  ["a reference beside a type", { ref: "crm", type: "static" }, false],
  ["a reference for something else", { ref: "crm", for: { scope: "read" } }, false],
  ["a reference to an entry whose name YAML takes for a number", { ref: 1 }, true],
  ["a reference whose key is interpolated", { "${vars.key}": "crm" }, true],
  ["no reference", { ref: null }, false],
  ["a provider", { type: "bearer", config: { token: "t" } }, true],
  ["a name alone", "crm", false],
])("G6 $defs/auth: %s", (_what, auth, isAccepted) => {
  expect(ajv.compile({ ...schema, type: undefined, properties: undefined, $ref: "#/$defs/auth" })(auth)).toBe(
    isAccepted,
  );
});

/** The YAML of README, the guides and the examples that has an `auth:` block. */
function documentsOfGuides(): [string, string][] {
  const guides = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
  const found = guides
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => yaml);
      return blocks
        .filter((yaml) => /^auth:/m.test(yaml))
        .map((yaml, n): [string, string] => [`${path} ${n + 1}`, yaml]);
    });
  return [...found, ["examples/pipeline.yaml", readFileSync(join(root, "examples/pipeline.yaml"), "utf8")]];
}

test.each(documentsOfGuides())("G6 %s is accepted", (_path, yaml) => {
  expect(refusalsOf(parse(yaml, { merge: true }))).toEqual([]);
});

/** The configurations in the sources of the tests that are literals: of constructors, of `fromConfig`, of catalogs. */
function configurationsOfTests(): object[] {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" });
  return files
    .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules"))
    .flatMap((path) => {
      const text = readFileSync(join(root, "test", path), "utf8");
      return specsIn(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
    });
}

function specsIn(node: ts.Node): object[] {
  const within: object[] = [];
  ts.forEachChild(node, (child) => void within.push(...specsIn(child)));
  const value = ts.isObjectLiteralExpression(node) ? literalOf(node) : undefined;
  const [, name] = ts.isNewExpression(node.parent ?? node)
    ? (/^new (\w+)Provider\(/.exec(node.parent.getText()) ?? [])
    : [];
  const type = name
    ?.replace("OAuth2ClientCredentials", "OAuth2")
    .replace(/(?<=[a-z2])(?=[A-Z])/g, "_")
    .toLowerCase();
  if (value !== undefined && type !== undefined) return [...within, { type, config: value }];
  const isSpec = typeof (value as { type?: unknown } | undefined)?.type === "string" && "config" in (value as object);
  return isSpec ? [...within, value as object] : within;
}

/** The value of a literal; `undefined` for what only a program knows. */
function literalOf(node: ts.Node): unknown {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword)
    return node.getText() === "true";
  if (node.kind === ts.SyntaxKind.NullKeyword) return null;
  const parts = ts.isArrayLiteralExpression(node) ? node.elements.map(literalOf) : undefined;
  if (parts !== undefined) return parts.includes(undefined) ? undefined : parts;
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const entries = node.properties.map((property) => {
    const isPlain = ts.isPropertyAssignment(property) && !ts.isComputedPropertyName(property.name);
    return isPlain
      ? ([(property.name as ts.Identifier).text, literalOf(property.initializer)] as const)
      : ["", undefined];
  });
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

test("G6 of the configurations of all tests, it accepts what the library does, and no unknown key", async () => {
  const counts = { accepted: 0, refused: 0 };
  for (const spec of configurationsOfTests()) {
    const faults = await faultsOf(stringify({ auth: { a: spec } }));
    const refusals = refusalsOf({ auth: { a: spec } });
    if (faults.length === 0) expect({ spec, refusals }).toEqual({ spec, refusals: [] });
    const hasUnknownKey = faults.some(({ message }) => /^unknown (?:key|type);?/.test(message));
    if (hasUnknownKey) expect({ spec, isRefused: refusals.length > 0 }).toEqual({ spec, isRefused: true });
    counts.accepted += faults.length === 0 ? 1 : 0;
    counts.refused += hasUnknownKey ? 1 : 0;
  }
  expect(counts.accepted).toBeGreaterThan(30);
  expect(counts.refused).toBeGreaterThan(5);
});

/** A configuration of each type that the library accepts. */
const GOOD: Readonly<Record<string, object>> = {
  static: { token: "t" },
  oauth2: { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" },
  oauth2_refresh: {
    token_url: "https://idp.example/token",
    client_id: "id",
    client_secret: "s3cr3t",
    refresh_token: "r3fr3sh",
  },
  token_endpoint: { url: "https://idp.example/token", body: { user: "u" } },
  flow: {
    steps: [{ request: { url: "https://idp.example/login" }, capture: { t: "$.t" } }],
    apply: [{ into: "header", name: "X-T", value: "${t}" }],
  },
  oauth1: { consumer_key: "k", consumer_secret: "s3cr3t", token: "t", token_secret: "s3cr3t" },
  jwt_bearer: { token_url: "https://idp.example/token", assertion: "a.b.c" },
  token_exchange: { token_url: "https://idp.example/token", subject_token: "a.b.c" },
  identity_token: { source: "gcp_metadata", audience: "https://api.example" },
  broker: { socket: "/run/faucet.sock" },
  bearer: { token: "t" },
  basic: { username: "u", password: "p" },
  api_key: { header: "X-Key", value: "k" },
  api_key_query: { param: "key", value: "k" },
  metadata: { entries: [{ key: "x-key", value: "k" }] },
  custom: { headers: { "X-Key": "k" } },
  none: {},
};

const VALUES = [
  null,
  7,
  0.5,
  -1,
  true,
  "word",
  "",
  "3600",
  "https://idp.example/x",
  "${vars.v}",
  [],
  ["word"],
  [7],
  [true],
  {},
  { odd: 1 },
  { file: 7 },
  { ref: "x" },
];

const types = Object.keys({ ...SCHEMAS, ...FORM_SCHEMAS });

test("G6 each type has its configuration in it", () => {
  expect(types.map((type) => `${type}_config`).filter((name) => !(name in schema.$defs))).toEqual([]);
  expect(schema.$defs.provider.properties.type.anyOf[0].enum).toEqual(types);
});

describe.each(types.filter((type) => type in GOOD))("%s", (type) => {
  const keys = Object.keys(propertiesOf(type));

  test("G6 a good configuration is accepted, and one with an unknown key, or without a needed one, refused", async () => {
    const good = GOOD[type] as Record<string, unknown>;
    expect(await verdicts(type, good)).toEqual({ faults: [], isAccepted: true });
    expect((await verdicts(type, { ...good, unheard_of: 1 })).isAccepted).toBe(false);
    for (const [key, field] of Object.entries(shapeOf(type))) {
      if (field.safeParse(undefined).success) continue;
      const { [key]: _without, ...others } = good;
      expect({ key, ...(await verdicts(type, others)) }).toMatchObject({ key, isAccepted: false, faults: [{}] });
    }
  });

  test("G6 whatever a key has as its value, the schema says of its shape what the library says", {
    tags: ["slow"],
  }, async () => {
    const differences: unknown[] = [];
    for (const key of keys) {
      for (const value of VALUES) {
        const { faults, isAccepted } = await verdicts(type, { ...GOOD[type], [key]: value });
        // What a reference stands for, no schema knows; nor what a number is whose text is taken. A word that is no boolean where
        // its key has a use is none where it has no use.
        const isIdle = value === true && faults.some(({ message }) => message.startsWith("has no use"));
        const isText = isIdle || (typeof value === "string" && /\$\{|\d/.test(value));
        const ofShape = faults.filter(({ path, message }) => {
          return !isText && path.startsWith(`auth.a.config.${key}`) && OF_SHAPE.test(message);
        });
        const isWrong = faults.length === 0 ? !isAccepted : ofShape.length > 0 && isAccepted;
        if (isWrong) differences.push({ key, value, faults: faults.map(({ message }) => message), isAccepted });
      }
    }
    expect(differences).toEqual([]);
  });

  test("G6 each key says what it is", () => {
    const undescribed =
      type in SCHEMAS ? keys.filter((key) => descriptionOf(propertiesOf(type)[key]) === undefined) : [];
    expect(undescribed).toEqual([]);
  });
});

/** The fields of a type, as the library has them. */
function shapeOf(type: string): Record<string, z.ZodMiniType> {
  const schemas: Readonly<Record<string, () => z.ZodMiniType>> = { ...SCHEMAS, ...FORM_SCHEMAS };
  const { def } = (schemas[type] as () => z.ZodMiniType)()._zod;
  // Of several forms, none needs a key that the others do not have.
  return (def as unknown as { shape?: Record<string, z.ZodMiniType> }).shape ?? {};
}

async function verdicts(
  type: string,
  config: object,
): Promise<{ faults: readonly ConfigFault[]; isAccepted: boolean }> {
  const document = { vars: { v: "word" }, auth: { x: { type: "none" }, a: { type, config } } };
  return { faults: await faultsOf(stringify(document)), isAccepted: refusalsOf(document).length === 0 };
}

function propertiesOf(type: string): Record<string, { readonly $ref?: string; readonly description?: string }> {
  return schema.$defs[`${type}_config`].properties ?? {};
}

function descriptionOf(
  property: { readonly $ref?: string; readonly description?: string } | undefined,
): string | undefined {
  const name = property?.$ref?.replace("#/$defs/", "");
  return name === undefined ? property?.description : schema.$defs[name].description;
}

test.each<[string, object]>([
  ["static", { token: "t", username: "u", password: "p" }],
  ["static", { header: "X-Key" }],
  [
    "oauth2",
    { token_url: "https://idp.example/token", issuer: "https://idp.example", client_id: "c", client_secret: "s" },
  ],
  ["oauth2", { client_id: "c", client_secret: "s" }],
  ["oauth2_refresh", { token_url: "https://idp.example/token", client_id: "c", client_secret: "s" }],
  ["google_service_account", { scopes: "read" }],
  ["broker", { url: "http://127.0.0.1:7777" }],
  ["broker", { socket: "/s", url: "http://127.0.0.1:7777", token: "t" }],
])("G6 keys of %s that do not go together are refused, as by the library: %j", async (type, config) => {
  expect(await verdicts(type, config)).toMatchObject({ isAccepted: false, faults: [{}] });
});

test("G6 an entry may be called 1, and is referred to as YAML reads that", async () => {
  const yaml = "auth:\n  1: { type: bearer, config: { token: t } }\n  again: { ref: 1 }\n";
  expect({ faults: await faultsOf(yaml), refusals: refusalsOf(parse(yaml)) }).toEqual({ faults: [], refusals: [] });
});

/** Beside the needed keys of a flow: one step. */
const STEP = { request: { url: "https://idp.example/login" }, capture: { t: "$.t" } };
const PLACED = { into: "header", name: "X-T", value: "${t}" };
const REFRESH = { token_url: "https://idp.example/token", client_id: "c", client_secret: "s" };
const request = (keys: object) => ({ steps: [{ ...STEP, request: { ...STEP.request, method: "POST", ...keys } }] });

test.each<[type: string, config: unknown]>([
  ["none", null],
  ["oauth2", { ...GOOD.oauth2, dpop: "true" }],
  ["oauth2", { ...GOOD.oauth2, dpop: " false" }],
  ["static", { "${vars.key}": "t" }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, persist: { "${vars.place}": "./state" } }],
  ["oauth2_refresh", { ...REFRESH, authorization_url: "https://idp.example/auth", persist: { path: "./state" } }],
  ["oauth2", { ...GOOD.oauth2, apply_as: [{ header: "X-T" }, { query: "t", cookie: null }] }],
  ["flow", request({ form: { user: "u", pin: 7, on: true, key: { file: "./package.json" } }, headers: null })],
  ["flow", request({ query: { user: "${vars.key}" }, headers: { "X-A": "a" } })],
  ["flow", { apply: [{ into: "header", name: "X-A", value: "a" }] }],
  ["flow", { ...GOOD.flow, persist: { path: "./state", redis: null } }],
  ["identity_token", { source: "azure_imds", resource: "api://x", client_id: "c", audience: null }],
])("G6 a configuration of %s that the library takes is accepted: %j", async (type, config) => {
  const document = { vars: { key: "token", place: "path" }, auth: { a: { type, config } } };
  const yaml = stringify(document);
  expect({ faults: await faultsOf(yaml), refusals: refusalsOf(parse(yaml)) }).toEqual({ faults: [], refusals: [] });
});

test.each<[type: string, config: object]>([
  ["flow", request({ form: "text" })],
  ["flow", request({ query: ["a"] })],
  ["flow", request({ headers: { "X-A": ["a"] } })],
  ["flow", { ...GOOD.flow, logout: { url: "https://idp.example/logout", form: "text" } }],
  ["flow", request({ form: { a: "a" }, json: { a: "a" } })],
  ["flow", {}],
  ["flow", { steps: [], apply: null }],
  ["flow", { steps: [STEP], apply: [{ into: "header", name: "X-T" }] }],
  [
    "flow",
    {
      steps: [STEP],
      apply: [{ ...PLACED, sign: { alg: "hmac_sha1", key: "k", template: "t", into: { header: "S" } } }],
    },
  ],
  ["oauth2", { ...GOOD.oauth2, apply_as: {} }],
  ["oauth2", { ...GOOD.oauth2, apply_as: { header: "X-T", query: "t" } }],
  ["oauth2", { ...GOOD.oauth2, apply_as: [{ header: "X-T" }, { template: "{token}" }] }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, persist: {} }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, persist: { redis: "redis://h", postgres: "postgres://h/d" } }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, persist: { path: "./state", table: "t" } }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, persist: { path: "./state", encrypt_existing: true } }],
  ["oauth2_refresh", { ...REFRESH, authorization_url: "https://idp.example/auth" }],
  ["oauth2_refresh", { ...GOOD.oauth2_refresh, scope: "a", scopes: "a" }],
  ["identity_token", { source: "file" }],
  ["identity_token", { source: "file", path: "/t", audience: "a" }],
  ["identity_token", { source: "azure_imds" }],
  ["identity_token", { source: "gcp_metadata", audience: "a", persist: { path: "./state" } }],
  ["broker", { socket: "/s", token: "t" }],
])("G6 a configuration of %s that has another shape is refused, as by the library: %j", async (type, config) => {
  const { faults, isAccepted } = await verdicts(type, config);
  expect({ isAccepted, isFaulty: faults.length > 0 }).toEqual({ isAccepted: false, isFaulty: true });
});

test("G6 a default is a value that its key may have, and no prose", () => {
  const [keys, wrong] = [[] as string[], [] as string[]];
  JSON.stringify(schema, (key, value) => {
    if (typeof value?.description !== "string" || !("default" in value)) return value;
    keys.push(key);
    if (!new Ajv().validate({ $defs: schema.$defs, ...value }, value.default)) wrong.push(key);
    return value;
  });
  expect(wrong).toEqual([]);
  expect(keys).toEqual(expect.arrayContaining(["reauth_on", "table", "key_retries"]));
  expect(schema.$defs.flow_config.properties.steps.description).toContain("By default: none.");
});

test("G6 defaults and examples stand in it", () => {
  const { expiry_ratio, timeout_secs } = propertiesOf("broker");
  expect(timeout_secs).toMatchObject({ default: 60 });
  expect(JSON.stringify(expiry_ratio)).toContain("expiry_ratio");
  expect(schema.$defs.key_retries).toMatchObject({ default: 2, description: expect.stringContaining("Attempts") });
  expect(schema.$defs.oauth2_refresh_config.examples.length).toBeGreaterThan(0);
});
