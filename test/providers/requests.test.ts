import { describe, expect, test } from "vitest";
import {
  fromConfig,
  OAuth2ClientCredentialsProvider,
  type TokenEndpointConfig,
  TokenEndpointProvider,
} from "../../src/index.js";
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
