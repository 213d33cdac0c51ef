import { describe, expect, test } from "vitest";
import { flag, retryOnField } from "../../src/config/fields.js";
import { fromConfig } from "../../src/index.js";
import { faultsOf } from "../support/faults.js";

const oauth2 = { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" };
const refresh = { ...oauth2, refresh_token: "r3fr3sh" };
const endpoint = { url: "https://api.example/login", token_path: "$.token" };

describe("A8 numbers that would lose digits are a fault that says to put them in quotes", () => {
  test.each([
    ["oauth2", oauth2, { params: { account: 2 ** 53 } }, "params.account"],
    ["oauth2", oauth2, { params: { resource: ["a", -(2 ** 60)] } }, "params.resource[1]"],
    ["oauth2", oauth2, { headers: { "X-Account": 2 ** 63 } }, "headers.X-Account"],
    ["oauth2", oauth2, { client_id: 1e300 }, "client_id"],
    ["oauth2_refresh", refresh, { refresh_token: 2 ** 53 }, "refresh_token"],
    ["token_endpoint", endpoint, { query: { account: 2 ** 53 } }, "query.account"],
    ["token_endpoint", endpoint, { body: { user: [{ id: 2 ** 53 }] } }, "body.user[0].id"],
    ["token_endpoint", endpoint, { body: 2 ** 53 }, "body"],
    ["token_endpoint", endpoint, { encoding: "form", body: { id: 2 ** 53 } }, "body.id"],
    ["token_endpoint", endpoint, { encoding: "form", body: { id: [1, 2 ** 53] } }, "body.id[1]"],
  ])("A8 %s: %#", async (type, config, change, path) => {
    expect(await faultsOf(type, { ...config, ...change })).toEqual({
      [path]: "is a number beyond 2⁵³, which would lose digits: put it in quotes",
    });
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY]])("A8 %s is nothing to send", async (value) => {
    const reason = "is not a finite number";
    expect(await faultsOf("oauth2", { ...oauth2, params: { a: value } })).toEqual({ "params.a": reason });
    expect(await faultsOf("token_endpoint", { ...endpoint, body: { a: value } })).toEqual({ "body.a": reason });
    expect(await faultsOf("oauth2", { ...oauth2, client_id: value })).toEqual({ client_id: reason });
  });

  test("A8 a BigInt is a fault wherever it stands", async () => {
    expect(Object.keys(await faultsOf("oauth2", { ...oauth2, params: { a: 5n }, client_id: 5n })).sort()).toEqual([
      "client_id",
      "params.a",
    ]);
  });

  test.each([[Number.MAX_SAFE_INTEGER], [-5], [0], [1.5], ["12345678901234567890"]])("A8 %j is taken", (value) => {
    fromConfig({ type: "oauth2", config: { ...oauth2, client_id: value, params: { value }, headers: { value } } });
    fromConfig({ type: "token_endpoint", config: { ...endpoint, body: { value }, query: { value } } });
  });

  test.each([
    ["a symbol", Symbol("s"), "is no JSON value"],
    ["a regular expression", /s/, "is no JSON value"],
    ["a Map", new Map([["password", "s3cr3t"]]), "is a Map: a configuration has plain objects and lists"],
    ["a Set", new Set([1]), "is a Set: a configuration has plain objects and lists"],
  ])("A8 %s in a body would be dropped in silence", async (_what, value, fault) => {
    expect(await faultsOf("token_endpoint", { ...endpoint, body: { value } })).toEqual({ "body.value": fault });
  });

  test("A8 a body with a date, or with what is left out, is JSON", () => {
    const body = { at: new Date(0), none: undefined, list: [null, undefined], prototypeless: Object.create(null) };
    fromConfig({ type: "token_endpoint", config: { ...endpoint, body } });
  });
});

describe("A8 secrets that did not come whole from a variable or a file", () => {
  const lineBreak = /line break/;
  const encoding = /save the file as UTF-8/;

  test.each([
    ["a line break at its end", "s3cr3t\n", lineBreak],
    ["a Windows line break", "s3cr3t\r\n", lineBreak],
    ["a line break before it", "\ns3cr3t", lineBreak],
    ["a line separator", "s3cr3t\u2028", lineBreak],
    ["line breaks around it", "\ns3cr3t\n", lineBreak],
    ["empty lines after it", "s3cr3t\n \n", lineBreak],
    ["a byte order mark", "\ufeffs3cr3t", encoding],
    ["UTF-16 read as UTF-8", "\ufffd\ufffds\u00003\u0000", encoding],
    ["Latin-1 read as UTF-8", "passw\ufffdrd", encoding],
    ["half a character", "s3cr3t\ud800", encoding],
  ])("A8 %s is a fault that names the key, and quotes nothing", async (_what, value, reason) => {
    const client = await faultsOf("oauth2_refresh", {
      ...refresh,
      client_id: value,
      client_secret: value,
      refresh_token: value,
      params: { code: value },
    });
    expect(Object.keys(client).sort()).toEqual(["client_id", "client_secret", "params.code", "refresh_token"]);
    const login = await faultsOf("token_endpoint", {
      ...endpoint,
      query: { pass: value },
      body: { user: { password: value } },
    });
    expect(Object.keys(login).sort()).toEqual(["body.user.password", "query.pass"]);
    const form = await faultsOf("token_endpoint", { ...endpoint, encoding: "form", body: { pass: value } });
    expect(Object.keys(form)).toEqual(["body.pass"]);
    for (const message of [client, login, form].flatMap((faults) => Object.values(faults))) {
      expect(message).toMatch(reason);
      expect(message).not.toContain("s3cr3t");
    }
  });

  test("A8 a key of several lines is itself, with its last line break", () => {
    const pem = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n";
    fromConfig({ type: "token_endpoint", config: { ...endpoint, body: { pem }, query: { pem } } });
    fromConfig({ type: "oauth2", config: { ...oauth2, params: { pem } } });
  });

  test.each([["a\tb"], ["a\nb"], ["a\u0000"], ["a\u007f"]])("A8 %j is no secret of OAuth 2", async (client_secret) => {
    expect(Object.keys(await faultsOf("oauth2", { ...oauth2, client_secret }))).toEqual(["client_secret"]);
  });

  test.each([["https://idp.example/to\nken"], ["https://idp.example/\t"]])("A8 %j is no URL", async (token_url) => {
    expect(await faultsOf("oauth2", { ...oauth2, token_url })).toEqual({
      token_url: "has line breaks or control characters",
    });
  });
});

describe("G1 numbers and booleans may come as text, as references to variables give them", () => {
  test.each([
    ["expiry_ratio", "0.5"],
    ["timeout_secs", "30"],
    ["default_expires_in", " 3600.5\n"],
    ["retries", "3"],
  ])("G1 %s: %j", (key, value) => {
    fromConfig({ type: "oauth2", config: { ...oauth2, [key]: value } });
  });

  test.each([
    ["expiry_ratio", "1.5", /must be in/],
    ["timeout_secs", "-1", /above zero/],
    ["retries", "1.5", /whole number/],
    ["retries", "", /a finite number, not a string/],
    ["retries", "two", /a finite number, not a string/],
    ["retries", "0x2", /a finite number, not a string/],
    ["default_expires_in", "Infinity", /a finite number, not a string/],
    ["default_expires_in", true, /a finite number, not a boolean/],
  ])("G2 %s: %j is judged as the number that it is", async (key, value, reason) => {
    expect(await faultsOf("oauth2", { ...oauth2, [key]: value })).toEqual({ [key]: expect.stringMatching(reason) });
  });
});

describe("G1 flags", () => {
  test.each([
    [true, true],
    ["true", true],
    ["false\n", false],
    [false, false],
  ])("G1 %j is %j", (given, meant) => {
    expect(flag().safeParse(given).data).toBe(meant);
  });

  test.each([["yes"], ["True"], [""], [1], [null]])("G1 %j is none", (given) => {
    expect(flag().safeParse(given).success).toBe(false);
  });
});

describe("F2 retry_on", () => {
  const parse = (value: unknown) => retryOnField().safeParse(value);

  test("F2 is a list of statuses and codes, none by default", () => {
    expect(parse(undefined).data).toEqual([]);
    expect(parse(null).data).toEqual([]);
    expect(parse([409, "423", "TRY_AGAIN"]).data).toEqual([409, 423, "TRY_AGAIN"]);
    expect(parse([40100, "40100"]).data).toEqual(["40100", "40100"]);
  });

  test.each([[[200]], [[600]], [[409.5]], [[40100.5]], [[2 ** 53]], [[""]], [[true]], [[["a"]]], [["a\n"]], [409]])(
    "F2 %j is a fault",
    (value) => {
      expect(parse(value).success).toBe(false);
    },
  );
});
