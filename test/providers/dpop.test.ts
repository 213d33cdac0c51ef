/** Tokens that are bound to a key, at an authorization server and an API that verify each proof (P6). */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { decodeJwt } from "jose";
import { Agent, interceptors, request } from "undici";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  accessToken,
  applyCredential,
  authFetch,
  authInterceptor,
  Credential,
  credentialHeaders,
  encryptedStore,
  FileTokenStore,
  fromConfig,
  MemoryTokenStore,
  type Runtime,
} from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { type DpopServer, startDpopServer } from "../support/dpop-server.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";
import { json } from "../support/idp.js";
import { ecKey, edKey, jwk, pem, rsaKey, rsaPssKey } from "../support/keys.js";
import { hearWarnings } from "../support/warnings.js";

let server: DpopServer;

beforeEach(async () => {
  server = await startDpopServer();
});

/** The keys of each type that a token may be asked for by. */
const GRANTS: Readonly<Record<string, object>> = {
  oauth2: { client_id: "app", client_secret: "s3cr3t" },
  oauth2_refresh: { client_id: "app", token_endpoint_auth_method: "none", refresh_token: "rt-0" },
  jwt_bearer: { assertion: "head.body.sign" },
  token_exchange: { subject_token: "head.body.sign" },
};

const types = Object.keys(GRANTS);

function make(type: string, more: object = {}, runtime: Runtime = {}) {
  const config = { token_url: server.idp.tokenUrl, dpop: true, ...GRANTS[type], ...more };
  const provider = fromConfig({ type, config }, runtime);
  onTestFinished(() => provider.close?.());
  return provider;
}

/** An API's answer to a GET. */
async function statusOf(fetch: typeof globalThis.fetch, path = "/rows?a=1#b"): Promise<number> {
  return (await fetch(server.api.origin + path)).status;
}

describe.each(types)("%s", (type) => {
  test("P6 shows its key where it asks, and each request to the API a proof of its own", async () => {
    const provider = make(type);
    const fetch = authFetch(provider);
    expect([await statusOf(fetch), await statusOf(fetch)]).toEqual([200, 200]);
    expect(server.idp.seen).toHaveLength(1);
    const [asked] = server.taken.idp;
    expect(asked).toMatchObject({ alg: "ES256", claims: { htm: "POST", htu: server.idp.tokenUrl } });
    expect(asked?.claims).not.toHaveProperty("ath");
    expect(server.taken.api.map(({ thumbprint }) => thumbprint)).toEqual(Array(2).fill(asked?.thumbprint));
  });

  test("P6 takes a nonce that the server asks for, which is no failure: one flight, one attempt, no gate", async () => {
    server.nonces.idp = "n1";
    const provider = make(type, { retries: 0 });
    await provider.getToken();
    expect(server.idp.seen).toHaveLength(2);
    expect(provider.status?.()).toMatchObject({
      state: "fresh",
      consecutiveFailures: 0,
      counts: { flights: 1, tokenRequests: 1, failures: 0 },
    });
    await provider.invalidate(await provider.getToken());
    expect(server.idp.seen).toHaveLength(3);
  });

  test("P6 fails where the server wants another nonce again, after one retry", async () => {
    server.idp.answerWith((_request, response, index) => {
      json(response, { error: "use_dpop_nonce" }, 400, { "dpop-nonce": `n${index}` });
    });
    const error = await errorOf(() => make(type).getToken());
    expect(error).toMatchObject({ name: "AuthError", error: "use_dpop_nonce", status: 400 });
    expect(server.idp.seen).toHaveLength(2);
  });

  test("P6 a bearer that comes all the same is used as one, with one warning", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_DPOP");
    server.tokenType = "Bearer";
    const provider = make(type, {}, { name: "orders" });
    const credential = await provider.getToken();
    expect(credential.type).toBe("bearer");
    expect(await statusOf(authFetch(provider))).toBe(200);
    await provider.invalidate(credential);
    const messages = (await warnings.all()).map(({ message }) => message);
    expect(messages).toEqual([expect.stringMatching(/^orders: .*a bearer came/)]);
  });

  test("P6 the next process has the token and its key from the record", async () => {
    const path = await newFolder();
    const first = make(type, { persist: { path } }, { name: "a" });
    await first.getToken();
    await first.close?.();
    const second = make(type, { persist: { path } }, { name: "a" });
    expect(await statusOf(authFetch(second))).toBe(200);
    expect(server.idp.seen).toHaveLength(1);
    await second.invalidate(await second.getToken());
    expect(new Set(server.taken.idp.map(({ thumbprint }) => thumbprint)).size).toBe(1);
  });

  test("P6 K2 a key that is given signs, as PEM, as a JWK, in a file, and by a function", async () => {
    const path = join(await newFolder(), "key.pem");
    await writeFile(path, pem(ecKey()));
    const given = [pem(ecKey()), jwk(ecKey()), JSON.stringify(jwk(ecKey())), { file: path }, async () => pem(ecKey())];
    for (const private_key of given) {
      const fresh = GRANTS[type] as { refresh_token?: string };
      if (fresh.refresh_token !== undefined) server = await startDpopServer();
      const before = server.taken.idp.length;
      expect(await statusOf(authFetch(make(type, { dpop: { private_key } })))).toBe(200);
      expect(server.taken.idp.length).toBe(before + 1);
    }
    const thumbprints = new Set(server.taken.idp.map(({ thumbprint }) => thumbprint));
    expect(thumbprints.size).toBe(1);
  });
});

describe("P6 a refresh token that is bound to the key", () => {
  test("D2 is redeemed by each process in turn, on one store", async () => {
    const path = await newFolder();
    const fleet = Array.from({ length: 4 }, () => make("oauth2_refresh", { persist: { path } }));
    const tokens = await Promise.all(fleet.map((provider) => provider.getToken()));
    for (const [n, provider] of fleet.entries()) {
      server.revoked.add((await accessText(tokens[n] as Credential)) ?? "");
      expect(await statusOf(authFetch(provider))).toBe(200);
    }
    expect(new Set(server.taken.idp.map(({ thumbprint }) => thumbprint)).size).toBe(1);
    expect(server.idp.seen).toHaveLength(2);
  });

  test("D2 D6 its key is on record before it is first presented", async () => {
    const store = new MemoryTokenStore();
    let onRecord: string | undefined;
    server.idp.answerWith(async (_request, response) => {
      onRecord = (await store.read("grant"))?.text;
      response.destroy();
    });
    await errorOf(() => make("oauth2_refresh", { persist: { key: "grant" }, retries: 0 }, { store }).getToken());
    expect(JSON.parse(onRecord ?? "{}")).toMatchObject({ version: 3, seen: [], keys: { ES256: expect.any(String) } });
  });

  test("D2 of a record whose key another process has made meanwhile, that key counts", async () => {
    const store = new MemoryTokenStore();
    const both = [0, 1].map(() => make("oauth2_refresh", { persist: { key: "grant" } }, { store }));
    await Promise.all(both.map((provider) => provider.getToken()));
    await both[1]?.invalidate((await both[1]?.getToken()) as Credential);
    await both[0]?.invalidate((await both[0]?.getToken()) as Credential);
    expect(new Set(server.taken.idp.map(({ thumbprint }) => thumbprint)).size).toBe(1);
  });

  test("D1 D5 adding dpop keeps the grant, and asks for a bound token at once", async () => {
    const store = new MemoryTokenStore();
    await make("oauth2_refresh", { dpop: null, persist: { key: "grant" } }, { store }).getToken();
    const bound = make("oauth2_refresh", { persist: { key: "grant" } }, { store });
    expect((await bound.getToken()).type).toBe("signer");
    expect(server.idp.seen.map(({ form }) => form.refresh_token)).toEqual(["rt-0", "rt-1"]);
  });

  test("D4 taking dpop away, or another algorithm, loses neither the grant nor its key", async () => {
    const store = new MemoryTokenStore();
    const by = (dpop: unknown) => make("oauth2_refresh", { dpop, retries: 0, persist: { key: "grant" } }, { store });
    await by(true).getToken();
    for (const dpop of [false, { signing_alg: "ES384" }]) {
      const error = await errorOf(() => by(dpop).getToken());
      expect(error).toMatchObject({ error: "invalid_grant" });
    }
    server.revoked.clear();
    const again = by(true);
    expect(await statusOf(authFetch(again))).toBe(200);
  });

  test("D9 of another audience is redeemed with the same key", async () => {
    const provider = make("oauth2_refresh");
    await provider.getToken();
    const other = provider.for?.({ scopes: ["mail"] });
    expect(await statusOf(authFetch(other as never))).toBe(200);
    expect(new Set(server.taken.idp.map(({ thumbprint }) => thumbprint)).size).toBe(1);
  });
});

describe("P6 an API that asks for nonces", () => {
  const agents = new Agent();
  const byInterceptor = (provider: Parameters<typeof authInterceptor>[0]): typeof globalThis.fetch => {
    const dispatcher = agents.compose(
      authInterceptor(provider, { origins: [server.api.origin] }),
      interceptors.redirect({ maxRedirections: 3 }),
    );
    const send = async (url: unknown, init: RequestInit = {}) => {
      const { statusCode, body } = await request(String(url), { ...(init as object), dispatcher } as never);
      await body.dump();
      return { status: statusCode };
    };
    return send as never;
  };

  describe.each([
    ["authFetch", authFetch as never],
    ["authInterceptor", byInterceptor],
  ])("by %s", (_name, wrap: typeof byInterceptor) => {
    test("gets the request again with the nonce, which is no rejection", async () => {
      server.nonces.api = "n1";
      const provider = make("oauth2");
      const fetch = wrap(provider);
      expect([await statusOf(fetch), await statusOf(fetch)]).toEqual([200, 200]);
      expect(server.api.seen).toHaveLength(3);
      server.nonces.api = "n2";
      expect(await statusOf(fetch)).toBe(200);
      expect(server.api.seen).toHaveLength(5);
      expect(server.idp.seen).toHaveLength(1);
      expect(provider.status?.()).toMatchObject({ counts: { flights: 1 } });
    });

    test("W2 takes a hundred requests at once that were signed without it", async () => {
      server.nonces.api = "n1";
      const fetch = wrap(make("oauth2"));
      const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf(fetch)));
      expect(statuses).toEqual(Array(100).fill(200));
      expect(server.idp.seen).toHaveLength(1);
    });

    test("W1 W2 a refused token is replaced once, and what is sent again is signed anew", async () => {
      server.nonces.api = "n1";
      const provider = make("oauth2");
      const fetch = wrap(provider);
      expect(await statusOf(fetch)).toBe(200);
      server.revoked.add(accessText(await provider.getToken()) ?? "");
      const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(fetch)));
      expect(statuses).toEqual(Array(10).fill(200));
      expect(server.idp.seen).toHaveLength(2);
      const jtis = server.api.seen.map(({ headers }) => headers.dpop);
      expect(new Set(jtis).size).toBe(jtis.length);
    });

    test("a challenge after the token was replaced is met too", async () => {
      const provider = make("oauth2");
      const fetch = wrap(provider);
      server.revoked.add(accessText(await provider.getToken()) ?? "");
      server.nonces.api = "n1";
      expect(await statusOf(fetch)).toBe(200);
      expect(server.idp.seen).toHaveLength(2);
    });

    test("W5 the next hop of a redirect has a proof of its own", async () => {
      const fetch = wrap(make("oauth2"));
      expect(await statusOf(fetch, `/to?${encodeURIComponent("/rows?b=2")}`)).toBe(200);
      expect(server.taken.api.map(({ claims }) => claims.htu)).toEqual(
        ["/to", "/rows"].map((path) => server.api.origin + path),
      );
    });

    test("of a body, POST is signed and sent again", async () => {
      server.nonces.api = "n1";
      const fetch = wrap(make("oauth2"));
      const { status } = await fetch(`${server.api.origin}/rows`, { method: "POST", body: "rows" });
      expect(status).toBe(200);
      expect(server.api.seen.map(({ method, body }) => [method, body])).toEqual(Array(2).fill(["POST", "rows"]));
    });
  });

  test("W3 a body that can be read only once: the 401 is the answer, nothing is reported, the next has the nonce", async () => {
    server.nonces.api = "n1";
    const provider = make("oauth2");
    const fetch = authFetch(provider);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("rows"));
        controller.close();
      },
    });
    const first = await fetch(`${server.api.origin}/rows`, { method: "POST", body, duplex: "half" } as never);
    expect(first.status).toBe(401);
    expect(await statusOf(fetch)).toBe(200);
    expect(server.api.seen).toHaveLength(2);
    expect(server.idp.seen).toHaveLength(1);
  });
});

describe("P6 by hand", () => {
  test("applyCredential signs a request as it is", async () => {
    const provider = make("oauth2");
    const url = `${server.api.origin}/rows?a=1`;
    const signed = applyCredential(new Request(url, { method: "DELETE" }), await provider.getToken());
    expect((await fetch(signed)).status).toBe(200);
    expect(server.taken.api[0]?.claims).toMatchObject({ htm: "DELETE", htu: `${server.api.origin}/rows` });
  });

  test("no bare token is to be had: as a bearer it would be refused", async () => {
    const provider = make("oauth2");
    const expected = /^a DPoP token is bound to a key, and each request needs a proof of it.*authFetch/;
    expect((await errorOf(() => accessToken(provider))).message).toMatch(expected);
    const credential = await provider.getToken();
    expect(() => credentialHeaders(credential)).toThrow(TypeError);
    expect(Credential.authorizationValue(credential)).toBeUndefined();
  });
});

describe("P6 a record", () => {
  test("D1 D3 a store that cannot be read: a client's own tokens are bound to a key of this process", async () => {
    const store = { ...emptyStore(), read: async () => Promise.reject(new Error("away")) };
    const fetch = authFetch(make("oauth2", {}, { store }));
    expect(await statusOf(fetch)).toBe(200);
  });

  test("V1 D1 a key from a function adopts the token that is bound to it", async () => {
    const store = new MemoryTokenStore();
    const dpop = { private_key: async () => pem(ecKey()) };
    await make("oauth2", { dpop }, { store, name: "a" }).getToken();
    expect(await statusOf(authFetch(make("oauth2", { dpop }, { store, name: "a" })))).toBe(200);
    expect(server.idp.seen).toHaveLength(1);
  });

  test("V1 D1 a key in a file that has changed: the token of the other one is not adopted", async () => {
    const [store, path] = [new MemoryTokenStore(), join(await newFolder(), "key.pem")];
    await writeFile(path, pem(ecKey()));
    const dpop = { private_key: { file: path } };
    const first = make("oauth2", { dpop }, { store, name: "a" });
    const second = make("oauth2", { dpop }, { store, name: "a" });
    const old = await first.getToken();
    await writeFile(path, pem(rsaKey()));
    expect(await statusOf(authFetch(second))).toBe(200);
    expect(server.taken.idp.map(({ alg }) => alg)).toEqual(["ES256", "RS256"]);
    expect(server.api.seen).toHaveLength(1);
    // What was handed out before goes on with the key that it is bound to.
    const signed = applyCredential(new Request(`${server.api.origin}/rows`), old);
    expect((await fetch(signed)).status).toBe(200);
  });

  test("D1 a bearer that came all the same is adopted as one", async () => {
    server.tokenType = "Bearer";
    hearWarnings("FAUCET_AUTH_DPOP");
    const store = new MemoryTokenStore();
    await make("oauth2", {}, { store, name: "a" }).getToken();
    expect((await make("oauth2", {}, { store, name: "a" }).getToken()).type).toBe("bearer");
    expect(server.idp.seen).toHaveLength(1);
  });

  test("D1 a bound token is nothing to a provider without a key", async () => {
    const store = new MemoryTokenStore();
    await make("oauth2", {}, { store, name: "a" }).getToken();
    expect((await make("oauth2", { dpop: false }, { store, name: "a" }).getToken()).type).toBe("bearer");
    expect(server.idp.seen).toHaveLength(2);
  });

  test("D8 a failed request leaves another account's record where it is", async () => {
    const store = new MemoryTokenStore();
    const persist = { key: "one" };
    await make("oauth2", { persist }, { store }).getToken();
    const before = (await store.read("one"))?.text;
    hearWarnings();
    server.idp.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    await errorOf(() => make("oauth2", { persist, client_id: "other" }, { store }).getToken());
    expect((await store.read("one"))?.text).toBe(before);
  });

  test("S1 D2 in an encrypted store nobody reads the key", async () => {
    const folder = await newFolder();
    const store = encryptedStore(new FileTokenStore(folder), {
      key: Buffer.alloc(32, 7).toString("base64"),
    });
    await make("oauth2_refresh", { persist: { key: "one" } }, { store }).getToken();
    const sealed = await new FileTokenStore(folder).read("one");
    expect(sealed?.text).not.toMatch(/ES256|kty|"d"/);
    expect(JSON.parse((await store.read("one"))?.text ?? "{}").keys.ES256).toContain('"d"');
  });
});

test.each(["ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"])("P6 a key is made for %s", async (signing_alg) => {
  expect(await statusOf(authFetch(make("oauth2", { dpop: { signing_alg } })))).toBe(200);
  expect(server.taken.idp[0]?.alg).toBe(signing_alg);
});

test.each([
  ["RS256", rsaKey, undefined],
  ["PS384", rsaKey, "PS384"],
  ["ES384", () => ecKey("P-384"), undefined],
  ["EdDSA", edKey, undefined],
])("P6 K2 a key signs by %s", async (expected, key, signing_alg) => {
  const dpop = { private_key: pem(key()), signing_alg };
  expect(await statusOf(authFetch(make("oauth2", { dpop })))).toBe(200);
  expect(server.taken.idp[0]?.alg).toBe(expected);
});

describe("K2 P6 what is sent again with the nonce has an assertion of its own", () => {
  const key = pem(rsaKey());
  const byKey = { token_endpoint_auth_method: "private_key_jwt", client_secret: undefined, private_key: key };
  const assertion = { private_key: key, iss: "app" };

  test.each([
    ["private_key_jwt", "oauth2", byKey, "client_assertion"],
    ["client_secret_jwt", "oauth2", { token_endpoint_auth_method: "client_secret_jwt" }, "client_assertion"],
    ["private_key_jwt of a refresh", "oauth2_refresh", byKey, "client_assertion"],
    ["the assertion of a grant", "jwt_bearer", { assertion }, "assertion"],
  ])("%s", async (_what, type, config, name) => {
    server.nonces.idp = "n1";
    await make(type, config).getToken();
    const ids = server.idp.seen.map(({ form }) => decodeJwt(form[name] ?? "").jti);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  test("S1 and what the server quotes of that one is masked", async () => {
    server.idp.answerWith(({ form }, response, index) => {
      const error = index === 1 ? "use_dpop_nonce" : "invalid_client";
      json(response, { error, error_description: `refused ${form.client_assertion}` }, 400, { "dpop-nonce": "n1" });
    });
    const error = await errorOf(() => make("oauth2", byKey).getToken());
    expect(error.message).toContain("refused ***");
    for (const { form } of server.idp.seen) expect(inspect(error)).not.toContain(form.client_assertion);
  });
});

test("P6 H9 a request that is sent again on a new connection has another proof", async () => {
  const provider = make("oauth2");
  await provider.getToken();
  const first = await provider.getToken();
  server.idp.answerWith((_request, response) => response.destroy());
  const error = await errorOf(() => provider.invalidate(first));
  expect(error.code).toBe("transport");
  const proofs = server.idp.seen.map(({ headers }) => headers.dpop);
  expect(proofs.length).toBeGreaterThan(3);
  expect(new Set(proofs).size).toBe(proofs.length);
});

test("P6 C10 a proof says what the provider's clock does", async () => {
  const clock = testClock(Date.now() - 60_000);
  await make("oauth2", {}, { clock }).getToken();
  expect(server.taken.idp[0]?.claims.iat).toBe(Math.floor(clock() / 1000));
});

describe("P6 G2 faults", () => {
  const config = () => ({ token_url: server.idp.tokenUrl, ...GRANTS.oauth2 });

  test.each([
    ["yes", { dpop: "must be true, or a mapping with private_key and signing_alg, of which both may be absent" }],
    [[], { dpop: "must be true, or a mapping with private_key and signing_alg, of which both may be absent" }],
    [{ key: "x" }, { "dpop.key": "unknown key; known are private_key, signing_alg" }],
    [{ signing_alg: "HS256" }, { "dpop.signing_alg": expect.stringMatching(/^must be one of RS256,/) }],
    [{ private_key: { kty: "oct", k: "c2VjcmV0" } }, { "dpop.private_key": expect.stringContaining("symmetric") }],
    [{ private_key: "s3cr3t" }, { "dpop.private_key": expect.stringContaining("neither PEM") }],
    [{ private_key: pem(ecKey()), signing_alg: "ES384" }, { "dpop.private_key": expect.stringContaining("ES384") }],
    [{ private_key: pem(ecKey()), signing_alg: "RS256" }, { "dpop.private_key": expect.stringContaining("RS256") }],
    [{ private_key: pem(rsaKey(1024)) }, { "dpop.private_key": expect.stringContaining("1024 bits") }],
    [{ private_key: pem(rsaPssKey()) }, { "dpop.private_key": expect.stringContaining("RSA-PSS") }],
    [
      { private_key: { file: "/nowhere/key.pem" } },
      { "dpop.private_key.file": expect.stringContaining("/nowhere/key.pem") },
    ],
  ])("%#", async (dpop, faults) => {
    expect(await faultsOf("oauth2", { ...config(), dpop })).toEqual(faults);
  });

  test("what a bound token cannot stand beside", async () => {
    expect(
      await faultsOf("oauth2", { ...config(), dpop: true, apply_as: { query: "t" }, headers: { DPoP: "x" } }),
    ).toEqual({
      apply_as: expect.stringContaining("has no use with dpop"),
      "headers.DPoP": expect.stringContaining("is set by dpop"),
    });
    expect(await faultsOf("static", { token: "t", dpop: true })).toHaveProperty("dpop");
  });

  test.each([null, false, "false", undefined])("%s is as if it were not there", async (dpop) => {
    const provider = make("oauth2", { dpop, apply_as: { query: "t" } });
    expect((await provider.getToken()).type).toBe("query");
    expect(server.idp.seen[0]?.headers.dpop).toBeUndefined();
  });

  test.each([true, "true", {}, { private_key: null, signing_alg: null }])("%j asks for a made key", async (dpop) => {
    await make("oauth2", { dpop }).getToken();
    expect(server.taken.idp[0]?.alg).toBe("ES256");
  });

  test("V3 a function that gives no key fails the flight, and says so", async () => {
    const error = await errorOf(() => make("oauth2", { dpop: { private_key: () => "s3cr3t" }, retries: 0 }).getToken());
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("dpop.private_key") });
    expect(String(error)).not.toContain("s3cr3t");
  });

  test("V3 a file that is gone later fails the flight", async () => {
    const path = join(await newFolder(), "key.pem");
    await writeFile(path, pem(ecKey()));
    const provider = make("oauth2", { dpop: { private_key: { file: path } }, retries: 0 });
    await rm(path);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "config", retryable: true });
  });
});

test("P6 A5 A1 a token that no header can carry is an AuthError", async () => {
  server.idp.answerWith((_request, response) => json(response, { access_token: "a\nb", token_type: "DPoP" }));
  const error = await errorOf(() => make("oauth2").getToken());
  expect(error).toMatchObject({ name: "AuthError" });
  expect(error.message).toContain("access_token is unusable");
});

test("P6 A6 without dpop, and of a mac token with it, the token is an AuthError", async () => {
  server.idp.answerWith((_request, response) => json(response, { access_token: "t", token_type: "DPoP" }));
  expect((await errorOf(() => make("oauth2", { dpop: null }).getToken())).message).toContain("of type DPoP");
  server.idp.answerWith((_request, response) => json(response, { access_token: "t", token_type: "mac" }));
  expect((await errorOf(() => make("oauth2").getToken())).message).toContain("of type mac");
});

test("S1 P6 neither key nor token is printed, by the provider, its credential or an error", async () => {
  const { d = "" } = jwk(ecKey());
  const provider = make("oauth2", { dpop: { private_key: jwk(ecKey()), signing_alg: "ES256" } });
  const credential = await provider.getToken();
  const token = accessText(credential) ?? "";
  server.idp.answerWith(({ headers }, response) => {
    json(response, { error: "invalid_dpop_proof", error_description: `${headers.dpop} ${d}` }, 400);
  });
  const error = await errorOf(() => provider.invalidate(credential));
  for (const thing of [provider, credential, error, provider.status?.()]) {
    for (const shown of [inspect(thing, { depth: 20, showHidden: true }), JSON.stringify(thing), String(thing)]) {
      expect(shown).not.toContain(d);
      expect(shown).not.toContain(token);
      expect(shown).not.toContain(server.idp.seen.at(-1)?.headers.dpop as string);
    }
  }
  expect(JSON.parse(JSON.stringify(provider)).dpop).toEqual({ private_key: "***", signing_alg: "ES256" });
  expect(JSON.parse(JSON.stringify(make("oauth2"))).dpop).toBe(true);
});

/** The token of a bound one, which only those who name it can see. */
function accessText(credential: Credential): string | undefined {
  return credential.type === "signer" ? credential.secret : undefined;
}

function emptyStore() {
  const store = new MemoryTokenStore();
  return { read: store.read.bind(store), write: store.write.bind(store), lock: store.lock.bind(store) };
}
