/** A password login that is followed by refreshes: `refresh_request` of `token_endpoint` (A3, A7, D1, D3, D4). */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Credential, MemoryTokenStore, type TokenEndpointConfig, TokenEndpointProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";
import { type Answer, type Idp, json, startIdp } from "../support/idp.js";
import { hearWarnings } from "../support/warnings.js";

const PASSWORD = "p4ssw0rd";

const paths = {
  token_path: "$.data.access",
  expiry_path: "$.data.ttl",
  refresh_token_path: "$.data.refresh",
} as const;

function configOf(idp: Idp, refresh_request: object = { body: { refresh: "{refresh_token}" } }): TokenEndpointConfig {
  return {
    url: `${idp.origin}/login`,
    body: { user: "service", password: PASSWORD },
    ...paths,
    refresh_request: { url: `${idp.origin}/refresh`, ...refresh_request },
  };
}

/** An API with sessions: each refresh token is good once. */
function sessions(isRefused: (refreshToken: unknown) => boolean = () => false): Answer {
  return (request, response, n) => {
    const body = request.body === "" ? {} : JSON.parse(request.body);
    if (request.path === "/refresh" && isRefused(body.refresh)) {
      return json(response, { message: "session over" }, 401);
    }
    return json(response, { data: { access: `t${n}`, refresh: `r${n}`, ttl: 100 } });
  };
}

const asked = (idp: Idp) => idp.seen.map(({ path, body }) => `${path} ${body}`);
const login = `/login {"user":"service","password":"${PASSWORD}"}`;

describe("the course of a login", () => {
  test("A3 A7 a login, and then each refresh token once", async () => {
    const clock = testClock();
    const idp = await startIdp(sessions());
    const provider = new TokenEndpointProvider(configOf(idp), { clock });
    for (const token of ["t1", "t2", "t3"]) {
      expect(await provider.getToken()).toEqual(Credential.bearer(token));
      clock.advance(91);
    }
    expect(asked(idp)).toEqual([login, '/refresh {"refresh":"r1"}', '/refresh {"refresh":"r2"}']);
    expect(provider.status()).toMatchObject({ counts: { tokenRequests: 3, flights: 3 } });
  });

  test("D4 where it is refused, the login again, once, within the flight; then its refresh token", async () => {
    const idp = await startIdp(sessions((refreshToken) => refreshToken === "r1"));
    const provider = new TokenEndpointProvider(configOf(idp));
    let credential = await provider.getToken();
    credential = await provider.invalidate(credential);
    expect(credential).toEqual(Credential.bearer("t3"));
    await provider.invalidate(credential);
    expect(asked(idp)).toEqual([login, '/refresh {"refresh":"r1"}', login, '/refresh {"refresh":"r3"}']);
    expect(provider.status()).toMatchObject({ consecutiveFailures: 0 });
  });

  test("D4 where the login is refused too, its error is told, with the refusal as its cause", async () => {
    let isOpen = true;
    const idp = await startIdp((request, response, n) => {
      if (!isOpen) return json(response, { error: request.path === "/login" ? "locked" : "session_over" }, 403);
      return sessions()(request, response, n);
    });
    const provider = new TokenEndpointProvider(configOf(idp));
    const credential = await provider.getToken();
    isOpen = false;
    const error = await errorOf(() => provider.invalidate(credential));
    expect(error).toMatchObject({ error: "locked", cause: { error: "session_over" } });
    expect(asked(idp).slice(1)).toEqual(['/refresh {"refresh":"r1"}', login]);
  });

  test("D4 A10 a refusal in a 200, by error_path or by the lack of a token", async () => {
    for (const over of [{ code: 17 }, { data: null }]) {
      const idp = await startIdp((request, response, n) =>
        request.path === "/refresh" ? json(response, over) : sessions()(request, response, n),
      );
      const provider = new TokenEndpointProvider({ ...configOf(idp), error_path: "$.code" });
      expect(await provider.invalidate(await provider.getToken())).toEqual(Credential.bearer("t3"));
    }
  });

  test("A3 without a refresh_request, a refresh token is left alone", async () => {
    const idp = await startIdp(sessions());
    const provider = new TokenEndpointProvider({ ...configOf(idp), refresh_request: null });
    await provider.invalidate(await provider.getToken());
    expect(asked(idp)).toEqual([login, login]);
  });

  test("F2 a lost answer of a refresh is asked for again with the same refresh token", async () => {
    const idp = await startIdp((request, response, n) =>
      n === 2 ? response.destroy() : sessions()(request, response, n),
    );
    const provider = new TokenEndpointProvider(configOf(idp), { random: () => 0 });
    await provider.invalidate(await provider.getToken());
    expect(asked(idp).slice(1)).toEqual(Array(2).fill('/refresh {"refresh":"r1"}'));
  });
});

describe("with persist", () => {
  test("D1 the next process presents the refresh token that was kept, instead of logging in", async () => {
    const [idp, path, clock] = [await startIdp(sessions()), await newFolder(), testClock()];
    const config = { ...configOf(idp), persist: { path } };
    const first = new TokenEndpointProvider(config, { name: "crm", clock });
    await first.getToken();
    await first.close();
    clock.advance(91);
    const second = new TokenEndpointProvider(config, { name: "crm", clock });
    expect(await second.getToken()).toEqual(Credential.bearer("t2"));
    await second.close();
    clock.advance(91);
    const third = new TokenEndpointProvider(config, { name: "crm", clock });
    expect(await third.getToken()).toEqual(Credential.bearer("t3"));
    await third.close();
    expect(asked(idp)).toEqual([login, '/refresh {"refresh":"r1"}', '/refresh {"refresh":"r2"}']);
  });

  test("D1 many processes, one login, and one refresh for all", async () => {
    const [idp, store] = [await startIdp(sessions()), new MemoryTokenStore()];
    const fleet = Array.from({ length: 5 }, () => new TokenEndpointProvider(configOf(idp), { name: "crm", store }));
    const tokens = await Promise.all(fleet.map((provider) => provider.getToken()));
    await Promise.all(fleet.map((provider, n) => provider.invalidate(tokens[n] as Credential)));
    expect(asked(idp)).toEqual([login, '/refresh {"refresh":"r1"}']);
  });

  test("D3 a store that cannot be read costs a login, with a warning", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_STORE_UNAVAILABLE");
    const [idp, folder] = [await startIdp(sessions()), await newFolder()];
    const path = join(folder, "file");
    await writeFile(path, "no folder");
    const provider = new TokenEndpointProvider({ ...configOf(idp), persist: { path } }, { name: "crm" });
    expect(await provider.getToken()).toEqual(Credential.bearer("t1"));
    expect((await warnings.all()).length).toBeGreaterThan(0);
    const strict = new TokenEndpointProvider({ ...configOf(idp), persist: { path, strict: true } }, { name: "crm" });
    expect(await errorOf(() => strict.getToken())).toMatchObject({ code: "store" });
  });
});

describe("the request", () => {
  /** What is sent for the refresh token `r"1&é`. */
  async function refreshed(refresh_request: object, more: Partial<TokenEndpointConfig> = {}, token = 'r"1&é') {
    const idp = await startIdp((_request, response, n) =>
      json(response, { data: { access: `t${n}`, refresh: token, ttl: 100 } }),
    );
    const { origin } = idp;
    const given = JSON.parse(JSON.stringify(refresh_request).replaceAll("ORIGIN", origin));
    const provider = new TokenEndpointProvider({ ...configOf(idp), ...more, refresh_request: given });
    await provider.invalidate(await provider.getToken());
    return idp.seen[1];
  }

  test.each([
    [{ token: "{refresh_token}" }, { token: 'r"1&é' }],
    [
      { nested: [{ deep: "Bearer {refresh_token}, {refresh_token}" }, 1, null, true], other: "x" },
      { nested: [{ deep: 'Bearer r"1&é, r"1&é' }, 1, null, true], other: "x" },
    ],
    ["{refresh_token}", 'r"1&é'],
    [["{refresh_token}"], ['r"1&é']],
  ])("A7 in JSON it is data: %j", async (body, expected) => {
    const seen = await refreshed({ body });
    expect(seen?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(seen?.body ?? "")).toEqual(expected);
  });

  test("A7 a refresh token is no pattern: $& and {refresh_token} in it stay what they are", async () => {
    const token = "a$&b$1{refresh_token}";
    expect(JSON.parse((await refreshed({ body: { token: "<{refresh_token}>" } }, {}, token))?.body ?? "")).toEqual({
      token: `<${token}>`,
    });
  });

  test("A7 in a form, and in the query, it is encoded", async () => {
    const body = { grant: "refresh", token: "{refresh_token}" };
    const form = await refreshed({ body, encoding: "form" });
    expect(form).toMatchObject({ body: "grant=refresh&token=r%221%26%C3%A9", form: { token: 'r"1&é' } });
    const query = await refreshed({ url: "ORIGIN/refresh?v=2", body, encoding: "query" });
    expect(query).toMatchObject({ path: "/refresh?v=2&grant=refresh&token=r%221%26%C3%A9", body: "" });
  });

  test("A7 in a URL it is encoded, wherever it stands", async () => {
    const seen = await refreshed({ url: "ORIGIN/sessions/{refresh_token}?again={refresh_token}", method: "put" });
    expect(seen).toMatchObject({ method: "PUT", path: "/sessions/r%221%26%C3%A9?again=r%221%26%C3%A9", body: "" });
  });

  test("A7 in a header it stands as it is; one that no header can carry leads to a login", async () => {
    const headers = { Authorization: "Bearer {refresh_token}" };
    expect((await refreshed({ headers }, {}, "r1"))?.headers.authorization).toBe("Bearer r1");
    const seen = await refreshed({ headers }, {}, "r\n1");
    expect(JSON.parse(seen?.body ?? "")).toMatchObject({ password: PASSWORD });
  });

  test("what it leaves out is as for the login, but for the body and the query", async () => {
    const seen = await refreshed(
      { body: { token: "{refresh_token}" } },
      { method: "PATCH", encoding: "form", headers: { "X-Api-Key": "k" }, query: { v: 1 } },
      "r1",
    );
    expect(seen).toMatchObject({ method: "PATCH", path: "/login", body: "token=r1", headers: { "x-api-key": "k" } });
    const own = await refreshed(
      { headers: { "X-Other": "{refresh_token}" }, encoding: "json" },
      { headers: { "X-Api-Key": "k" } },
      "r1",
    );
    expect(own?.headers).toMatchObject({ "x-other": "r1" });
    expect(own?.headers).not.toHaveProperty("x-api-key");
    expect(own?.body).toBe("");
  });

  test("V1 a file in its body is read for each request", async () => {
    const folder = await newFolder();
    await mkdir(folder, { recursive: true });
    const file = join(folder, "device");
    await writeFile(file, "one\n");
    const idp = await startIdp(sessions());
    const body = { refresh: "{refresh_token}", device: { file } };
    const provider = new TokenEndpointProvider(configOf(idp, { body }));
    let credential = await provider.getToken();
    credential = await provider.invalidate(credential);
    await writeFile(file, "two\n");
    await provider.invalidate(credential);
    expect(asked(idp).slice(1)).toEqual([
      '/refresh {"refresh":"r1","device":"one"}',
      '/refresh {"refresh":"r2","device":"two"}',
    ]);
  });
});

describe("S1 nothing of it is shown", () => {
  test("S1 S2 in errors, at any depth, and when the provider is printed", async () => {
    const secret = "r3fr3sh-t0k3n-of-a-session";
    let isOpen = true;
    const idp = await startIdp((request, response) => {
      if (isOpen) return json(response, { data: { access: "t1", refresh: secret, ttl: 100 } });
      return json(
        response,
        { error: "no", error_description: `${request.path} ${request.body} ${PASSWORD} ${secret}` },
        400,
      );
    });
    const url = `${idp.origin}/sessions/{refresh_token}?t={refresh_token}`;
    const provider = new TokenEndpointProvider(configOf(idp, { url, body: { key: "k3y-in-the-body" } }));
    const credential = await provider.getToken();
    isOpen = false;
    const error = await errorOf(() => provider.invalidate(credential));
    const shown =
      inspect([error, provider, provider.status()], { depth: 9, showHidden: true }) + JSON.stringify(provider);
    expect(shown).not.toMatch(/r3fr3sh|p4ssw0rd|k3y-in/);
    expect(shown).toContain(`POST ${idp.origin}/sessions/***: HTTP 400`);
    expect(inspect(provider)).toContain(`refresh_request: { url: '${idp.origin}/sessions/***' }`);
  });

  test.each([
    ["JSON", { body: { deep: ["HARDSECRET1:{refresh_token}"] } }],
    ["a form", { body: { a: "HARDSECRET1:{refresh_token}" }, encoding: "form" }],
    ["the query", { body: { a: "HARDSECRET1:{refresh_token}" }, encoding: "query" }],
  ])("S1 S2 a secret beside the refresh token is masked, in %s", async (_where, request) => {
    let isOpen = true;
    const idp = await startIdp((_request, response) => {
      if (isOpen) return json(response, { data: { access: "acc3ss", refresh: "r3fr3sh", ttl: 100 } });
      const echoed = "no such key: HARDSECRET1:r3fr3sh, nor HARDSECRET1:";
      return json(response, { error: "no", error_description: echoed }, 400);
    });
    const provider = new TokenEndpointProvider(configOf(idp, request));
    const credential = await provider.getToken();
    isOpen = false;
    const error = await errorOf(() => provider.invalidate(credential));
    expect(inspect(error, { depth: 9 })).toContain("no such key: ");
    expect(inspect(error, { depth: 9 })).not.toContain("HARDSECRET1");
  });

  test("H6 a refresh over plain http warns where the login does not", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    const before = (await warnings.all()).length;
    const refresh_request = { url: "http://api.example/refresh", body: { r: "{refresh_token}" } };
    new TokenEndpointProvider({ url: "https://api.example/login", refresh_request }, { name: "crm" });
    new TokenEndpointProvider({ url: "http://api.example/login", refresh_request }, { name: "wiki" });
    new TokenEndpointProvider({ url: "http://169.254.169.254/login", refresh_request }, { name: "vm" });
    const warned = (await warnings.all()).slice(before).map(({ message }) => message.split(":")[0]);
    expect(warned).toEqual(["crm", "wiki", "vm"]);
  });
});

describe("faults", () => {
  const base = { url: "https://api.example/login" };

  test.each([
    [{}, { "": /must have \{refresh_token\} in its body, its headers or its url/ }],
    [{ body: { token: "{refreshtoken}" } }, { "": /must have \{refresh_token\}/ }],
    [{ body: { "{refresh_token}": 1 } }, { "": /must have \{refresh_token\}/ }],
    [{ url: "https://{refresh_token}.example/" }, { url: /in its path and its query only/ }],
    [{ url: "https://u:{refresh_token}@api.example/" }, { url: /in its path and its query only/ }],
    [{ url: "/refresh", body: "{refresh_token}" }, { url: /must be an absolute URL/ }],
    [{ url: "https://a.example/#{refresh_token}" }, { url: /must not have a fragment/ }],
    [{ body: { a: { b: "{refresh_token}" } }, encoding: "form" }, { body: /must be a flat mapping/ }],
    [{ body: "{refresh_token}", method: "HEAD" }, { body: /cannot be sent with HEAD/ }],
    [{ body: "{refresh_token}", method: "TRACE" }, { method: /must be a method that has an answer/ }],
    [{ body: "{refresh_token}", encoding: "xml" }, { encoding: /must be one of/ }],
    [{ body: "{refresh_token}", headers: { "a b": "x" } }, { "headers.a…": /is not the name of a header/ }],
    [{ body: { r: "{refresh_token}", n: 2 ** 53 } }, { "body.n": /put it in quotes/ }],
    [{ body: "{refresh_token}", bdy: 1 }, { bdy: /did you mean "body"/ }],
  ])("G2 %j", async (refresh_request, expected) => {
    const faults = await faultsOf("token_endpoint", { ...base, refresh_request });
    const below = Object.entries(expected).map(([path, reason]) => [
      path === "" ? "refresh_request" : `refresh_request.${path}`,
      expect.stringMatching(reason),
    ]);
    expect(faults).toMatchObject(Object.fromEntries(below));
  });

  test("G2 a login's encoding counts where it has none of its own", async () => {
    const faults = await faultsOf("token_endpoint", {
      ...base,
      encoding: "form",
      refresh_request: { body: { a: ["{refresh_token}", {}] } },
    });
    expect(Object.keys(faults)).toEqual(["refresh_request.body"]);
  });

  test.each([["text"], [["list"]], [5]])("G2 %j is no request", async (refresh_request) => {
    expect(await faultsOf("token_endpoint", { ...base, refresh_request })).toEqual({
      refresh_request: expect.stringContaining("must be a mapping"),
    });
  });
});
