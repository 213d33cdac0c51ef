/** How a client shows itself at its token endpoint (K1 to K3), as a server sees and verifies it. */

import { createHash, X509Certificate } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { AuthCatalog, type AuthError, fromConfig, type Runtime } from "../../src/index.js";
import { certificateAuthority, selfSigned } from "../support/certificate-authority.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";
import { type Idp, json, numberedTokens, startIdp } from "../support/idp.js";
import { ecKey, edKey, jwk, pem, rsaKey } from "../support/keys.js";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const base = { token_url: "https://idp.example/token", client_id: "the client" };
const byKey = { ...base, token_endpoint_auth_method: "private_key_jwt" };

/** The types with a client, and what each needs beside it. */
const types = [
  ["oauth2", {}],
  ["oauth2_refresh", { refresh_token: "r1" }],
] as const;

interface Asking extends Runtime {
  readonly tokenUrl?: string;
}

/** A token request with that configuration, as the IdP has seen it. */
async function asked(type: string, config: object, idp?: Idp, { tokenUrl, ...runtime }: Asking = {}) {
  const server = idp ?? (await startIdp());
  await fromConfig(
    { type, config: { ...base, ...config, token_url: tokenUrl ?? server.tokenUrl } },
    runtime,
  ).getToken();
  const [seen] = server.seen.slice(-1);
  return { form: seen?.form ?? {}, headers: seen?.headers, audience: server.tokenUrl };
}

describe.each(types)("K1 %s", (type, grant) => {
  test.each([
    ["client_secret_post", { client_secret: "s" }, "client_secret_basic"],
    ["client_secret_basic", { client_secret: "s" }, "client_secret_post"],
    ["private_key_jwt", { private_key: pem(ecKey()) }, "private_key_id"],
    ["client_secret_jwt", { client_secret: "s".repeat(32) }, "assertion_audience"],
    ["private_key_jwt", { client_assertion: "a.b.c" }, "client_assertion that was presented"],
    ["none", {}, undefined],
  ])("K1 F1 invalid_client of %s says what may help such a client", async (method, shown, remedy) => {
    const idp = await startIdp((_request, response) => json(response, { error: "invalid_client" }, 401));
    const { message } = await errorOf(() =>
      asked(type, { ...grant, ...shown, token_endpoint_auth_method: method }, idp),
    );
    if (remedy === undefined) expect(message).toMatch(/HTTP 401, invalid_client$/);
    else expect(message).toMatch(new RegExp(`HTTP 401, invalid_client; .*${remedy}`));
    if (!method.startsWith("client_secret_")) expect(message).not.toContain("secret");
  });

  test.each([
    ["client_secret_post", { client_secret: "s" }, { client_id: "the client", client_secret: "s" }],
    ["client_secret_basic", { client_secret: "s" }, {}],
    ["none", {}, { client_id: "the client" }],
  ])("K1 %s shows the client as it says", async (method, secrets, expected) => {
    const { form } = await asked(type, { ...grant, ...secrets, token_endpoint_auth_method: method });
    const { grant_type: _type, refresh_token: _token, ...shown } = form;
    expect(shown).toEqual(expected);
  });

  test.each([
    ["RS256", rsaKey(), undefined],
    ["PS384", rsaKey(), "PS384"],
    ["ES256", ecKey(), undefined],
    ["ES512", ecKey("P-521"), undefined],
    ["EdDSA", edKey(), undefined],
  ])("K2 private_key_jwt presents an assertion that is signed by %s", async (alg, key, configured) => {
    const clock = testClock(Date.now());
    const { form, headers, audience } = await asked(
      type,
      { ...grant, ...byKey, private_key: pem(key), token_endpoint_auth_signing_alg: configured },
      await startIdp(),
      { clock },
    );
    const { client_assertion: assertion = "", ...others } = form;
    expect(others).toMatchObject({ client_id: "the client", client_assertion_type: JWT_BEARER });
    expect(others).not.toHaveProperty("client_secret");
    expect(headers).not.toHaveProperty("authorization");
    const { payload, protectedHeader } = await jwtVerify(assertion, key.publicKey, { currentDate: new Date(clock()) });
    const iat = Math.floor(clock() / 1000);
    expect(payload).toEqual({
      iss: "the client",
      sub: "the client",
      aud: audience,
      jti: expect.stringMatching(/^[\w-]{20,}$/),
      iat,
      exp: iat + 240,
    });
    expect(protectedHeader).toEqual({ alg, typ: "JWT" });
  });
});

describe("K2 an assertion", () => {
  test("K2 is made anew for each attempt, and for each token", async () => {
    const idp = await startIdp((request, response, index) => {
      if (index < 3) return json(response, {}, 503);
      numberedTokens()(request, response, index);
    });
    const config = { ...byKey, token_url: idp.tokenUrl, private_key: pem(ecKey()), retries: 2 };
    const provider = fromConfig({ type: "oauth2", config }, { random: () => 0 });
    await provider.invalidate(await provider.getToken());
    const assertions = idp.seen.map(({ form }) => form.client_assertion ?? "");
    const ids = await Promise.all(assertions.map(async (jwt) => (await jwtVerify(jwt, ecKey().publicKey)).payload.jti));
    expect(new Set(ids).size).toBe(4);
  });

  test("K2 has the audience, the claims, the lifetime and the key id that are configured", async () => {
    const clock = testClock(1_800_000_000_900);
    const config = {
      ...byKey,
      private_key: pem(ecKey()),
      private_key_id: "key-7",
      assertion_audience: "https://idp.example",
      assertion_claims: { scope: ["rest_webservices"], nested: { a: 1 } },
      assertion_lifetime_secs: 30,
    };
    const { form } = await asked("oauth2", config, await startIdp(), { clock });
    const jwt = form.client_assertion ?? "";
    const { payload } = await jwtVerify(jwt, ecKey().publicKey, { currentDate: new Date(clock()) });
    expect(payload).toMatchObject({
      aud: "https://idp.example",
      scope: ["rest_webservices"],
      nested: { a: 1 },
      iat: 1_800_000_000,
      exp: 1_800_000_030,
    });
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: "ES256", typ: "JWT", kid: "key-7" });
  });

  test("K2 is for the token endpoint as it is written, without its user name and password", async () => {
    const idp = await startIdp();
    const url = new URL(`${idp.tokenUrl}?p=policy`);
    [url.username, url.password] = ["gateway", "p4ss"];
    const { form } = await asked("oauth2", { ...byKey, private_key: pem(ecKey()) }, idp, { tokenUrl: url.href });
    const { payload } = await jwtVerify(form.client_assertion ?? "", ecKey().publicKey);
    expect(payload.aud).toBe(`${idp.tokenUrl}?p=policy`);
  });

  test("K2 has the thumbprints of its certificate, the first of a chain", async () => {
    const [own, other] = [await selfSigned("client"), await selfSigned("other")];
    const certificate = `${own.cert}\n${other.cert}`;
    const config = { ...byKey, private_key: { file: own.keyFile }, certificate: certificate.replaceAll("\n", "\\n") };
    const { form } = await asked("oauth2", config);
    const { raw, publicKey } = new X509Certificate(own.cert);
    const thumbprint = (hash: string) => createHash(hash).update(raw).digest("base64url");
    expect(decodeProtectedHeader(form.client_assertion ?? "")).toEqual({
      alg: "ES256",
      typ: "JWT",
      x5t: thumbprint("sha1"),
      "x5t#S256": thumbprint("sha256"),
    });
    await jwtVerify(form.client_assertion ?? "", publicKey);
  });

  test.each([
    ["HS256", undefined],
    ["HS384", "HS384"],
    ["HS512", "HS512"],
  ])("K1 K2 client_secret_jwt signs by the secret, with %s", async (alg, configured) => {
    const config = {
      client_secret: "a secret that both sides know",
      token_endpoint_auth_method: "client_secret_jwt",
      token_endpoint_auth_signing_alg: configured,
    };
    const { form } = await asked("oauth2", config);
    const secret = new TextEncoder().encode("a secret that both sides know");
    const { protectedHeader } = await jwtVerify(form.client_assertion ?? "", secret);
    expect(protectedHeader.alg).toBe(alg);
    expect(form).not.toHaveProperty("client_secret");
  });

  test("K2 a JWK is a mapping of the document, JSON text, or a file of it", async () => {
    const [idp, folder] = [await startIdp(), await newFolder()];
    const key = { ...jwk(rsaKey()), kid: "from the JWK" };
    await writeFile(join(folder, "key.json"), JSON.stringify(key, null, 2));
    const head = `type: oauth2
    config:
      token_url: ${idp.tokenUrl}
      client_id: c
      token_endpoint_auth_method: private_key_jwt`;
    await writeFile(
      join(folder, "pipeline.yaml"),
      `auth:
  mapping:
    ${head}
      private_key: ${JSON.stringify(key)}
  text:
    ${head}
      private_key: '${JSON.stringify(key)}'
  file:
    ${head}
      private_key: { file: key.json }
  numbered:
    ${head}
      private_key: ${JSON.stringify({ ...key, kid: "KID" }).replace('"KID"', "0017")}
`,
    );
    await using catalog = await AuthCatalog.load(join(folder, "pipeline.yaml"));
    for (const name of catalog.names) await catalog.get(name).getToken();
    const headers = idp.seen.map(({ form }) => decodeProtectedHeader(form.client_assertion ?? ""));
    expect(headers.map(({ kid, alg }) => `${kid} ${alg}`)).toEqual([
      "from the JWK RS256",
      "from the JWK RS256",
      "from the JWK RS256",
      "0017 RS256",
    ]);
  });

  test("K2 V2 a key that was replaced is used at once, and with it its certificate", async () => {
    const authority = await certificateAuthority();
    const [old, next] = [await authority.issue("old"), await authority.issue("next")];
    const { publicKey } = new X509Certificate(next.cert);
    const idp = await startIdp(async (request, response, index) => {
      try {
        await jwtVerify(request.form.client_assertion ?? "", publicKey);
        numberedTokens()(request, response, index);
      } catch {
        await writeFile(old.certFile, next.cert);
        await writeFile(old.keyFile, next.key);
        json(response, { error: "invalid_client" }, 401);
      }
    });
    const config = {
      ...byKey,
      token_url: idp.tokenUrl,
      private_key: { file: old.keyFile },
      certificate: { file: old.certFile },
    };
    expect(await fromConfig({ type: "oauth2", config }).getToken()).toMatchObject({ token: "token-2" });
  });

  test("K2 V3 a key and a certificate that do not belong together are tried again: one is just being replaced", async () => {
    const authority = await certificateAuthority();
    const [old, next] = [await authority.issue("old"), await authority.issue("next")];
    const idp = await startIdp();
    const files = { private_key: { file: old.keyFile }, certificate: { file: old.certFile } };
    const config = { ...byKey, token_url: idp.tokenUrl, ...files };
    const half = fromConfig({ type: "oauth2", config: { ...config, retries: 0 } });
    const whole = fromConfig({ type: "oauth2", config });
    await writeFile(old.certFile, next.cert);
    const error = await errorOf(() => half.getToken());
    expect(error).toMatchObject({ code: "config", retryable: true });
    expect(error.message).toContain("certificate: is not the certificate of private_key");
    const getting = whole.getToken();
    await writeFile(old.keyFile, next.key);
    await getting;
    await jwtVerify(idp.seen[0]?.form.client_assertion ?? "", new X509Certificate(next.cert).publicKey);
  });

  test("K2 V3 a function may give a key, which is checked when it is read", async () => {
    const idp = await startIdp();
    const config = { ...byKey, token_url: idp.tokenUrl, retries: 0 };
    await fromConfig({ type: "oauth2", config: { ...config, private_key: async () => pem(ecKey()) } }).getToken();
    for (const [private_key, reason] of [
      [() => "no key", /what its function gave is neither PEM/],
      [() => pem(rsaKey(1024)), /private_key: is an RSA key of 1024 bits/],
    ] as const) {
      const provider = fromConfig({ type: "oauth2", config: { ...config, private_key } });
      const error = await errorOf(() => provider.getToken());
      expect(error).toMatchObject({ code: "config", retryable: true });
      expect(error.message).toMatch(reason);
    }
  });

  test("K2 S1 S2 neither key nor assertion is shown, though the IdP echoes it", async () => {
    const idp = await startIdp((request, response) => {
      json(response, { error: "invalid_request", error_description: `<${request.form.client_assertion}>` }, 400);
    });
    const private_key = pem(ecKey());
    const provider = fromConfig({ type: "oauth2", config: { ...byKey, token_url: idp.tokenUrl, private_key } });
    const error = (await errorOf(() => provider.getToken())) as unknown as AuthError;
    expect(error.errorDescription).toBe("<***>");
    expect(JSON.stringify(provider)).toContain('"private_key":"***"');
    expect(JSON.stringify(provider)).not.toContain("PRIVATE KEY");
  });
});

describe("K3 an assertion that others issue", () => {
  test("K3 V1 is read for each token request, needs no method, and is of the type that is configured", async () => {
    const [idp, file] = [await startIdp(), join(await newFolder(), "token")];
    await writeFile(file, "jwt-1\n");
    const config = { ...base, token_url: idp.tokenUrl, client_assertion: { file } };
    const provider = fromConfig({ type: "oauth2", config });
    const first = await provider.getToken();
    await writeFile(`${file}.next`, "jwt-2\n");
    await rename(`${file}.next`, file);
    await provider.invalidate(first);
    await asked("oauth2", { client_assertion: () => "saml", client_assertion_type: "urn:saml" }, idp);
    await asked("oauth2", { client_assertion: "jwt-3", token_endpoint_auth_method: "private_key_jwt" }, idp);
    expect(
      idp.seen.map(({ form }) => `${form.client_id} ${form.client_assertion} ${form.client_assertion_type}`),
    ).toEqual([
      `the client jwt-1 ${JWT_BEARER}`,
      `the client jwt-2 ${JWT_BEARER}`,
      "the client saml urn:saml",
      `the client jwt-3 ${JWT_BEARER}`,
    ]);
  });
});

describe("K1 one clear fault for each mistake", () => {
  const key = pem(ecKey());
  const method = (token_endpoint_auth_method: string, keys: object = {}) => ({ token_endpoint_auth_method, ...keys });

  test.each<[string, object, Record<string, string | RegExp>]>([
    [
      "a secret with private_key_jwt",
      method("private_key_jwt", { private_key: key, client_secret: "s" }),
      { client_secret: "has no use with token_endpoint_auth_method: private_key_jwt" },
    ],
    [
      "a secret with mutual TLS",
      method("none", { client_secret: "s" }),
      { client_secret: "has no use with token_endpoint_auth_method: none" },
    ],
    [
      "a key without the method",
      { private_key: key, private_key_id: "k" },
      { token_endpoint_auth_method: "is required beside private_key: private_key_jwt" },
    ],
    [
      "a key with another method",
      method("client_secret_post", { client_secret: "s", private_key: key }),
      { private_key: "has no use with token_endpoint_auth_method: client_secret_post" },
    ],
    [
      "the method without a key",
      method("private_key_jwt"),
      { private_key: /is required with token_endpoint_auth_method: private_key_jwt; or client_assertion/ },
    ],
    ["an empty key", method("private_key_jwt", { private_key: "" }), { private_key: "must not be empty" }],
    ["a key that is none", method("private_key_jwt", { private_key: "s3cr3t" }), { private_key: /neither PEM/ }],
    [
      "a key that does not fit",
      method("private_key_jwt", { private_key: key, token_endpoint_auth_signing_alg: "RS256" }),
      { private_key: /cannot sign by RS256/ },
    ],
    [
      "an algorithm that is none",
      method("private_key_jwt", { private_key: key, token_endpoint_auth_signing_alg: "none" }),
      { token_endpoint_auth_signing_alg: /must be one of RS256/ },
    ],
    [
      "an algorithm for secrets with a key",
      method("private_key_jwt", { private_key: key, token_endpoint_auth_signing_alg: "HS256" }),
      { token_endpoint_auth_signing_alg: /must be one of RS256, .* with token_endpoint_auth_method: private_key_jwt/ },
    ],
    [
      "an algorithm for keys with a secret",
      method("client_secret_jwt", { client_secret: "s", token_endpoint_auth_signing_alg: "RS256" }),
      { token_endpoint_auth_signing_alg: /must be one of HS256, HS384, HS512 with/ },
    ],
    ["client_secret_jwt without a secret", method("client_secret_jwt"), { client_secret: "is required: a string" }],
    [
      "client_secret_jwt with an empty secret",
      method("client_secret_jwt", { client_secret: "" }),
      { client_secret: /must not be empty/ },
    ],
    [
      "a key id without a key",
      { client_secret: "s", private_key_id: "k" },
      { private_key_id: "has no use without token_endpoint_auth_method: private_key_jwt" },
    ],
    [
      "claims without an assertion",
      { client_secret: "s", assertion_claims: { a: 1 } },
      {
        assertion_claims:
          /has no use without token_endpoint_auth_method: client_secret_jwt or token_endpoint_auth_method: private_key_jwt/,
      },
    ],
    [
      "an assertion beside a secret",
      { client_assertion: "a", client_secret: "s" },
      { client_secret: "has no use beside client_assertion" },
    ],
    [
      "an assertion beside a key",
      method("private_key_jwt", { client_assertion: "a", private_key: key }),
      { private_key: "has no use beside client_assertion" },
    ],
    [
      "an assertion with another method",
      method("none", { client_assertion: "a" }),
      { client_assertion: "has no use with token_endpoint_auth_method: none" },
    ],
    [
      "a type without its assertion",
      { client_secret: "s", client_assertion_type: "t" },
      { client_assertion_type: "has no use without client_assertion" },
    ],
    [
      "an assertion as a parameter beside one",
      { client_assertion: "a", params: { client_assertion: "b" } },
      { "params.client_assertion": /is a key of its own/ },
    ],
    [
      "a certificate that is none",
      method("private_key_jwt", { private_key: key, certificate: "s3cr3t" }),
      { certificate: /must be a certificate in PEM/ },
    ],
    [
      "claims that are set",
      method("private_key_jwt", { private_key: key, assertion_claims: { iss: "x", exp: 1 } }),
      {
        "assertion_claims.iss": /is the client/,
        "assertion_claims.exp": /is set for each request, by assertion_lifetime_secs/,
      },
    ],
    [
      "claims that lose digits",
      method("private_key_jwt", { private_key: key, assertion_claims: { n: 2 ** 60 } }),
      { "assertion_claims.n": /put it in quotes/ },
    ],
    [
      "a lifetime that servers refuse",
      method("private_key_jwt", { private_key: key, assertion_lifetime_secs: 301 }),
      { assertion_lifetime_secs: "must be at most 300 seconds" },
    ],
    [
      "a lifetime of nothing",
      method("private_key_jwt", { private_key: key, assertion_lifetime_secs: 0 }),
      { assertion_lifetime_secs: /above zero/ },
    ],
  ])("K1 %s", async (_what, config, expected) => {
    const faults = await faultsOf("oauth2", { ...base, ...config });
    expect(faults).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([path, message]) => [
          path,
          typeof message === "string" ? message : expect.stringMatching(message),
        ]),
      ),
    );
    expect(JSON.stringify(faults)).not.toContain("s3cr3t");
  });

  test("K2 a certificate of another key", async () => {
    const [own, other] = [await selfSigned("client"), await selfSigned("other")];
    const config = { ...byKey, private_key: own.key, certificate: other.cert };
    expect(await faultsOf("oauth2", config)).toEqual({
      certificate: "is not the certificate of private_key: it has another public key",
    });
  });

  test("G1 every key of client authentication may be null", () => {
    const keys = [
      "private_key",
      "private_key_id",
      "token_endpoint_auth_signing_alg",
      "certificate",
      "assertion_audience",
    ];
    const others = ["assertion_claims", "assertion_lifetime_secs", "client_assertion", "client_assertion_type"];
    const nulls = Object.fromEntries([...keys, ...others].map((name) => [name, null]));
    fromConfig({ type: "oauth2", config: { ...base, ...nulls, client_secret: "s" } });
    fromConfig({ type: "oauth2", config: { ...byKey, ...nulls, private_key: key } });
  });
});
