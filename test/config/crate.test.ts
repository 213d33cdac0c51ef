import { describe, expect, test } from "vitest";
import { Credential, fromConfig, OAuth2RefreshProvider } from "../../src/index.js";
import { faultsOf } from "../support/faults.js";
import { startIdp } from "../support/idp.js";

/** Blocks as the Rust crate's README, documentation and tests have them, 1.0 to 1.5. */
const client = { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" };

describe("G7 what the crate takes", () => {
  test.each([
    ["static", { token: "t" }],
    ["static", { header: "X-Api-Key", value: "k" }],
    ["static", { username: "u", password: "p" }],
    ["oauth2", { ...client, scopes: ["read"], expiry_ratio: 0.9 }],
    ["oauth2", { ...client, scopes: [], expiry_ratio: null }],
    ["oauth2_refresh", { ...client, refresh_token: "r", scope: "https://a.example/.default offline_access" }],
    ["oauth2_refresh", { ...client, refresh_token: "r", scope: null }],
    ["oauth2_refresh", { ...client, refresh_token: "r", scope: "", persist: null }],
    ["oauth2_refresh", { ...client, refresh_token: "r", persist: { path: "./state/auth" } }],
    ["oauth2_refresh", { ...client, refresh_token: "r", persist: { path: "./state/auth", key: "legacy" } }],
    ["token_endpoint", { url: "https://api.example/t", token_path: "$.t" }],
    ["token_endpoint", { url: "https://api.example/t", method: "GET", body: { a: 1 }, token_path: "$.t" }],
    ["token_endpoint", { url: "https://api.example/t", method: "PATCH", body: null, token_path: "$.a.t" }],
    [
      "token_endpoint",
      {
        url: "https://api.example/t",
        encoding: "form",
        body: { grant_type: "client_credentials", resource: "r", n: 1, flag: true },
        token_path: "$.access_token",
        expiry_path: "$.expires_in",
        expiry_ratio: 1,
      },
    ],
    [
      "token_endpoint",
      {
        url: "https://host:50000/api/v1/Login",
        body: { CompanyDB: "db", UserName: "u", Password: "p" },
        token_path: "$.SessionId",
        apply_as: { header: "Cookie", template: "SESSION={token}; CompanyDB=db" },
      },
    ],
    ["token_endpoint", { url: "https://api.example/t", token_path: "$.t", apply_as: { header: "X" } }],
    ["token_endpoint", { url: "https://api.example/t", token_path: "$.t", apply_as: null, expiry_path: null }],
  ])("G7 %s %#", (type, config) => {
    expect(fromConfig({ type, config }, { name: "named" }).type).toBe(type);
  });

  test("G7 scope of oauth2_refresh is one string", async () => {
    const idp = await startIdp();
    const config = { ...client, token_url: idp.tokenUrl, refresh_token: "r" };
    await new OAuth2RefreshProvider({ ...config, scope: " a  offline_access " }).getToken();
    await new OAuth2RefreshProvider({ ...config, scope: "" }).getToken();
    expect(idp.seen.map(({ form }) => form.scope)).toEqual(["a offline_access", undefined]);
  });

  test.each([
    [{ scope: ["a", "b"] }, /one string/],
    [{ scope: 5 }, /one string/],
    [{ scope: "a", scopes: ["b"] }, /beside scopes/],
  ])("G7 %j is a fault", async (change, reason) => {
    expect(await faultsOf("oauth2_refresh", { ...client, refresh_token: "r", ...change })).toEqual({
      scope: expect.stringMatching(reason),
    });
  });
});

describe("G7 the names that connectors have for forms of static", () => {
  test.each([
    ["bearer", { token: "t" }, Credential.bearer("t")],
    ["bearer", { token: 12345 }, Credential.bearer("12345")],
    ["basic", { username: "u", password: "p" }, Credential.basic("u", "p")],
    ["basic", { username: "u", password: "" }, Credential.basic("u", "")],
    ["api_key", { header: "X-Api-Key", value: "k" }, Credential.header("X-Api-Key", "k")],
    ["custom", { headers: { "X-Key": "k", "X-Tenant": 5 } }, Credential.headers({ "x-key": "k", "x-tenant": "5" })],
    ["custom", { headers: { "X-Key": "k" } }, Credential.headers({ "x-key": "k" })],
    ["api_key", { key: "aWQ6a2V5" }, Credential.header("authorization", "ApiKey aWQ6a2V5")],
    ["api_key_query", { param: "key", value: "k" }, Credential.query("key", "k")],
    [
      "metadata",
      {
        entries: [
          { key: "x-key", value: "k" },
          { key: "x-tenant", value: 5 },
        ],
      },
      Credential.headers({ "x-key": "k", "x-tenant": "5" }),
    ],
    ["metadata", { entries: [] }, Credential.headers({})],
    ["none", {}, Credential.headers({})],
    ["none", undefined, Credential.headers({})],
    ["static", { token: 12345 }, Credential.bearer("12345")],
    ["static", { headers: { "X-Tenant": 5 } }, Credential.headers({ "X-Tenant": "5" })],
  ])("G7 %s %j", async (type, config, credential) => {
    const provider = fromConfig({ type, config });
    expect(provider.type).toBe("static");
    expect(Credential.equals(await provider.getToken(), credential)).toBe(true);
  });

  test.each([
    ["bearer", {}, ["token"]],
    ["bearer", { token: "t", header: "X" }, ["header"]],
    ["bearer", { username: "u", password: "p" }, ["token", "username", "password"]],
    ["basic", { username: "u" }, ["password"]],
    ["api_key", { header: "X", value: "a\nb" }, ["value"]],
    ["api_key", { key: "k", header: "X" }, ["header"]],
    ["api_key", {}, ["header", "value"]],
    ["api_key_query", { param: "", value: "k" }, ["param"]],
    ["api_key_query", { value: "k", apply_as: { header: "X" } }, ["param", "apply_as"]],
    ["metadata", {}, ["entries"]],
    ["metadata", { entries: [{ key: "a b", value: "k" }] }, ["entries[0].key"]],
    [
      "metadata",
      {
        entries: [
          { key: "x", value: "1" },
          { key: "X", value: "2" },
        ],
      },
      ["entries[1].key"],
    ],
    ["bearer", null, ["token"]],
    ["custom", { token: "t" }, ["headers", "token"]],
    ["custom", { headers: { "a b": "x", A: "1", a: "2" } }, ["headers.a", "headers.a…"]],
    ["none", { token: "t" }, ["token"]],
    ["static", { token: 2 ** 53 }, ["token"]],
    ["static", { username: "u", password: "\ufeffp" }, ["password"]],
    ["static", { username: "\ufffdu", password: "p" }, ["username"]],
    ["bearer", { token: 2 ** 53 }, ["token"]],
  ])("G2 %s %j is a fault", async (type, config, paths) => {
    expect(Object.keys(await faultsOf(type, config)).sort()).toEqual([...paths].sort());
  });

  test("a type of the user's own goes before them", () => {
    const mine = fromConfig({ type: "bearer", config: { token: "t" } });
    expect(fromConfig({ type: "bearer" }, { types: { bearer: () => mine } })).toBe(mine);
  });
});
