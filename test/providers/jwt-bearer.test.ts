/** JWT bearer assertions (RFC 7523 §2.1; K4): what is signed, and for whom. */

import { createPrivateKey } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  AuthCatalog,
  type JwtBearerConfig,
  JwtBearerProvider,
  MemoryTokenStore,
  type Runtime,
} from "../../src/index.js";
import { folder } from "../support/catalogs.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { type Idp, json, startIdp } from "../support/idp.js";
import { ecKey, rsaKey } from "../support/pem-keys.js";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const [rsa, otherRsa, ec] = [rsaKey(), rsaKey(), ecKey()];

function bearing(idp: Idp, config: Partial<JwtBearerConfig> = {}, runtime: Runtime = {}): JwtBearerProvider {
  const own = { token_url: idp.tokenUrl, assertion: { private_key: rsa.pem, iss: "app" }, ...config };
  const provider = new JwtBearerProvider(own, { random: () => 0, ...runtime });
  onTestFinished(() => provider.close());
  return provider;
}

function assertions(idp: Idp): string[] {
  return idp.seen.map(({ form }) => form.assertion ?? "");
}

describe("an assertion that is signed", () => {
  test("K4 says who, for whom, to whom and how long, and nothing of a client that is not there", async () => {
    const clock = testClock();
    const idp = await startIdp();
    const assertion = {
      private_key: rsa.pem,
      private_key_id: "k1",
      iss: "app",
      sub: "ann@acme.example",
      claims: { role: "reader", list: [1, { a: null }] },
      lifetime_secs: 120,
    };
    await bearing(idp, { assertion, scopes: ["a", "b"] }, { clock }).getToken();
    expect(Object.keys(idp.seen[0]?.form ?? {})).toEqual(["scope", "grant_type", "assertion"]);
    expect(idp.seen[0]?.form).toMatchObject({ grant_type: GRANT, scope: "a b" });
    const [jwt = ""] = assertions(idp);
    const { payload, protectedHeader } = await jwtVerify(jwt, rsa.publicKey, { currentDate: new Date(clock.now) });
    expect(protectedHeader).toEqual({ alg: "RS256", kid: "k1", typ: "JWT" });
    const iat = Math.floor(clock.now / 1000);
    expect(payload).toEqual({
      iss: "app",
      sub: "ann@acme.example",
      aud: idp.tokenUrl,
      role: "reader",
      list: [1, { a: null }],
      jti: expect.any(String),
      iat,
      exp: iat + 120,
    });
  });

  test("K4 is made anew for each attempt, and has no sub where none is given", async () => {
    const idp = await startIdp((_request, response, index) => {
      if (index < 3) json(response, {}, 503);
      else json(response, { access_token: "t", expires_in: 60 });
    });
    await bearing(idp).getToken();
    const claims = await Promise.all(assertions(idp).map(async (jwt) => (await jwtVerify(jwt, rsa.publicKey)).payload));
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(3);
    expect(claims[0]).not.toHaveProperty("sub");
  });

  test("K4 its aud may be another one, and its key a JWK whose kid and alg count", async () => {
    const idp = await startIdp();
    const jwk = { ...createPrivateKey(rsa.pem).export({ format: "jwk" }), kty: "RSA", kid: "jwk-1", alg: "PS256" };
    const aud = "https://login.salesforce.com";
    await bearing(idp, { assertion: { private_key: jwk, iss: "app", aud } }).getToken();
    await bearing(idp, {
      assertion: { private_key: JSON.stringify(jwk), iss: "app", signing_alg: "RS384" },
    }).getToken();
    await bearing(idp, { assertion: { private_key: ec.pem, iss: "app" } }).getToken();
    const [first = "", second = "", third = ""] = assertions(idp);
    expect((await jwtVerify(first, rsa.publicKey)).payload.aud).toBe(aud);
    expect(decodeProtectedHeader(first)).toMatchObject({ alg: "PS256", kid: "jwk-1" });
    expect(decodeProtectedHeader(second)).toMatchObject({ alg: "RS384", kid: "jwk-1" });
    expect(decodeProtectedHeader(third)).toEqual({ alg: "ES256", typ: "JWT" });
    await jwtVerify(third, ec.publicKey);
  });

  test("S1 K4 its aud is the endpoint without the user name and password that the URL has", async () => {
    const idp = await startIdp();
    await bearing(idp, { token_url: idp.tokenUrl.replace("//", "//gate:p4ssw0rd@") }).getToken();
    expect((await jwtVerify(assertions(idp)[0] ?? "", rsa.publicKey)).payload.aud).toBe(idp.tokenUrl);
  });

  test("V2 a key that was replaced in its file is taken once the old one is refused", async () => {
    const file = join(await folder({ "key.pem": rsa.pem }), "key.pem");
    const idp = await startIdp(async ({ form }, response) => {
      const isNew = await jwtVerify(form.assertion ?? "", otherRsa.publicKey).then(
        () => true,
        () => false,
      );
      if (isNew) json(response, { access_token: "t", expires_in: 60 });
      else json(response, { error: "invalid_grant" }, 400);
      await writeFile(`${file}.new`, otherRsa.pem);
      await rename(`${file}.new`, file);
    });
    expect(await bearing(idp, { assertion: { private_key: { file }, iss: "app" } }).getToken()).toMatchObject({
      token: "t",
    });
    expect(idp.seen).toHaveLength(2);
  });

  test("K4 a client beside it shows itself, by a key of its own too", async () => {
    const idp = await startIdp();
    const client = { client_id: "c", token_endpoint_auth_method: "private_key_jwt", private_key: ec.pem } as const;
    await bearing(idp, client).getToken();
    const { assertion = "", client_assertion = "", client_id } = idp.seen[0]?.form ?? {};
    expect(client_id).toBe("c");
    expect((await jwtVerify(client_assertion, ec.publicKey)).payload).toMatchObject({ iss: "c", sub: "c" });
    expect((await jwtVerify(assertion, rsa.publicKey)).payload).toMatchObject({ iss: "app" });
  });

  test("S2 neither key nor assertion shows in a refusal, or in the provider", async () => {
    const idp = await startIdp(({ form }, response) => {
      json(response, { error: "invalid_grant", error_description: `cannot verify ${form.assertion}` }, 400);
    });
    const provider = bearing(idp);
    const error = await errorOf(() => provider.getToken());
    const [assertion = "none"] = assertions(idp);
    const printed = inspect([error, provider], { depth: null, showHidden: true });
    expect(error).toMatchObject({ error: "invalid_grant", errorDescription: "cannot verify ***" });
    for (const secret of [assertion, assertion.split(".")[2] ?? "", "PRIVATE KEY"])
      expect(printed).not.toContain(secret);
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({ assertion: { private_key: "***", iss: "app" } });
  });
});

describe("an assertion that is presented", () => {
  test("K4 is text, a file or a function, read for each request", async () => {
    const idp = await startIdp();
    const file = join(await folder({ jwt: "from-file\n" }), "jwt");
    for (const assertion of ["from-text", { file }, () => "from-function"])
      await bearing(idp, { assertion }).getToken();
    expect(assertions(idp)).toEqual(["from-text", "from-file", "from-function"]);
  });

  test("K4 on behalf of a user, as Entra has it", async () => {
    const idp = await startIdp();
    await bearing(idp, {
      client_id: "api",
      client_secret: "s",
      assertion: () => "user-token",
      params: { requested_token_use: "on_behalf_of" },
    }).getToken();
    expect(idp.seen[0]?.form).toMatchObject({
      grant_type: GRANT,
      assertion: "user-token",
      requested_token_use: "on_behalf_of",
      client_id: "api",
    });
  });
});

describe("the configuration", () => {
  const given = { token_url: "https://idp.example/token" };
  const signed = { private_key: rsa.pem, iss: "app" };

  test.each<[string, object, string[]]>([
    ["without an assertion", {}, ["assertion"]],
    ["with an empty one", { assertion: "" }, ["assertion"]],
    ["with a list", { assertion: ["a"] }, ["assertion"]],
    ["without iss", { assertion: { private_key: rsa.pem } }, ["assertion.iss"]],
    ["without a key", { assertion: { iss: "app" } }, ["assertion.private_key"]],
    ["with a key that is none", { assertion: { ...signed, private_key: "nope" } }, ["assertion.private_key"]],
    ["with a key that does not fit", { assertion: { ...signed, signing_alg: "ES256" } }, ["assertion.private_key"]],
    ["with an unknown algorithm", { assertion: { ...signed, signing_alg: "HS256" } }, ["assertion.signing_alg"]],
    ["with an unknown key", { assertion: { ...signed, lifetime: 5 } }, ["assertion.lifetime"]],
    ["with a lifetime of a day", { assertion: { ...signed, lifetime_secs: 86_400 } }, ["assertion.lifetime_secs"]],
    [
      "with claims of its own",
      { assertion: { ...signed, claims: { aud: "x", exp: 1, ok: 1 } } },
      ["assertion.claims.aud", "assertion.claims.exp"],
    ],
    [
      "with claims that JSON cannot carry",
      { assertion: { ...signed, claims: { a: Number.NaN } } },
      ["assertion.claims.a"],
    ],
    ["with the parameter", { assertion: "t", params: { assertion: "x" } }, ["params.assertion"]],
    [
      "with a file that is not there",
      { assertion: { ...signed, private_key: { file: "/not/there" } } },
      ["assertion.private_key.file"],
    ],
    ["with a key beside a client that is not there", { assertion: "t", private_key: rsa.pem }, ["client_id"]],
  ])("K4 %s is a fault", async (_what, faulty, paths) => {
    expect(Object.keys(await faultsOf("jwt_bearer", { ...given, ...faulty }))).toEqual(paths);
  });

  test("D11 YAML: a relative key file starts at the folder of its document", async () => {
    const idp = await startIdp();
    const yaml = `
auth:
  sf:
    type: jwt_bearer
    config:
      token_url: ${idp.tokenUrl}
      assertion: { private_key: { file: key.pem }, iss: app, lifetime_secs: 60 }
`;
    const home = await folder({ "pipeline.yaml": yaml, "key.pem": rsa.pem });
    const catalog = await AuthCatalog.load(join(home, "pipeline.yaml"));
    await catalog.get("sf").getToken();
    expect((await jwtVerify(assertions(idp)[0] ?? "", rsa.publicKey)).payload.iss).toBe("app");
    await catalog.close();
  });

  test("D8 a store gives nobody the token of another subject; a new key is the same account", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const own = { store, name: "sf" };
    const tokenWith = async (assertion: object): Promise<unknown> => {
      return bearing(idp, { assertion: { ...signed, ...assertion } }, own).getToken();
    };
    expect(await tokenWith({ sub: "ann" })).toMatchObject({ token: "token-1" });
    expect(await tokenWith({ sub: "ann", private_key: otherRsa.pem })).toMatchObject({ token: "token-1" });
    expect(await tokenWith({ sub: "bob" })).toMatchObject({ token: "token-2" });
  });

  test("D8 nor that of another assertion that is presented", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const tokenWith = async (assertion: string): Promise<unknown> => bearing(idp, { assertion }, { store }).getToken();
    expect(await tokenWith("ann.ann.ann")).toMatchObject({ token: "token-1" });
    expect(await tokenWith("ann.ann.ann")).toMatchObject({ token: "token-1" });
    expect(await tokenWith("bob.bob.bob")).toMatchObject({ token: "token-2" });
  });
});
