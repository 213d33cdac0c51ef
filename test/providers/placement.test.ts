/** Where a token goes, and where the API is, by configuration (P1, P2). */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type AuthProvider,
  authFetch,
  Credential,
  fromConfig,
  MemoryTokenStore,
  StaticProvider,
} from "../../src/index.js";
import { type Api, startApi } from "../support/api.js";
import { folder } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { type Idp, json, startIdp } from "../support/idp.js";

let api: Api;
let idp: Idp;

beforeEach(async () => {
  api = await startApi();
  api.answerWith((_request, response) => response.end("rows"));
  idp = await startIdp((_request, response, index) => json(response, { access_token: `t${index}`, expires_in: 3600 }));
});

const client = () => ({ token_url: idp.tokenUrl, client_id: "c", client_secret: "s" });

const types: Record<string, () => object> = {
  oauth2: client,
  oauth2_refresh: () => ({ ...client(), refresh_token: "r1" }),
  token_endpoint: () => ({ url: idp.tokenUrl, token_path: "$.access_token" }),
};

describe.each(Object.entries(types))("apply_as of %s", (type, config) => {
  const make = (more: object, runtime = {}): AuthProvider =>
    fromConfig({ type, config: { ...config(), ...more } }, runtime);

  test.each([
    [
      { header: "Authorization", template: "Zoho-oauthtoken {token}" },
      { authorization: "Zoho-oauthtoken t1" },
      "/rows",
    ],
    [{ query: "BhRestToken" }, {}, "/rows?BhRestToken=t1"],
    [{ cookie: "B1SESSION" }, { cookie: "B1SESSION=t1" }, "/rows"],
    [
      [{ cookie: "sid", template: "s-{token}" }, { header: "X-Tenant", template: "{token}/acme" }, { query: "k" }],
      { cookie: "sid=s-t1", "x-tenant": "t1/acme" },
      "/rows?k=t1",
    ],
  ])("P1 %j", async (apply_as, headers, path) => {
    const provider = make({ apply_as });
    await authFetch(provider)(`${api.origin}/rows`);
    expect(api.seen[0]).toMatchObject({ path, headers });
    expect(JSON.stringify(provider)).not.toContain("t1");
  });

  test("P1 the token that another process has fetched goes there too", async () => {
    const store = new MemoryTokenStore();
    const more = { apply_as: { query: "k" }, persist: { key: "k" } };
    await make(more, { store, name: "a" }).getToken();
    await authFetch(make(more, { store, name: "a" }))(`${api.origin}/rows`);
    expect(api.seen[0]?.path).toBe("/rows?k=t1");
    expect(idp.seen).toHaveLength(1);
  });

  describe("P2 base_url_path", () => {
    const answer = (instance_url: unknown) =>
      idp.answerWith((_request, response) => json(response, { access_token: "t1", expires_in: 60, instance_url }));
    const located = (more = {}, runtime = {}) => make({ base_url_path: "$.instance_url", ...more }, runtime);

    test("P2 tells where relative URLs start, in this process and in the next", async () => {
      answer(`${api.origin}/rest`);
      const store = new MemoryTokenStore();
      const more = { persist: { key: "k" }, allowed_origins: [api.origin] };
      for (const provider of [located(more, { store, name: "a" }), located(more, { store, name: "a" })]) {
        await authFetch(provider)("entity/1");
        expect(Credential.baseUrl(await provider.getToken())).toBe(`${api.origin}/rest`);
      }
      expect(api.seen.map(({ path }) => path)).toEqual(["/rest/entity/1", "/rest/entity/1"]);
      expect(idp.seen).toHaveLength(1);
    });

    test("P2 the address on record counts by the settings of whoever adopts the token", async () => {
      const store = new MemoryTokenStore();
      const persist = { key: "k" };
      const elsewhere = { persist, allowed_origins: ["https://api.example"] };
      answer(`${api.origin}/rest`);
      await located({ persist }, { store, name: "a" }).getToken();
      // Without base_url_path there is no address, whoever has asked for the token.
      expect(Credential.baseUrl(await make({ persist }, { store, name: "a" }).getToken())).toBeUndefined();
      expect(idp.seen).toHaveLength(1);
      answer("https://api.example/rest");
      const strict = await located(elsewhere, { store, name: "a" }).getToken();
      expect(Credential.baseUrl(strict)).toBe("https://api.example/rest");
      expect(idp.seen).toHaveLength(2);
    });

    test("P2 a token that was asked for without it is replaced by one with an address", async () => {
      const store = new MemoryTokenStore();
      const persist = { key: "k" };
      answer(`${api.origin}/rest`);
      await make({ persist }, { store, name: "a" }).getToken();
      expect(Credential.baseUrl(await located({ persist }, { store, name: "a" }).getToken())).toBe(
        `${api.origin}/rest`,
      );
    });

    test.each([
      ["http://api.example/rest", {}, /is not https/],
      ["/rest", {}, /is no absolute URL/],
      ["ftp://127.0.0.1/", {}, /is not https/],
      ["https://u:s3cr3t@api.example", {}, /has a user name or a password/],
      [undefined, {}, /is missing in the answer/],
      [7, {}, /is no absolute URL/],
      [
        "https://evil.example",
        { allowed_origins: ["https://api.example"] },
        /https:\/\/evil.example, which allowed_origins/,
      ],
    ])("P2 %s is a terminal AuthError", async (url, more, message) => {
      answer(url);
      const error = await errorOf(() => located({ retries: 0, ...more }).getToken());
      expect(error).toMatchObject({ code: "auth", retryable: false, message: expect.stringMatching(message) });
      expect(error.message).not.toContain("s3cr3t");
    });
  });
});

describe("apply_as of static", () => {
  test.each([
    [{ header: "X-Key" }, { "x-key": "t0ken" }, "/rows"],
    [{ header: "Authorization", template: "Token {token}" }, { authorization: "Token t0ken" }, "/rows"],
    [{ query: "key" }, {}, "/rows?key=t0ken"],
    [{ cookie: "sid" }, { cookie: "sid=t0ken" }, "/rows"],
    [[{ header: "X-Key" }, { query: "key", template: "k-{token}" }], { "x-key": "t0ken" }, "/rows?key=k-t0ken"],
    [null, { authorization: "Bearer t0ken" }, "/rows"],
  ])("P1 %j", async (apply_as, headers, path) => {
    const provider = new StaticProvider({ token: "t0ken", apply_as });
    await authFetch(provider)(`${api.origin}/rows`);
    expect(api.seen[0]).toMatchObject({ path, headers });
    for (const shown of [inspect(provider, { depth: 9 }), JSON.stringify(provider), String(provider)]) {
      expect(shown).not.toContain("t0ken");
    }
  });

  test("P1 V1 a token in a file goes there, and so does the one that replaces it", async () => {
    const path = join(await folder({ token: "one\n" }), "token");
    const provider = new StaticProvider({ token: { file: path }, apply_as: { cookie: "sid" } });
    const first = await provider.getToken();
    await writeFile(path, "two\n");
    expect(await provider.invalidate(first)).toEqual(Credential.cookie("sid", "two"));
    await writeFile(path, "s3cr3t;x");
    const error = await errorOf(() => provider.invalidate(first));
    expect(error).toMatchObject({ name: "ConfigError", retryable: true, message: /token.*semicolon/ });
    expect(error.message).not.toContain("s3cr3t");
    expect(await provider.getToken()).toEqual(Credential.cookie("sid", "two"));
  });

  test.each([
    [{ token: "t", apply_as: [] }, { apply_as: /empty/ }],
    [{ token: "t", apply_as: {} }, { apply_as: /exactly one/ }],
    [{ token: "t", apply_as: { header: "X", query: "k" } }, { apply_as: /exactly one/ }],
    [{ token: "t", apply_as: [{ query: "k" }, { cookie: "a b" }] }, { "apply_as[1].cookie": /cookie/ }],
    [{ token: "t", apply_as: { header: "X", template: "t" } }, { "apply_as.template": /\{token\}/ }],
    [{ token: "t", apply_as: { cookie: "c", template: "{token}; b=1" } }, { "apply_as.template": /semicolon/ }],
    [{ token: "t", apply_as: { heder: "X" } }, { "apply_as.heder": /header/ }],
    [{ token: "a;b", apply_as: { cookie: "c" } }, { token: /semicolon/ }],
    [{ header: "X", value: "v", apply_as: { query: "k" } }, { apply_as: /needs token/ }],
    [{ username: "u", password: "p", apply_as: { query: "k" } }, { apply_as: /needs token/ }],
  ])("G2 P1 %j is a fault", async (config, faults) => {
    const found = await faultsOf("static", config);
    for (const [path, message] of Object.entries(faults)) expect(found[path]).toMatch(message);
  });
});

test("G2 places and origins that are none are faults", async () => {
  const faults = { apply_as: [{ cookie: "a b" }], allowed_origins: ["https://api.example/x"], base_url_path: "$[" };
  const error = await errorOf(() => fromConfig({ type: "oauth2", config: { ...client(), ...faults } }));
  expect(
    Object.fromEntries(
      (error as { issues?: { path: string; message: string }[] }).issues?.map(({ path, message }) => [path, message]) ??
        [],
    ),
  ).toEqual({
    "config.apply_as[0].cookie": expect.stringContaining("cookie"),
    "config.allowed_origins[0]": expect.stringContaining("origin"),
    "config.base_url_path": expect.any(String),
  });
});
