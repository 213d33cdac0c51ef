/** Every shape of `auth:` block that the Rust crates show, from 1.0 to 1.5, against a server (G7). */

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { AuthCatalog, type AuthProvider, authFetch, Credential, fromConfig } from "../../src/index.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { folder } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";
import { rsaKey } from "../support/pem-keys.js";
import {
  type Answers,
  CATALOGS,
  CATALOGS_THAT_DIFFER,
  type CatalogShape,
  INLINE,
  INLINE_OF_OTHERS,
  REFUSED,
  SPECS,
  SPECS_THAT_DIFFER,
  SPECS_THAT_RUN_HERE,
} from "./crate-shapes.js";

const { pem } = rsaKey();
let api: Api;
let home: string;

beforeEach(async () => {
  api = await startApi();
  const key = { type: "service_account", client_email: "etl@acme.example", private_key: pem };
  home = await folder({ "key.json": JSON.stringify({ ...key, token_uri: `${api.origin}/google` }) });
});

/** `shape` with the places of this test in it. */
function here<T>(shape: T): T {
  if (typeof shape === "string") {
    return shape.replaceAll("ORIGIN", api.origin).replaceAll("FOLDER", home).replace(/^KEY$/, pem) as T;
  }
  if (Array.isArray(shape)) return shape.map(here) as T;
  if (typeof shape !== "object" || shape === null || "asymmetricMatch" in shape) return shape;
  return Object.fromEntries(Object.entries(shape).map(([key, item]) => [key, here(item)])) as T;
}

/** A key that is text has the places of this test in it too. */
function configHere(config: object): object {
  const { key_json: key } = config as { key_json?: unknown };
  const placed = here(config);
  return typeof key === "string" && key.includes('"KEY"')
    ? { ...placed, key_json: JSON.stringify(here(JSON.parse(key))) }
    : placed;
}

function answer(answers: Answers): void {
  api.answerWith(({ path, body }, response) => {
    const [pathname = ""] = path.split("?");
    const isOfApi = pathname.endsWith("/rows");
    const found = here(answers)[pathname] ?? { body: isOfApi ? body : { access_token: "at-1", expires_in: 3600 } };
    response.writeHead(found.status ?? 200, found.headers);
    response.end(typeof found.body === "string" ? found.body : JSON.stringify(found.body));
  });
}

const RESOLVERS = Object.fromEntries(
  ["secret", "vault", "aws-sm"].map((scheme) => [
    scheme,
    (name: string) =>
      name === "GOOGLE_KEY"
        ? JSON.stringify({
            type: "service_account",
            client_email: "etl@acme.example",
            private_key: pem,
            token_uri: `${api.origin}/google`,
          })
        : `of-${name}`,
  ]),
);

async function catalogOf(yaml: string): Promise<AuthCatalog> {
  Object.assign(process.env, {
    CRATE_SEED: "seed 1",
    CRATE_ID: "id-7",
    CRATE_TOKEN_URL: `${api.origin}/token`,
  });
  const params = {
    base_url: api.origin,
    tenant: "tenant-7",
    account: "1234567_SB1",
    client: "client-7",
    client_key: "ck-7",
    signing_key: "k-7",
    access: "acc-1",
  };
  const catalog = await AuthCatalog.fromYaml(`version: 1\nvars:\n  token: of-vars\nauth:${here(yaml)}\n`, {
    resolvers: RESOLVERS,
    params,
  });
  onTestFinished(() => catalog.close());
  return catalog;
}

/** Sends one request with the credential of `provider`, and compares what was asked and sent. */
async function expectRun(
  provider: AuthProvider,
  { answers = {}, asks = [], sends }: Omit<CatalogShape, "what" | "yaml">,
) {
  answer(answers);
  const credential = await provider.getToken();
  const url = Credential.baseUrl(credential) === undefined ? `${api.origin}/rows` : "rows";
  const body = sends.body === undefined ? {} : { method: "POST", body: '{"rows":1}' };
  await authFetch(provider)(url, { ...body, headers: { "content-type": "application/json" } });
  const isOfApi = ({ path }: ApiRequest): boolean => /\/rows(\?|$)/.test(path);
  for (const [index, each] of asks.entries())
    expect(api.seen.filter((seen) => !isOfApi(seen))[index]).toMatchObject(each);
  const [sent] = api.seen.filter(isOfApi);
  expect({ headers: {}, ...sent }).toMatchObject({ ...sends, headers: sends.headers ?? {} });
}

describe("blocks of a catalog", () => {
  test.each(CATALOGS)("G7 $what", async ({ yaml, ...shape }) => {
    const catalog = await catalogOf(yaml);
    const [name = ""] = catalog.names;
    await expectRun(catalog.resolve({ ref: name }), shape);
  });

  test.each(CATALOGS_THAT_DIFFER)("G7 what differs: $what", async ({ yaml, path }) => {
    const error = await errorOf(() => catalogOf(yaml));
    expect(pathsOf(error)).toEqual([path]);
  });
});

describe("specs", () => {
  test.each([...SPECS, ...SPECS_THAT_RUN_HERE])("G7 $type, $what", async ({ type, config, ...shape }) => {
    const provider = fromConfig({ type, config: configHere(config) });
    onTestFinished(async () => provider.close?.());
    await expectRun(provider, shape);
  });

  test.each(REFUSED)("G7 G2 %s %j, which the crate refuses", async (type, config, paths) => {
    const error = await errorOf(() => fromConfig({ type: type as string, config: config && configHere(config) }));
    expect(pathsOf(error).sort()).toEqual(paths);
  });

  test.each(SPECS_THAT_DIFFER)("G7 what differs: $what", async ({ type, config, paths }) => {
    expect(pathsOf(await errorOf(() => fromConfig({ type, config: here(config) })))).toEqual(paths);
  });
});

describe("the auth: of connectors", () => {
  const entryOf = (yaml: string): string => `\n  own: ${yaml.replaceAll("\n", "\n  ")}`;

  test.each(INLINE)("G7 $yaml", async ({ yaml, sends }) => {
    const catalog = await catalogOf(entryOf(yaml));
    await expectRun(catalog.resolve({ ref: "own" }), { sends });
  });

  test.each(INLINE_OF_OTHERS)("G7 what is not ours: $what", async ({ yaml }) => {
    expect(await errorOf(() => catalogOf(entryOf(yaml)))).toMatchObject({ name: "ConfigError" });
  });
});

const pathsOf = (error: Error & Record<string, unknown>): string[] => [
  ...new Set((error.issues as { path: string }[]).map(({ path }) => path)),
];
