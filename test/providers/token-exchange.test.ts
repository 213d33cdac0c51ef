/** Token exchange (RFC 8693; K4): what is asked, and what is made of the answer. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  IdentityTokenProvider,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  type Runtime,
  StaticProvider,
  type TokenExchangeConfig,
  TokenExchangeProvider,
} from "../../src/index.js";
import { folder } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { type Idp, json, numberedTokens, startIdp } from "../support/idp.js";
import { hearWarnings } from "../support/warnings.js";

const TYPE = "urn:ietf:params:oauth:token-type:";

function exchanging(idp: Idp, config: Partial<TokenExchangeConfig> = {}, runtime: Runtime = {}): TokenExchangeProvider {
  const own = { token_url: idp.tokenUrl, subject_token: "subj3ct", ...config };
  const provider = new TokenExchangeProvider(own, { random: () => 0, ...runtime });
  onTestFinished(() => provider.close());
  return provider;
}

/** What was sent last, in its order. */
function sent(idp: Idp): [string, string][] {
  return [...new URLSearchParams(idp.seen.at(-1)?.body)];
}

describe("the request", () => {
  test("K4 has the subject's token and its type, and nothing of a client that is not there", async () => {
    const idp = await startIdp();
    expect(await exchanging(idp).getToken()).toMatchObject({ type: "bearer", token: "token-1" });
    expect(sent(idp)).toEqual([
      ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
      ["subject_token", "subj3ct"],
      ["subject_token_type", `${TYPE}jwt`],
    ]);
    expect(idp.seen[0]?.headers).not.toHaveProperty("authorization");
  });

  test("K4 has all that is configured, each target by itself", async () => {
    const idp = await startIdp();
    const provider = exchanging(idp, {
      client_id: "c",
      client_secret: "s3cr3t",
      subject_token_type: "id_token",
      actor_token: () => "act0r",
      actor_token_type: "urn:example:actor",
      requested_token_type: "access_token",
      audience: ["orders", "customers"],
      resource: "https://api.example/",
      scopes: ["read", "write"],
      params: { trace: 7 },
    });
    await provider.getToken();
    expect(sent(idp).sort()).toEqual(
      [
        ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
        ["client_id", "c"],
        ["client_secret", "s3cr3t"],
        ["subject_token", "subj3ct"],
        ["subject_token_type", `${TYPE}id_token`],
        ["actor_token", "act0r"],
        ["actor_token_type", "urn:example:actor"],
        ["requested_token_type", `${TYPE}access_token`],
        ["audience", "orders"],
        ["audience", "customers"],
        ["resource", "https://api.example/"],
        ["scope", "read write"],
        ["trace", "7"],
      ].sort(),
    );
  });

  test("K4 a client that is there shows itself as any other", async () => {
    const idp = await startIdp();
    const basic = { client_id: "c", client_secret: "s", token_endpoint_auth_method: "client_secret_basic" } as const;
    await exchanging(idp, basic).getToken();
    expect(idp.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("c:s").toString("base64")}`);
    await exchanging(idp, { client_id: "c", token_endpoint_auth_method: "none" }).getToken();
    expect(idp.seen[1]?.form).toMatchObject({ client_id: "c" });
    expect(idp.seen[1]?.form).not.toHaveProperty("client_secret");
  });

  test("K4 a file and a function are read for each request", async () => {
    const idp = await startIdp();
    const file = join(await folder({ subject: "first\n" }), "subject");
    let calls = 0;
    const provider = exchanging(idp, { subject_token: { file }, actor_token: () => `act0r-${++calls}` });
    const credential = await provider.getToken();
    await writeFile(file, "second\n");
    await provider.invalidate(credential);
    expect(idp.seen.map(({ form }) => [form.subject_token, form.actor_token])).toEqual([
      ["first", "act0r-1"],
      ["second", "act0r-2"],
    ]);
  });

  test("K4 JSON repeats a target as a list", async () => {
    const idp = await startIdp();
    await exchanging(idp, { encoding: "json", audience: ["a", "b"] }).getToken();
    expect(JSON.parse(idp.seen[0]?.body ?? "")).toMatchObject({ audience: ["a", "b"], subject_token: "subj3ct" });
  });
});

describe("the type of a token, unless it is given", () => {
  const identity = new IdentityTokenProvider(
    { source: "gcp_metadata", audience: "a" },
    { fetch: async () => new Response("t0ken", { headers: { "metadata-flavor": "Google" } }) },
  );
  const scripted: AuthProvider = {
    type: "scripted",
    name: "scripted",
    getToken: async () => new StaticProvider({ token: "t" }).getToken(),
    invalidate: async (stale) => stale,
  };

  test.each<[string, () => TokenExchangeConfig["subject_token"], string]>([
    ["text", () => "t", "jwt"],
    ["a function", () => () => "t", "jwt"],
    ["an identity_token", () => identity, "jwt"],
    ["a static provider", () => new StaticProvider({ token: "t" }), "access_token"],
    ["a user's own provider", () => scripted, "access_token"],
  ])("K4 of %s", async (_kind, token, type) => {
    const idp = await startIdp();
    await exchanging(idp, { subject_token: token(), actor_token: token() }).getToken();
    expect(idp.seen[0]?.form).toMatchObject({ subject_token_type: TYPE + type, actor_token_type: TYPE + type });
  });

  test("K4 of an oauth2 provider is an access token", async () => {
    const idp = await startIdp();
    const source = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, client_id: "c", client_secret: "s" });
    await exchanging(idp, { subject_token: source }).getToken();
    expect(idp.seen[1]?.form).toMatchObject({ subject_token: "token-1", subject_token_type: `${TYPE}access_token` });
  });
});

describe("the answer", () => {
  test.each([["N_A"], ["n_a"], ["Bearer"], [undefined]])(
    "K4 a token of the type %s is used as a bearer",
    async (token_type) => {
      const idp = await startIdp((_request, response) => {
        json(response, { access_token: "t", token_type, issued_token_type: `${TYPE}id_token`, expires_in: 60 });
      });
      expect(await exchanging(idp).getToken()).toMatchObject({ type: "bearer", token: "t" });
    },
  );

  test("K4 a token of another type than was asked for is used, and warned of once", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_TOKEN_TYPE");
    const idp = await startIdp(numberedTokens({ issued_token_type: `${TYPE}access_token`, expires_in: 60 }));
    const provider = exchanging(idp, { requested_token_type: "id_token" }, { name: "api" });
    await provider.invalidate(await provider.getToken());
    await exchanging(idp, { requested_token_type: "access_token" }).getToken();
    await exchanging(idp).getToken();
    expect((await warnings.all()).map(({ message }) => message)).toEqual([
      `api: a token of the type ${TYPE}id_token was asked for, and one of ${TYPE}access_token came; it is used all the same`,
    ]);
  });

  test("K4 a type that could be anything is not shown", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_TOKEN_TYPE");
    const idp = await startIdp(numberedTokens({ issued_token_type: "s3cr3t words\n" }));
    await exchanging(idp, { requested_token_type: "id_token" }).getToken();
    expect(await warnings.all()).toEqual([]);
  });

  test("S2 a refusal does not show the subject's token, nor the one before it", async () => {
    const idp = await startIdp();
    const tokens = ["f1rst-subject", "s3cond-subject"];
    const provider = exchanging(idp, { subject_token: () => tokens.shift() ?? "th1rd-subject", retries: 0 });
    const credential = await provider.getToken();
    idp.answerWith((_request, response) => {
      json(response, { error: "invalid_scope", error_description: "f1rst-subject, s3cond-subject" }, 400);
    });
    const error = await errorOf(() => provider.invalidate(credential));
    expect(error).toMatchObject({ errorDescription: "***, ***" });
    expect(inspect([error, provider], { depth: null, showHidden: true })).not.toMatch(/f1rst|s3cond/);
  });
});

describe("the configuration", () => {
  const given = { token_url: "https://idp.example/token", subject_token: "t" };

  test.each<[object, string[]]>([
    [{ subject_token: undefined }, ["subject_token"]],
    [{ subject_token: "" }, ["subject_token"]],
    [{ subject_token: { file: "/not/there" } }, ["subject_token.file"]],
    [{ subject_token: { ref: "github" } }, ["subject_token.ref"]],
    [{ subject_token: { ref: "github", file: "f" } }, ["subject_token.ref"]],
    [{ subject_token: true }, ["subject_token"]],
    [{ subject_token_type: "token" }, ["subject_token_type"]],
    [{ actor_token_type: "jwt" }, ["actor_token_type"]],
    [{ requested_token_type: "" }, ["requested_token_type"]],
    [{ audience: [] }, ["audience"]],
    [{ audience: [""] }, ["audience[0]"]],
    [{ params: { subject_token: "x" } }, ["params.subject_token"]],
    [{ audience: "a", params: { audience: "b" } }, ["params.audience"]],
    [{ params: { grant_type: "x" } }, ["params.grant_type"]],
    [{ client_secret: "s" }, ["client_id"]],
    [{ client_assertion: { ref: "x" }, client_id: "c" }, ["client_assertion.ref"]],
    [{ token_url: undefined }, ["token_url"]],
    [{ subject: "t" }, ["subject"]],
  ])("K4 %j over a good one has faults at %j", async (faulty, paths) => {
    expect(Object.keys(await faultsOf("token_exchange", { ...given, ...faulty }))).toEqual(paths);
  });

  test("K4 a reference without a catalog says what to give in code", async () => {
    const faults = await faultsOf("token_exchange", { ...given, subject_token: { ref: "x" } });
    expect(faults["subject_token.ref"]).toContain("in code, give the provider itself");
    const resolve = () => 5 as never;
    expect(await faultsOf("token_exchange", { ...given, subject_token: { ref: "x" } }, { resolve })).toEqual({
      "subject_token.ref": expect.stringContaining("stands for no provider"),
    });
  });

  test("S1 it prints whose token it needs, and no token", async () => {
    const idp = await startIdp();
    const source = new StaticProvider({ token: "s3cr3t-token" }, { name: "github" });
    const config = { subject_token: source, actor_token: "act0r-token", audience: "orders" };
    const provider = exchanging(idp, config, { name: "api" });
    await provider.getToken();
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({
      type: "token_exchange",
      subject_token: { ref: "github" },
      actor_token: "***",
      audience: ["orders"],
    });
    expect(inspect(provider, { depth: null, showHidden: true })).not.toMatch(/s3cr3t|act0r/);
  });
});

describe("audiences and stores", () => {
  test("D9 for() asks for another target in place of the configured one", async () => {
    const idp = await startIdp();
    const provider = exchanging(idp, { audience: "orders", resource: "https://a.example", scopes: "read" });
    const other = provider.for({ scopes: [], params: { audience: ["x", "y"] } });
    await other.getToken();
    await provider.getToken();
    expect(idp.seen.map(({ body }) => new URLSearchParams(body).getAll("audience"))).toEqual([["x", "y"], ["orders"]]);
    expect(idp.seen[0]?.form).toMatchObject({ resource: "https://a.example", subject_token: "subj3ct" });
    expect(idp.seen[0]?.form).not.toHaveProperty("scope");
    expect(await errorOf(() => provider.for({ params: { subject_token: "x" } }))).toMatchObject({ code: "config" });
  });

  test("D8 the token of another subject is not taken from the store", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const tokens = [];
    for (const subject_token of ["ann", "ann", "bob"]) {
      const provider = exchanging(idp, { subject_token }, { store, name: "api" });
      tokens.push((await provider.getToken()) as { token?: string });
    }
    expect(tokens.map(({ token }) => token)).toEqual(["token-1", "token-1", "token-2"]);
  });

  test("D8 nor that of another actor", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const tokens = [];
    for (const actor_token of ["ann", "ann", "bob", null]) {
      const provider = exchanging(idp, { subject_token: "sub", actor_token }, { store, name: "api" });
      tokens.push((await provider.getToken()) as { token?: string });
    }
    expect(tokens.map(({ token }) => token)).toEqual(["token-1", "token-1", "token-2", "token-3"]);
  });
});
