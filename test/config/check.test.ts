import { describe, expect, test } from "vitest";
import { fromConfig, type Runtime } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";

const oauth2 = { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" };
const refresh = { ...oauth2, refresh_token: "r3fr3sh" };
const endpoint = { url: "https://api.example/login", token_path: "$.token" };

describe("G1 null means absent", () => {
  test("G1 every optional key may be null", () => {
    const fetching = { expiry_ratio: null, default_expires_in: null };
    const client = { ...fetching, scopes: null, token_endpoint_auth_method: null, params: null, headers: null };
    fromConfig({ type: "oauth2", config: { ...oauth2, ...client } });
    fromConfig({ type: "oauth2_refresh", config: { ...refresh, ...client } });
    fromConfig({ type: "static", config: { token: "t", header: null, value: null, username: null, password: null } });
    const apply = { header: "X-Token", template: null };
    const nulls = { method: null, headers: null, body: null, encoding: null, expiry_path: null };
    fromConfig({ type: "token_endpoint", config: { ...endpoint, ...fetching, ...nulls, apply_as: apply } });
    fromConfig({ type: "token_endpoint", config: { ...endpoint, apply_as: null } });
  });

  test("G1 a required key that is null is missing", async () => {
    expect(await faultsOf("oauth2_refresh", { ...refresh, refresh_token: null })).toEqual({
      refresh_token: "is required: a string; or authorization_url, device_authorization_url or issuer, to log in by",
    });
  });
});

describe("G2 all faults at once", () => {
  test("G2 every fault has its path, and no secret is repeated", async () => {
    const faults = await faultsOf("oauth2_refresh", {
      token_url: "ftp://idp.example",
      clientid: "s3cr3t-in-the-wrong-place",
      client_secret: ["s3cr3t"],
      refresh_token: ["r3fr3sh"],
      token_endpoint_auth_method: "s3cr3t",
      scopes: [1],
      params: { scope: "x", grant_type: "y", nested: {} },
      headers: { "a b": "s3cr3t", ok: "line\nbreak s3cr3t", "Content-Length": "1", A: "1", a: "2" },
      expiry_ratio: "half",
      default_expires_in: 0,
    });
    expect(Object.keys(faults).sort()).toEqual([
      "client_id",
      "client_secret",
      "clientid",
      "default_expires_in",
      "expiry_ratio",
      "headers.Content-Length",
      "headers.a",
      "headers.a…",
      "headers.ok",
      "params.grant_type",
      "params.nested",
      "params.scope",
      "refresh_token",
      "scopes",
      "token_endpoint_auth_method",
      "token_url",
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/s3cr3t|r3fr3sh/);
  });

  test("G2 an unknown key names the nearest known one, else all", async () => {
    expect(await faultsOf("oauth2", { ...oauth2, scope: "a", zzzzzz: 1 })).toEqual({
      scope: 'unknown key; did you mean "scopes"?',
      zzzzzz: expect.stringContaining("known are token_url, "),
    });
    expect(await faultsOf("token_endpoint", { ...endpoint, apply_as: { header: "X", templat: "{token}" } })).toEqual({
      "apply_as.templat": 'unknown key; did you mean "template"?',
    });
  });

  test.each([[undefined], [null], [{}]])("G2 a config of %j lists what is required", async (config) => {
    expect(Object.keys(await faultsOf("oauth2", config)).sort()).toEqual(["client_id", "client_secret", "token_url"]);
  });

  test.each([["text"], [["list"]], [42]])("G2 a config of %j is no mapping", async (config) => {
    expect(Object.values(await faultsOf("oauth2", config))).toEqual([
      expect.stringMatching(/^must be a mapping of keys to values, not a /),
    ]);
  });

  test("G2 a runtime with something unusable in it", async () => {
    const runtime = { dispatcher: {}, clock: 5, name: "" } as unknown as Runtime;
    const error = await errorOf(() => fromConfig({ type: "oauth2", config: oauth2 }, runtime));
    expect(error.message).toMatch(/runtime.name.*\n.*runtime.dispatcher.*\n.*runtime.clock/);
  });
});

describe("G2 nothing is told twice, nothing is kept back", () => {
  test("G2 a value that a forgotten space made part of a key is not told", async () => {
    const config = { client_id: "c", "client_secret:s3cr3t": null, headers: { "Authorization: Bearer s3cr3t": "x" } };
    const faults = await faultsOf("oauth2", config);
    expect(faults["client_secret…"]).toBe('unknown key; did you mean "client_secret"?');
    expect(Object.keys(faults)).toContain("headers.Authorization…");
    expect(JSON.stringify(faults)).not.toContain("s3cr3t");
  });

  test("G2 faults of the spec, of its config and of the runtime come together", async () => {
    const spec = { type: "oauth2", extra: 1, config: { ...oauth2, clientid: 1 } };
    const error = await errorOf(() => fromConfig(spec as never, { clock: 5 } as never));
    expect((error.issues as { path: string }[]).map(({ path }) => path)).toEqual([
      "extra",
      "config.clientid",
      "config.runtime.clock",
    ]);
  });

  test("G2 a header's wrong name does not hide another's wrong value", async () => {
    const faults = await faultsOf("oauth2", { ...oauth2, headers: { A: {}, "b c": "x", C: "" } });
    expect(Object.keys(faults)).toEqual(["headers.A", "headers.b…", "headers.C"]);
  });

  test("G2 both halves of a static credential are looked at", async () => {
    expect(Object.keys(await faultsOf("static", { header: "a b", value: "x\ny" }))).toEqual(["header", "value"]);
    expect(Object.keys(await faultsOf("static", { header: "a b" }))).toEqual(["value", "header"]);
    expect(Object.keys(await faultsOf("static", { username: "a:b", password: "\n" }))).toEqual([
      "password",
      "username",
    ]);
  });

  test("G2 a body that JSON cannot carry", async () => {
    expect(Object.keys(await faultsOf("token_endpoint", { ...endpoint, body: { n: 1n } }))).toEqual(["body"]);
  });

  test("a user's own type that makes no provider", async () => {
    const types = { mine: () => undefined } as never;
    expect(() => fromConfig({ type: "mine" }, { types })).toThrow(/type: "mine": its factory must return a provider/);
  });
});

describe("G3 expiry_ratio", () => {
  test.each([[0], [-0.1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY], ["1.5"], ["0x1"], [""], [true]])(
    "G3 %s is refused",
    async (expiry_ratio) => {
      expect(Object.keys(await faultsOf("token_endpoint", { ...endpoint, expiry_ratio }))).toEqual(["expiry_ratio"]);
    },
  );

  test.each([[1], [0.5], [0.0001], ["0.5"], [".5"], ["5e-1"], ["1\n"]])("G3 %j is taken", (expiry_ratio) => {
    fromConfig({ type: "token_endpoint", config: { ...endpoint, expiry_ratio } });
  });
});

describe("the keys of each type", () => {
  test.each([
    [{}, /it has none/],
    [{ token: "t", username: "u", password: "p" }, /it has token, username, password/],
    [{ header: "X" }, /^is required beside header/],
    [{ username: "u" }, /^is required beside username/],
    [{ token: "a\nb" }, /cannot stand in a header/],
    [{ header: "a b", value: "v" }, /the name of a header/],
    [{ username: "a:b", password: "p" }, /colon/],
  ])("static: %j", async (config, reason) => {
    expect(Object.values(await faultsOf("static", config))).toEqual([expect.stringMatching(reason)]);
  });

  test.each([
    ["no secret", { client_secret: null }, { client_secret: /is required/ }],
    ["a secret that has no use", { token_endpoint_auth_method: "none" }, { client_secret: /has no use/ }],
    [
      "an unknown method",
      { token_endpoint_auth_method: "private_key" },
      { token_endpoint_auth_method: /must be one of client_secret_post, client_secret_basic, client_secret_jwt, p/ },
    ],
    [
      "a URL with a placeholder left in",
      { token_url: "https://<acct>.example/token" },
      { token_url: /must be an absolute URL/ },
    ],
    ["a URL with a fragment", { token_url: "https://idp.example/#x" }, { token_url: /fragment/ }],
    ["an empty client_id", { client_id: "" }, { client_id: /must not be empty/ }],
    ["scopes that are no text", { scopes: 5 }, { scopes: /a list of strings, or one string/ }],
  ])("oauth2: %s", async (_what, change, expected) => {
    const faults = await faultsOf("oauth2", { ...oauth2, ...change });
    expect(faults).toEqual(
      Object.fromEntries(Object.entries(expected).map(([path, reason]) => [path, expect.stringMatching(reason)])),
    );
  });

  test.each([
    ["a body with head", { method: "head", body: {} }, { body: /HEAD/ }],
    ["a method that is none", { method: "G T" }, { method: /HTTP method/ }],
    ["a tunnel", { method: "connect" }, { method: /has an answer/ }],
    ["a nested form", { encoding: "form", body: { a: { b: 1 } } }, { body: /flat mapping/ }],
    ["a list as form", { encoding: "form", body: [1] }, { body: /flat mapping/ }],
    ["an encoding of its own", { encoding: "xml" }, { encoding: /must be one of form, json, query/ }],
    ["a script as path", { token_path: "$[(@.a)]" }, { token_path: /script/ }],
    ["nonsense as path", { expiry_path: "a.b" }, { expiry_path: /must begin with/ }],
    ["an empty path", { token_path: "" }, { token_path: /must not be empty/ }],
    [
      "a template without the token",
      { apply_as: { header: "X", template: "Token" } },
      { "apply_as.template": /must contain \{token\}/ },
    ],
    [
      "a template with a line break",
      { apply_as: { header: "X", template: "{token}\n" } },
      { "apply_as.template": /cannot carry/ },
    ],
    ["a header name with a space", { apply_as: { header: "X Y" } }, { "apply_as.header": /name of a header/ }],
  ])("token_endpoint: %s", async (_what, change, expected) => {
    const faults = await faultsOf("token_endpoint", { ...endpoint, ...change });
    expect(faults).toEqual(
      Object.fromEntries(Object.entries(expected).map(([path, reason]) => [path, expect.stringMatching(reason)])),
    );
  });
});

describe("fromConfig", () => {
  test.each([
    [{ type: "magic" }, /type: unknown type "magic"; known are static, oauth2, oauth2_refresh, token_endpoint/],
    [{ type: "constructor" }, /unknown type/],
    [{ config: {} }, /type: is required/],
    [{ type: "static", confg: {} }, /confg: unknown key; did you mean "config"\?/],
    [null, /must be a mapping with type and config/],
    ["static", /must be a mapping with type and config/],
  ])("%j is a ConfigError", (spec, reason) => {
    expect(() => fromConfig(spec as never)).toThrow(reason);
  });

  test("a user's own type gets its configuration and the runtime, and is listed", () => {
    const made = fromConfig({ type: "static", config: { token: "t" } });
    const seen: unknown[] = [];
    const types = {
      my_idp: (...given: unknown[]) => {
        seen.push(...given);
        return made;
      },
    };
    const runtime = { types, name: "mine" };
    expect(fromConfig({ type: "my_idp", config: { a: 1 } }, runtime)).toBe(made);
    expect(seen).toEqual([{ a: 1 }, runtime]);
    expect(() => fromConfig({ type: "my_ipd" }, runtime)).toThrow(/known are my_idp, static/);
  });

  test("the provider's name is runtime.name, else its type", () => {
    expect(fromConfig({ type: "oauth2", config: oauth2 }).name).toBe("oauth2");
    expect(fromConfig({ type: "oauth2", config: oauth2 }, { name: "sf" })).toMatchObject({
      name: "sf",
      type: "oauth2",
    });
  });
});
