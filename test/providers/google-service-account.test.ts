/** The key of a service account of Google, as the crate 1.5 has it (K5). */

import { generateKeyPairSync } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  AuthCatalog,
  type GoogleServiceAccountConfig,
  GoogleServiceAccountProvider,
  MemoryTokenStore,
  type Runtime,
} from "../../src/index.js";
import { folder } from "../support/catalogs.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { ecKey, rsaKey } from "../support/pem-keys.js";

const SCOPE = "https://www.googleapis.com/auth/analytics.readonly";
const [rsa, next] = [rsaKey(), rsaKey()];

function keyOf(
  token_uri: string | undefined,
  changes: object = {},
): Record<string, unknown> & { client_email: string; private_key: string } {
  return {
    type: "service_account",
    project_id: "p",
    private_key_id: "kid-1",
    private_key: rsa.pem,
    client_email: "etl@p.iam.gserviceaccount.com",
    client_id: "123456789012345678901",
    ...(token_uri !== undefined && { token_uri }),
    ...changes,
  };
}

function account(config: GoogleServiceAccountConfig, runtime: Runtime = {}): GoogleServiceAccountProvider {
  const provider = new GoogleServiceAccountProvider(config, { random: () => 0, ...runtime });
  onTestFinished(() => provider.close());
  return provider;
}

describe("the request", () => {
  test("K5 is grant type and assertion alone; the assertion is Google's, issued half a minute ago, for an hour", async () => {
    const clock = testClock();
    const idp = await startIdp();
    const key_json = keyOf(idp.tokenUrl);
    const provider = account({ key_json, scopes: [SCOPE, "b"], subject: "reports@acme.example" }, { clock });
    expect(await provider.getToken()).toMatchObject({ type: "bearer", token: "token-1" });
    const { form } = idp.seen[0] ?? {};
    expect(form).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: expect.any(String),
    });
    const { payload } = await jwtVerify(form?.assertion ?? "", rsa.publicKey, { currentDate: new Date(clock.now) });
    expect(decodeProtectedHeader(form?.assertion ?? "")).toEqual({ alg: "RS256", kid: "kid-1", typ: "JWT" });
    const iat = Math.floor(clock.now / 1000) - 30;
    expect(payload).toEqual({
      iss: "etl@p.iam.gserviceaccount.com",
      sub: "reports@acme.example",
      scope: `${SCOPE} b`,
      aud: idp.tokenUrl,
      jti: expect.any(String),
      iat,
      exp: iat + 3600,
    });
  });

  test.each<[string, (key: object) => GoogleServiceAccountConfig["key_json"]]>([
    ["a mapping", (key) => key as never],
    ["text", (key) => JSON.stringify(key, null, 2)],
    ["a function", (key) => async () => JSON.stringify(key)],
  ])("K5 key_json is %s", async (_kind, given) => {
    const idp = await startIdp();
    const key = keyOf(idp.tokenUrl, { private_key_id: undefined });
    await account({ key_json: given(key) ?? null, scopes: SCOPE }).getToken();
    const { assertion = "" } = idp.seen[0]?.form ?? {};
    expect((await jwtVerify(assertion, rsa.publicKey)).payload).not.toHaveProperty("sub");
    expect(decodeProtectedHeader(assertion)).not.toHaveProperty("kid");
  });

  test("K5 token_uri goes before that of the key, and is the aud; without either it is Google's", async () => {
    const idp = await startIdp();
    const key_json = keyOf("https://elsewhere.example/token");
    await account({ key_json, scopes: SCOPE, token_uri: idp.tokenUrl }).getToken();
    const { assertion = "" } = idp.seen[0]?.form ?? {};
    expect((await jwtVerify(assertion, rsa.publicKey)).payload.aud).toBe(idp.tokenUrl);
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response(JSON.stringify({ access_token: "t", expires_in: 60 }));
    };
    await account({ key_json: keyOf(undefined), scopes: SCOPE }, { fetch }).getToken();
    expect(asked).toEqual(["https://oauth2.googleapis.com/token"]);
  });

  test("V1 a key file that is replaced signs the next request, with its own kid", async () => {
    const idp = await startIdp();
    const path = join(await folder({ "key.json": JSON.stringify(keyOf(idp.tokenUrl)) }), "key.json");
    const provider = account({ key_file: path, scopes: SCOPE });
    const credential = await provider.getToken();
    await writeFile(
      `${path}.new`,
      JSON.stringify(keyOf(idp.tokenUrl, { private_key: next.pem, private_key_id: "kid-2" })),
    );
    await rename(`${path}.new`, path);
    await provider.invalidate(credential);
    const { assertion = "" } = idp.seen[1]?.form ?? {};
    await jwtVerify(assertion, next.publicKey);
    expect(decodeProtectedHeader(assertion).kid).toBe("kid-2");
  });

  test("D9 for() asks for other scopes, in the assertion", async () => {
    const idp = await startIdp();
    await account({ key_json: keyOf(idp.tokenUrl), scopes: "a" })
      .for({ scopes: ["b", "c"] })
      .getToken();
    const { assertion = "", ...others } = idp.seen[0]?.form ?? {};
    expect((await jwtVerify(assertion, rsa.publicKey)).payload.scope).toBe("b c");
    expect(others).not.toHaveProperty("scope");
  });
});

test("D8 a store gives nobody the token of another subject, and a new key is the same account", async () => {
  const [idp, store] = [await startIdp(), new MemoryTokenStore()];
  const tokenOf = async (subject: string | null, changes: object = {}): Promise<unknown> => {
    const config = { key_json: keyOf(idp.tokenUrl, changes), scopes: "a", subject };
    return account(config, { store, name: "google" }).getToken();
  };
  expect(await tokenOf("ann@acme.example")).toMatchObject({ token: "token-1" });
  expect(await tokenOf("ann@acme.example", { private_key: next.pem })).toMatchObject({ token: "token-1" });
  expect(await tokenOf("bob@acme.example")).toMatchObject({ token: "token-2" });
  expect(await tokenOf(null)).toMatchObject({ token: "token-3" });
});

describe("a refusal", () => {
  test("K5 of a passing kind is told as it is: it is not about the account", async () => {
    const idp = await startIdp((_request, response) => json(response, {}, 503));
    const provider = account({ key_json: keyOf(idp.tokenUrl), scopes: "a b", retries: 0 }, { name: "google" });
    expect((await errorOf(() => provider.getToken())).message).toMatch(/^google: POST \S+: HTTP 503$/);
  });

  test("K5 names account, subject and scopes, and no key", async () => {
    const idp = await startIdp(({ form }, response) => {
      json(response, { error: "invalid_grant", error_description: `Invalid JWT ${form.assertion}` }, 400);
    });
    const provider = account({ key_json: keyOf(idp.tokenUrl), scopes: "a b" }, { name: "google" });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ name: "AuthError", provider: "google", error: "invalid_grant", status: 400 });
    expect(error.message).toMatch(
      /^google: POST .*invalid_grant: Invalid JWT \*\*\* \(service account etl@p\.iam\.gserviceaccount\.com, subject none, scopes a b\)$/,
    );
    expect(inspect([error, provider], { depth: null, showHidden: true })).not.toMatch(/PRIVATE KEY|eyJ/);
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({
      client_email: "etl@p.iam.gserviceaccount.com",
      private_key: "***",
    });
  });

  test("K5 what passes is tried again", async () => {
    const idp = await startIdp((request, response, index) => {
      if (index === 1) json(response, {}, 500);
      else numberedTokens()(request, response, index);
    });
    expect(await account({ key_json: keyOf(idp.tokenUrl), scopes: "a" }).getToken()).toMatchObject({
      token: "token-2",
    });
  });
});

describe("the configuration", () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
  const ok = { key_json: keyOf("https://idp.example/token"), scopes: SCOPE };
  const pem = "-----BEGIN PRIVATE KEY-----\nnope\n-----END PRIVATE KEY-----\n";

  test.each<[string, object, string[]]>([
    ["without a key", { key_json: undefined }, ["key_json"]],
    ["with two", { key_file: "/not/there" }, ["key_file", "key_file"]],
    ["with a number", { key_json: 5 }, ["key_json"]],
    ["with a list", { key_json: [] }, ["key_json"]],
    ["with what is no JSON", { key_json: "nope" }, ["key_json"]],
    ["with an empty mapping", { key_json: {} }, ["key_json"]],
    ["with an empty text", { key_json: "" }, ["key_json"]],
    ["with a key of another kind", { key_json: keyOf(undefined, { type: "authorized_user" }) }, ["key_json"]],
    ["without client_email", { key_json: keyOf(undefined, { client_email: undefined }) }, ["key_json"]],
    ["without private_key", { key_json: keyOf(undefined, { private_key: undefined }) }, ["key_json"]],
    ["with PEM that is damaged", { key_json: keyOf(undefined, { private_key: pem }) }, ["key_json"]],
    ["with a key that is not RSA", { key_json: keyOf(undefined, { private_key: ecKey().pem }) }, ["key_json"]],
    ["with a key of 1024 bits", { key_json: keyOf(undefined, { private_key: short }) }, ["key_json"]],
    ["with a token_uri in the key that is none", { key_json: keyOf("nope") }, ["key_json"]],
    ["with a token_uri that is none", { token_uri: "nope" }, ["token_uri"]],
    ["without scopes", { scopes: undefined }, ["scopes"]],
    ["with no scopes", { scopes: [] }, ["scopes"]],
    ["with an expiry ratio above one", { expiry_ratio: 3 }, ["expiry_ratio"]],
    ["with an unknown key", { key: "x" }, ["key"]],
  ])("K5 %s is a fault, without the key in it", async (_what, faulty, paths) => {
    const error = await errorOf(() => account({ ...ok, ...faulty } as never));
    expect((error.issues as { path: string }[]).map(({ path }) => path)).toEqual(paths);
    expect(error.message).not.toMatch(/nope\n|BEGIN|MII/);
  });

  test("V1 a byte order mark before the key is no part of it", async () => {
    const idp = await startIdp();
    const key_json = `\ufeff${JSON.stringify(keyOf(idp.tokenUrl))}`;
    expect(await account({ key_json, scopes: SCOPE }).getToken()).toMatchObject({ type: "bearer" });
  });

  test("V3 a key file that cannot be used is a fault that names it", async () => {
    for (const key_file of ["/not/there", join(await folder({ k: "{}" }), "k")]) {
      const faults = await faultsOf("google_service_account", { key_file, scopes: SCOPE });
      expect(faults).toEqual({ key_file: expect.stringContaining(key_file) });
    }
  });

  test("G7 the crate's block runs as it is, with the key in a variable or beside the document", async () => {
    const idp = await startIdp();
    const yaml = (key: string) => `
auth:
  google:
    type: google_service_account
    config:
      ${key}
      scopes: ["${SCOPE}"]
      subject: reports@example.com   # optional
`;
    const home = await folder({
      "key.json": JSON.stringify(keyOf(idp.tokenUrl)),
      "pipeline.yaml": yaml("key_file: key.json"),
    });
    const resolvers = { secret: () => JSON.stringify(keyOf(idp.tokenUrl)) };
    const byFile = await AuthCatalog.load(join(home, "pipeline.yaml"));
    const byText = await AuthCatalog.fromYaml(yaml('key_json: "$' + '{secret:GOOGLE_SA_KEY}"'), { resolvers });
    for (const catalog of [byFile, byText]) {
      await catalog.get("google").getToken();
      await catalog.close();
    }
    const subjects = idp.seen.map(
      async ({ form }) => (await jwtVerify(form.assertion ?? "", rsa.publicKey)).payload.sub,
    );
    expect(await Promise.all(subjects)).toEqual(["reports@example.com", "reports@example.com"]);
  });
});
