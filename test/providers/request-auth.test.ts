/** `auth` of a `token_endpoint` (K4): the credential of another provider on its request, as a connector has it on its own. */

import { inspect } from "node:util";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  AuthCatalog,
  type AuthProvider,
  Credential,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  type Runtime,
  StaticProvider,
  type TokenEndpointConfig,
  TokenEndpointProvider,
} from "../../src/index.js";
import { faultsOf } from "../support/catalogs.js";
import { type TestClock, testClock } from "../support/clock.js";
import { startDpopServer } from "../support/dpop-server.js";
import { errorOf } from "../support/errors.js";
import { type Idp, json, startIdp } from "../support/idp.js";
import { hearWarnings } from "../support/warnings.js";

let clock: TestClock;
let runtime: Runtime;
let endpoint: Idp;

beforeEach(async () => {
  clock = testClock();
  runtime = { clock, random: () => 0 };
  endpoint = await startIdp((_request, response, index) => json(response, { token: `session-${index}` }));
});

function loginWith(auth: AuthProvider, config: Partial<TokenEndpointConfig> = {}): TokenEndpointProvider {
  const provider = new TokenEndpointProvider(
    { url: endpoint.tokenUrl, token_path: "$.token", body: { user: "u" }, auth, ...config },
    { ...runtime, name: "api" },
  );
  onTestFinished(() => provider.close());
  return provider;
}

/** A provider of a user's own that gives these, the first until it is reported. */
function giving(...credentials: Credential[]): AuthProvider {
  let given = 0;
  const current = async (): Promise<Credential> => credentials[Math.min(given, credentials.length - 1)] as Credential;
  return {
    type: "own",
    name: "own",
    getToken: current,
    invalidate: (stale) => {
      if (stale === credentials[given]) given += 1;
      return current();
    },
  };
}

describe("the credential", () => {
  test.each<[Credential, object]>([
    [Credential.bearer("t0ken"), { headers: { authorization: "Bearer t0ken" } }],
    [Credential.token("t0ken"), { headers: { authorization: "t0ken" } }],
    [Credential.basic("u", "p"), { headers: { authorization: "Basic dTpw" } }],
    [Credential.header("X-Key", "k3y"), { headers: { "x-key": "k3y" } }],
    [Credential.headers({ "X-Key": "k3y", "X-Tenant": "acme" }), { headers: { "x-key": "k3y", "x-tenant": "acme" } }],
    [Credential.query("key", "k3y"), { path: "/token?key=k3y" }],
    [Credential.cookie("sid", "k3y"), { headers: { cookie: "sid=k3y" } }],
    [Credential.body("key", "k3y"), { body: '{"user":"u","key":"k3y"}' }],
    [
      Credential.composite([Credential.bearer("t0ken"), Credential.query("key", "k3y")]),
      { path: "/token?key=k3y", headers: { authorization: "Bearer t0ken" } },
    ],
  ])("K4 %o goes onto the request", async (credential, seen) => {
    expect(await loginWith(giving(credential)).getToken()).toEqual(Credential.bearer("session-1"));
    expect(endpoint.seen).toEqual([expect.objectContaining({ method: "POST" })]);
    expect(endpoint.seen[0]).toMatchObject(seen);
  });

  test("K4 takes the place of what stands there, whatever the case; the rest is left alone", async () => {
    const both = Credential.composite([Credential.header("X-KEY", "new"), Credential.query("v", "2")]);
    const config = { headers: { "x-Key": "old", "x-other": "o" }, query: { v: 1, w: 3 } };
    await loginWith(giving(both), config).getToken();
    expect(endpoint.seen[0]).toMatchObject({ path: "/token?w=3&v=2", headers: { "x-key": "new", "x-other": "o" } });
  });

  test("K4 beside user name and password in the URL, which it leaves alone where it is no Authorization header", async () => {
    const { port } = new URL(endpoint.origin);
    const url = `http://u:p@127.0.0.1:${port}/token`;
    await loginWith(giving(Credential.header("X-Key", "k3y")), { url }).getToken();
    await loginWith(giving(Credential.bearer("t0ken")), { url }).getToken();
    expect(endpoint.seen.map(({ headers }) => headers.authorization)).toEqual(["Basic dTpw", "Bearer t0ken"]);
  });

  test("K4 a signer signs each attempt as it is sent", async () => {
    const signed: unknown[] = [];
    const signer = Credential.signer({
      scheme: "ACME",
      secret: "k3y-of-acme",
      sign: ({ method, url, header, body }) => {
        signed.push([method, url, header("Content-Type"), body()]);
        return Credential.header("x-signature", `s${signed.length}`);
      },
    });
    endpoint.answerWith((_request, response, index) => json(response, { token: "t" }, index === 1 ? 503 : 200));
    await loginWith(giving(signer)).getToken();
    expect(signed).toEqual(Array(2).fill(["POST", endpoint.tokenUrl, "application/json", '{"user":"u"}']));
    expect(endpoint.seen.map(({ headers }) => headers["x-signature"])).toEqual(["s1", "s2"]);
  });

  test("P6 an answer that asks for another signature gets it, once, and says nothing of the credential", async () => {
    const heard: unknown[] = [];
    let nonce = "none";
    const signer = Credential.signer({
      scheme: "ACME",
      secret: "k3y-of-acme",
      sign: () => Credential.header("x-signature", `by ${nonce}`),
      isChallenge: ({ origin, status, headers }) => {
        heard.push([origin, status]);
        nonce = headers.get("X-Nonce") ?? nonce;
        return status === 401;
      },
    });
    endpoint.answerWith(({ headers }, response, index) => {
      const isKnown = headers["x-signature"] === `by n${index - 1}`;
      json(response, { token: "t" }, isKnown ? 200 : 401, { "x-nonce": `n${index}` });
    });
    const source = Object.assign(giving(signer), { invalidate: () => fail("it was reported") });
    await loginWith(source).getToken();
    expect(endpoint.seen.map(({ headers }) => headers["x-signature"])).toEqual(["by none", "by n1"]);
    expect(heard).toEqual([[endpoint.origin, 401]]);
  });

  test("P6 a token that is bound to a key is proved there, with the nonce that the endpoint wants", async () => {
    const server = await startDpopServer();
    server.nonces.api = "n1";
    const client = { token_url: server.idp.tokenUrl, client_id: "app", client_secret: "s3cr3t", dpop: true };
    const source = new OAuth2ClientCredentialsProvider(client);
    onTestFinished(() => source.close());
    const config = { url: `${server.api.origin}/session`, token_path: "$", body: null };
    expect(await loginWith(source, config).getToken()).toEqual(Credential.bearer("rows"));
    expect(server.taken.api).toEqual([
      expect.objectContaining({ claims: expect.objectContaining({ htm: "POST", nonce: "n1" }) }),
    ]);
    expect(source.status()).toMatchObject({ counts: { invalidations: 0 } });
  });

  test("K4 what the request cannot carry is told, without the secret", async () => {
    const failing = { scheme: "ACME", secret: "k3y-of-acme", sign: () => fail("no luck with k3y-of-acme") };
    for (const [credential, config, message] of [
      [
        Credential.body("key", "k3y-of-acme"),
        { method: "GET", body: null },
        /stands in the body goes into a JSON object/,
      ],
      [Credential.signer(failing), {}, /no luck with \*\*\*/],
      [undefined, {}, /not a credential/],
      [{ type: "of a later release" }, {}, /not a credential/],
    ] as const) {
      const error = await errorOf(() => loginWith(giving(credential as Credential), config).getToken());
      expect(error).toMatchObject({ code: "config", retryable: false });
      expect(error.message).toMatch(/auth: own gives a credential that cannot go onto the request: /);
      expect(error.message).toMatch(message);
      expect(inspect(error, { depth: null })).not.toContain("k3y-of-acme");
    }
    expect(endpoint.seen).toEqual([]);
  });
});

describe("a refusal", () => {
  const first = Credential.bearer("first-t0ken");
  const second = Credential.bearer("second-t0ken");

  /** The endpoint takes the second token only, and says so by `status` and `body`. */
  function refuseFirst(status: number, body: object = {}): void {
    endpoint.answerWith(({ headers }, response) =>
      headers.authorization === "Bearer second-t0ken"
        ? json(response, { token: "session" })
        : json(response, body, status),
    );
  }

  test("K4 by 401 is reported once, and the request is sent again", async () => {
    refuseFirst(401);
    expect(await loginWith(giving(first, second)).getToken()).toEqual(Credential.bearer("session"));
    expect(endpoint.seen).toHaveLength(2);
  });

  test.each([
    [403, {}],
    [400, { error: "invalid_grant" }],
    [404, {}],
    [401, { error: "insufficient_scope" }],
  ])("K4 by %i %j is the answer: it is not about the token", async (status, body) => {
    refuseFirst(status, body);
    expect(await errorOf(() => loginWith(giving(first, second)).getToken())).toMatchObject({ provider: "api", status });
    expect(endpoint.seen).toHaveLength(1);
  });

  test("K4 by a status that the other provider has among its own is one", async () => {
    refuseFirst(403);
    const own = Object.assign(giving(first, second), { refusedStatuses: [401, 403] });
    expect(await loginWith(own).getToken()).toEqual(Credential.bearer("session"));
  });

  test("K4 of a basic credential, which is no token, is reported too", async () => {
    const [old, next] = [Credential.basic("u", "old-passw0rd"), Credential.basic("u", "new-passw0rd")];
    endpoint.answerWith(({ headers }, response, index) =>
      json(response, { token: "t" }, index === 1 && headers.authorization?.startsWith("Basic") ? 401 : 200),
    );
    await loginWith(giving(old, next)).getToken();
    expect(endpoint.seen.map(({ headers }) => headers.authorization)).toEqual(
      ["u:old-passw0rd", "u:new-passw0rd"].map((text) => `Basic ${Buffer.from(text).toString("base64")}`),
    );
  });

  test("S2 shows no part of the credential, however it is placed", async () => {
    const parts = [Credential.cookie("sid", "c00kie-v4lue"), Credential.headers({ "X-A": "h3ader-v4lue" })];
    const body = { error: "bad", error_description: "bad c00kie-v4lue and h3ader-v4lue, and s1gner-k3y" };
    endpoint.answerWith((_request, response) => json(response, body, 400));
    const signer = Credential.signer({
      scheme: "x",
      secret: "s1gner-k3y",
      sign: () => Credential.header("x-s", "sig"),
    });
    const error = await errorOf(() => loginWith(giving(Credential.composite([...parts, signer]))).getToken());
    expect(error).toMatchObject({ errorDescription: expect.not.stringMatching(/v4lue|s1gner/) });
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/v4lue|s1gner-k3y/);
  });
});

describe("with a refresh token", () => {
  const refreshing = { refresh_token_path: "$.refresh", default_expires_in: 60 };

  test("K4 its request carries the credential too, and is told of a refusal", async () => {
    endpoint.answerWith(({ headers, body }, response, index) => {
      if (index > 1 && headers.authorization !== "Bearer second-t0ken") return json(response, {}, 401);
      return json(response, { token: `session-${index}`, refresh: "r3fresh", body });
    });
    const source = giving(Credential.bearer("first-t0ken"), Credential.bearer("second-t0ken"));
    const refresh_request = { body: { refresh: "{refresh_token}" } };
    const provider = loginWith(source, { ...refreshing, refresh_request });
    await provider.getToken();
    clock.advance(60);
    expect(await provider.getToken()).toEqual(Credential.bearer("session-3"));
    expect(endpoint.seen.map(({ body }) => JSON.parse(body))).toEqual([
      { user: "u" },
      { refresh: "r3fresh" },
      { refresh: "r3fresh" },
    ]);
  });

  test("K4 but not in place of the refresh token itself", async () => {
    endpoint.answerWith((_request, response) => json(response, { token: "t", refresh: "r3fresh" }));
    const refresh_request = { headers: { Authorization: "Refresh {refresh_token}" } };
    const provider = loginWith(giving(Credential.bearer("t0ken")), { ...refreshing, refresh_request });
    await provider.getToken();
    clock.advance(60);
    await provider.getToken();
    expect(endpoint.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer t0ken", "Refresh r3fresh"]);
  });
});

describe("in a configuration", () => {
  test.each<[unknown]>([["name"], [1], [true], [[]], [{}], [{ file: "x" }], [{ type: "static" }], [() => "t"]])(
    "G2 auth: %j is a fault that says what it may be",
    async (auth) => {
      const config = { url: endpoint.tokenUrl, token_path: "$.t", auth } as never;
      expect(await faultsOf(() => new TokenEndpointProvider(config))).toEqual({
        auth: "must be { ref: NAME } for a provider of the catalog; in code, the provider itself",
      });
    },
  );

  test("G1 null is none; a reference needs a catalog", async () => {
    const config = { url: endpoint.tokenUrl, token_path: "$.token" };
    await new TokenEndpointProvider({ ...config, auth: null }).getToken();
    expect(endpoint.seen[0]?.headers.authorization).toBeUndefined();
    expect(await faultsOf(() => new TokenEndpointProvider({ ...config, auth: { ref: "a" } }))).toEqual({
      "auth.ref": "has no catalog to refer to: in code, give the provider itself",
    });
  });

  test("K4 { ref } finds entries in any order, another audience by for; circles and unknown names are named", async () => {
    const api = (auth: object) => ({
      type: "token_endpoint",
      config: { url: endpoint.tokenUrl, token_path: "$.token", auth },
    });
    const idp = await startIdp();
    const client = { token_url: idp.tokenUrl, client_id: "c", client_secret: "s", scopes: "a" };
    const block = { api: api({ ref: "idp", for: { scopes: "b" } }), idp: { type: "oauth2", config: client } };
    const catalog = AuthCatalog.fromConfig(block);
    await catalog.get("api").getToken();
    expect(idp.seen.map(({ form }) => form.scope)).toEqual(["b"]);
    expect(endpoint.seen[0]?.headers.authorization).toBe("Bearer token-1");
    await catalog.close();
    expect(await faultsOf(() => AuthCatalog.fromConfig({ a: api({ ref: "b" }), b: api({ ref: "a" }) }))).toEqual({
      "auth.b.config.auth.ref": expect.stringContaining("a → b → a refer to each other"),
    });
    expect(await faultsOf(() => AuthCatalog.fromConfig({ a: api({ ref: "idp" }) }))).toEqual({
      "auth.a.config.auth.ref": expect.stringContaining('there is no provider "idp"'),
    });
  });

  test("S1 prints whose credential it is, and no more", () => {
    const provider = loginWith(new StaticProvider({ token: "t0ken-of-static" }, { name: "fixed" }));
    expect(inspect(provider, { depth: null })).toContain("auth: { ref: 'fixed' }");
    expect(inspect(provider, { depth: null, showHidden: true })).not.toContain("t0ken-of-static");
    expect(JSON.stringify(provider)).toContain('"auth":{"ref":"fixed"}');
  });

  test("D8 the record is of whoever the credential is of: that of another is not adopted", async () => {
    const store = new MemoryTokenStore();
    const warnings = hearWarnings();
    const by = (name: string) => {
      const auth = new StaticProvider({ token: `${name}-t0ken` }, { name });
      const config = { url: endpoint.tokenUrl, token_path: "$.token", auth };
      return new TokenEndpointProvider(config, { ...runtime, store, name: "api" });
    };
    expect(await by("a").getToken()).toEqual(Credential.bearer("session-1"));
    expect(await by("a").getToken()).toEqual(Credential.bearer("session-1"));
    expect(await by("b").getToken()).toEqual(Credential.bearer("session-2"));
    expect(await warnings.all()).toEqual([expect.objectContaining({ code: "FAUCET_AUTH_OTHER_ACCOUNT" })]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}

test("K4 a client's token of its own goes through two endpoints", async () => {
  const idp = await startIdp();
  const source = new OAuth2ClientCredentialsProvider(
    { token_url: idp.tokenUrl, client_id: "c", client_secret: "s" },
    runtime,
  );
  onTestFinished(() => source.close());
  const between = loginWith(source);
  const last = loginWith(between);
  expect(await last.getToken()).toEqual(Credential.bearer("session-2"));
  expect(endpoint.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer session-1"]);
});
