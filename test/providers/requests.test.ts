import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  fromConfig,
  OAuth2ClientCredentialsProvider,
  type TokenEndpointConfig,
  TokenEndpointProvider,
} from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { startIdp } from "../support/idp.js";

const oauth2 = { client_id: "id", client_secret: "s3cr3t" };
const basic = { token_endpoint_auth_method: "client_secret_basic" } as const;
const tokenUrl = "https://idp.example/token";

describe("K1 client_secret_basic", () => {
  async function pairFor(config: object): Promise<string> {
    const idp = await startIdp();
    await new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...oauth2, ...basic, ...config }).getToken();
    const [scheme, pair = ""] = idp.seen[0]?.headers.authorization?.split(" ") ?? [];
    expect(scheme).toBe("Basic");
    expect(idp.seen[0]?.form).not.toHaveProperty("client_id");
    return Buffer.from(pair, "base64").toString();
  }

  test.each([
    [{ client_secret: "a b+c" }, "id:a%20b%2Bc"],
    [{ client_id: "my app", client_secret: "p:%/=&é~!*'()" }, "my%20app:p%3A%25%2F%3D%26%C3%A9%7E%21*%27%28%29"],
    [{ client_secret: "a b+c", basic_auth_encoding: "form" }, "id:a%20b%2Bc"],
    [{ client_secret: "a b+/=:é", basic_auth_encoding: "none" }, "id:a b+/=:é"],
    [{ client_secret: "" }, "id:"],
    [{ client_secret: "", basic_auth_encoding: "none" }, "id:"],
  ])("K1 %j", async (config, pair) => {
    expect(await pairFor(config)).toBe(pair);
  });

  test.each([
    ["without Basic", { basic_auth_encoding: "none" }, { basic_auth_encoding: /has no use without/ }],
    [
      "of no known name",
      { ...basic, basic_auth_encoding: "raw" },
      { basic_auth_encoding: /must be one of form, none/ },
    ],
    [
      "with a colon in the id",
      { ...basic, basic_auth_encoding: "none", client_id: "a:b" },
      { client_id: /has a colon/ },
    ],
  ])("K1 basic_auth_encoding %s is a fault", async (_what, change, expected) => {
    const faults = await faultsOf("oauth2", { token_url: tokenUrl, ...oauth2, ...change });
    expect(faults).toEqual(
      Object.fromEntries(Object.entries(expected).map(([path, reason]) => [path, expect.stringMatching(reason)])),
    );
  });

  test.each([
    [{ client_secret: "" }, /must not be empty; .* none/],
    [{ client_secret: null, ...basic }, /is required/],
  ])("K1 %j is a fault", async (change, reason) => {
    expect(await faultsOf("oauth2", { token_url: tokenUrl, ...oauth2, ...change })).toEqual({
      client_secret: expect.stringMatching(reason),
    });
  });
});

describe("what is configured is sent, or is a fault", () => {
  test.each([
    [{ headers: { "Content-Type": "text/plain" } }, ["headers.Content-Type"]],
    [{ ...basic, headers: { authorization: "Bearer x", "content-type": "a/b" } }, ["content-type", "authorization"]],
    [{ ...basic, token_url: "https://u:p@idp.example/token" }, ["token_url"]],
    [{ token_url: "https://u:p@idp.example/token", headers: { AUTHORIZATION: "x" } }, ["headers.AUTHORIZATION"]],
  ])("G2 %j", async (change, paths) => {
    for (const [type, more] of [["oauth2"], ["oauth2_refresh", { refresh_token: "r" }]] as const) {
      const faults = await faultsOf(type, { token_url: tokenUrl, ...oauth2, ...more, ...change });
      expect(Object.keys(faults)).toEqual(paths.map((path) => expect.stringContaining(path)));
    }
  });

  test("G2 user name and password in the URL of a token_endpoint, beside a header of theirs", async () => {
    const url = "https://u:p4ss@api.example/login";
    const faults = await faultsOf("token_endpoint", { url, token_path: "$.t", headers: { Authorization: "x" } });
    expect(Object.keys(faults)).toEqual(["headers.Authorization"]);
    expect(JSON.stringify(faults)).not.toContain("p4ss");
  });

  test("an authorization header beside client_secret_post is sent", async () => {
    const idp = await startIdp();
    const headers = { Authorization: "Bearer outer" };
    await new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...oauth2, headers }).getToken();
    expect(idp.seen[0]?.headers.authorization).toBe("Bearer outer");
  });
});

describe("H5 repeated parameters", () => {
  const resource = ["https://a.example", null, "", "https://b.example"];

  test.each([
    ["oauth2", {}],
    ["oauth2_refresh", { refresh_token: "r" }],
  ])("H5 a list in params of %s sends its parameter once for each item", async (type, more) => {
    const idp = await startIdp();
    const params = { resource, none: [], version: [2] };
    await fromConfig({ type, config: { token_url: idp.tokenUrl, ...oauth2, ...more, params } }).getToken();
    const form = new URLSearchParams(idp.seen[0]?.body);
    expect(form.getAll("resource")).toEqual(["https://a.example", "https://b.example"]);
    expect(form.getAll("version")).toEqual(["2"]);
    expect(form.has("none")).toBe(false);
  });

  test.each([[{ a: { b: 1 } }], [{ a: [["b"]] }], [{ a: [{ b: 1 }] }]])(
    "G2 %j is no list of scalars",
    async (params) => {
      const faults = await faultsOf("oauth2", { token_url: tokenUrl, ...oauth2, params });
      expect(Object.values(faults)).toEqual([expect.stringContaining("or a list of these")]);
    },
  );
});

describe("the request of token_endpoint", () => {
  async function asked(config: Partial<TokenEndpointConfig>, path = "") {
    const idp = await startIdp();
    const url = idp.tokenUrl + path;
    await new TokenEndpointProvider({ url, token_path: "$.access_token", ...config }).getToken();
    return idp.seen[0];
  }

  test("H5 a form repeats what is a list", async () => {
    const seen = await asked({ encoding: "form", body: { scope: ["a b", "c"], one: 1, empty: [""] } });
    expect(seen?.body).toBe("scope=a+b&scope=c&one=1");
  });

  test("query is encoded, and stands behind the URL's own query, which stays as it is", async () => {
    const query = { pass: "a&b+c%d#e f'é", n: 1, yes: true, many: ["x", "y"], none: null, empty: "" };
    const seen = await asked({ query }, "?tenant=a+b%20c&flag");
    expect(seen?.path).toBe(
      "/token?tenant=a+b%20c&flag&pass=a%26b%2Bc%25d%23e%20f%27%C3%A9&n=1&yes=true&many=x&many=y",
    );
    expect((await asked({ query: { a: "b" } }))?.path).toBe("/token?a=b");
    expect((await asked({ query: {} }, "?a"))?.path).toBe("/token?a");
  });

  test("S2 a value of query is a secret that the provider holds", async () => {
    const idp = await startIdp((_request, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: "denied", error_description: "no p4ss w0rd here, no p4ss%20w0rd" }));
    });
    const query = { pass: "p4ss w0rd" };
    const provider = new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.t", query });
    await expect(provider.getToken()).rejects.toThrow("denied: no *** here, no ***");
  });

  test("G7 a body goes with GET too, as the crate sends it", async () => {
    const seen = await asked({ method: "GET", body: { user: "u" } });
    expect(seen).toMatchObject({
      method: "GET",
      body: '{"user":"u"}',
      headers: { "content-type": "application/json" },
    });
  });
});

describe.each([
  ["oauth2", {}],
  ["oauth2_refresh", { refresh_token: "r3fr3sh" }],
])("K8 %s", (type, more) => {
  const config = {
    ...oauth2,
    ...more,
    scopes: ["read", "write"],
    params: { audience: "a b&c", none: "", many: [1, 2] },
  };
  const parameters = {
    grant_type: type === "oauth2" ? "client_credentials" : "refresh_token",
    client_id: "id",
    client_secret: "s3cr3t",
    ...more,
    scope: "read write",
    audience: "a b&c",
  };

  async function asked(change: object, path = "") {
    const idp = await startIdp();
    await fromConfig({ type, config: { token_url: idp.tokenUrl + path, ...config, ...change } }).getToken();
    return idp.seen[0];
  }

  test("K8 encoding: form is the default", async () => {
    for (const change of [{}, { encoding: "form" }, { encoding: null }]) {
      const seen = await asked(change);
      expect(seen).toMatchObject({
        method: "POST",
        path: "/token",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        form: parameters,
      });
      expect(new URLSearchParams(seen?.body).getAll("many")).toEqual(["1", "2"]);
    }
  });

  test("K8 encoding: json sends one object, in which a repeated parameter is a list", async () => {
    const seen = await asked({ encoding: "json" });
    expect(seen).toMatchObject({ method: "POST", path: "/token", headers: { "content-type": "application/json" } });
    expect(JSON.parse(seen?.body ?? "")).toEqual({ ...parameters, many: ["1", "2"] });
  });

  test("K8 encoding: query posts without a body, and keeps the URL's own parameters", async () => {
    const seen = await asked({ encoding: "query" }, "?tenant=a+b%20c&flag");
    expect(seen).toMatchObject({ method: "POST", body: "", headers: { "content-length": "0" } });
    expect(seen?.headers["content-type"]).toBeUndefined();
    expect(seen?.path).toMatch(/^\/token\?tenant=a\+b%20c&flag&/);
    const query = new URLSearchParams(seen?.path.split("?")[1]);
    expect(Object.fromEntries(query)).toMatchObject({ ...parameters, flag: "", many: "2" });
    expect(query.has("none")).toBe(false);
  });

  test("S1 encoding: query shows none of it in an error", async () => {
    const idp = await startIdp((request, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: "invalid_request", error_description: `no ${request.path}` }));
    });
    const provider = fromConfig({ type, config: { token_url: idp.tokenUrl, ...config, encoding: "query" } });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "auth", error: "invalid_request" });
    expect(inspect(error, { depth: 9 })).not.toMatch(/s3cr3t|r3fr3sh|a b&c|a%20b%26c/);
  });

  test.each([
    [",", "read,write"],
    [", ", "read, write"],
    ["+", "read+write"],
    ["$&", "read$&write"],
    [null, "read write"],
  ])("K8 scope_separator %j", async (scope_separator, scope) => {
    expect((await asked({ scope_separator }))?.form.scope).toBe(scope);
    expect((await asked({ scope_separator, scopes: null }))?.form).not.toHaveProperty("scope");
  });

  test("G2 what cannot be is a fault", async () => {
    const faults = await faultsOf(type, {
      token_url: tokenUrl,
      ...config,
      encoding: "xml",
      scope_separator: "",
      headers: { "content-type": "a/b" },
    });
    expect(faults).toEqual({
      encoding: "must be one of form, json, query",
      scope_separator: "must not be empty",
      "headers.content-type": expect.stringContaining("is set by encoding"),
    });
  });
});

describe("K8 encoding: query of token_endpoint", () => {
  test("K8 the body stands behind the query, and none is sent", async () => {
    const idp = await startIdp();
    const config = { method: "GET", query: { v: 2 }, body: { user: "ü &", many: [1, 2], none: "" }, encoding: "query" };
    const url = `${idp.tokenUrl}?own=1`;
    await new TokenEndpointProvider({ url, ...config } as TokenEndpointConfig).getToken();
    expect(idp.seen[0]).toMatchObject({
      method: "GET",
      path: "/token?own=1&v=2&user=%C3%BC%20%26&many=1&many=2",
      body: "",
    });
  });

  test("G2 it must be flat", async () => {
    const faults = await faultsOf("token_endpoint", { url: tokenUrl, body: { a: { b: 1 } }, encoding: "query" });
    expect(faults).toEqual({ body: expect.stringContaining("must be a flat mapping") });
    const head = { url: tokenUrl, method: "HEAD", body: { a: 1 } };
    expect(await faultsOf("token_endpoint", head)).toEqual({ body: "cannot be sent with HEAD" });
    expect(fromConfig({ type: "token_endpoint", config: { ...head, encoding: "query" } }).type).toBe("token_endpoint");
  });
});
