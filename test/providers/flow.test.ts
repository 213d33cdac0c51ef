/** Logins of several steps, and what they put onto requests (P4). */

import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import {
  AuthCatalog,
  authFetch,
  Credential,
  type FlowConfig,
  FlowProvider,
  fromConfig,
  MemoryTokenStore,
  type PlacementConfig,
} from "../../src/index.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { folder } from "../support/catalogs.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { hearWarnings } from "../support/warnings.js";

let api: Api;

beforeEach(async () => {
  api = await startApi();
});

type Handler = (request: ApiRequest, respond: Respond) => unknown;
type Respond = (status: number, body: unknown, headers?: Record<string, string | string[]>) => void;

/** The API answers each path as told, and all others with 200. */
function routes(handlers: Record<string, Handler>): void {
  api.answerWith((request, response) => {
    const respond: Respond = (status, body, headers = {}) => {
      response.writeHead(status, headers);
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const [path = ""] = request.path.split("?");
    (handlers[path] ?? ((_request, answer) => answer(200, "rows")))(request, respond);
  });
}

const requestsTo = (path: string): ApiRequest[] => api.seen.filter((request) => request.path.split("?")[0] === path);

const hmac = (hash: string, key: string, text: string, encoding: "hex" | "base64"): string =>
  createHmac(hash, key).update(text).digest(encoding);

/** Captures `session`, whose value is another one with each login. */
const sessions = (): Handler => {
  let logins = 0;
  return (_request, respond) => {
    logins += 1;
    respond(200, { session: { token: `s${logins}` } });
  };
};

const loginAt = (path = "/login") => ({
  request: { method: "POST", url: `${api.origin}${path}`, json: { user: "u" } },
  capture: { session: "$.session.token" },
});

const inHeader = { into: "header", name: "X-Session", value: "${session}" } as const;

describe("the steps", () => {
  test("P4 values of one step go into the next, as data wherever they stand", async () => {
    const odd = 'a "quoted" & <odd> ü';
    routes({
      "/first": (_request, respond) => respond(200, { token: odd, n: 7, ok: true }),
      "/second": (_request, respond) => respond(200, { id: "s" }),
    });
    const provider = new FlowProvider({
      steps: [
        { request: { url: `${api.origin}/first` }, capture: { token: "$.token", n: "$.n", ok: "$.ok" } },
        {
          request: {
            method: "post",
            url: `${api.origin}/second?kept=1`,
            query: { q: "${token}" },
            headers: { "X-N": "${n}-${ok}" },
            json: { deep: [{ "${n}": "<${token}>" }], number: 5 },
          },
          capture: { id: "$.id" },
        },
        { request: { method: "POST", url: `${api.origin}/third`, form: { f: "${token}" } } },
      ],
      apply: [{ into: "header", name: "X-Id", value: "${id}/${n}" }],
    });
    await authFetch(provider)(`${api.origin}/rows`);
    const [second] = requestsTo("/second");
    expect(JSON.parse(second?.body ?? "")).toEqual({ deep: [{ "7": `<${odd}>` }], number: 5 });
    expect(new URL(second?.path ?? "", api.origin).searchParams.get("q")).toBe(odd);
    expect(second).toMatchObject({ method: "POST", headers: { "x-n": "7-true" } });
    expect(new URLSearchParams(requestsTo("/third")[0]?.body).get("f")).toBe(odd);
    expect(requestsTo("/rows")[0]?.headers["x-id"]).toBe("s/7");
  });

  test("P4 captures from XML, a header and a cookie", async () => {
    const xml =
      '<?xml version="1.0"?><soap:r xmlns:soap="x"><soap:op a="1"><id> a&amp;b&#x41;&x; </id></soap:op><op><id>2</id></op></soap:r>';
    routes({
      "/login": (_request, respond) => {
        respond(200, xml, { location: "/there", "set-cookie": ["a=1; Path=/", "ASP.NET_SessionId=c=1; HttpOnly"] });
      },
    });
    const provider = new FlowProvider({
      steps: [
        {
          request: { url: `${api.origin}/login` },
          capture: {
            id: { from: "xml", path: "r.op.id" },
            loc: { from: "header", name: "Location" },
            cookie: { from: "set_cookie", name: "ASP.NET_SessionId" },
          },
        },
      ],
      apply: [
        { into: "header", name: "X-Id", value: "${id}" },
        { into: "header", name: "X-Loc", value: "${loc}" },
        { into: "cookie", name: "ASP.NET_SessionId", value: "${cookie}" },
      ],
    });
    await authFetch(provider)(`${api.origin}/rows`);
    expect(requestsTo("/rows")[0]?.headers).toMatchObject({
      "x-id": "a&bA&x;",
      "x-loc": "/there",
      cookie: "ASP.NET_SessionId=c=1",
    });
  });

  test("P4 a document's own entities are not expanded", async () => {
    const bomb = `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><id>&b;</id></r>`;
    routes({ "/login": (_request, respond) => respond(200, bomb) });
    const provider = new FlowProvider({
      steps: [{ request: { url: `${api.origin}/login` }, capture: { id: { from: "xml", path: "r.id" } } }],
      apply: [{ into: "header", name: "X-Id", value: "${id}" }],
    });
    await authFetch(provider)(`${api.origin}/rows`);
    expect(requestsTo("/rows")[0]?.headers["x-id"]).toBe("&b;");
    routes({ "/login": (_request, respond) => respond(200, '<!DOCTYPE r [<!ENTITY b "text">]><r><id>&b;</id></r>') });
    await authFetch(provider)(`${api.origin}/rows`);
    await provider.invalidate(await provider.getToken());
    await authFetch(provider)(`${api.origin}/rows`);
    expect(requestsTo("/rows")[2]?.headers["x-id"]).toBe("&b;");
  });

  test.each([
    ["nothing to capture", 200, { other: 1 }, /in which there is nothing to capture as session/],
    ["null", 200, { session: { token: null } }, /nothing to capture as session/],
    ["no JSON", 200, "<html>", /nothing to capture as session/],
    ["a refusal", 401, { error: "invalid_login" }, /HTTP 401, invalid_login/],
    ["an error in a success", 200, { error: "locked" }, /locked/],
    ["a number that loses digits", 200, '{"session":{"token":12345678901234567890}}', /beyond 2\^53/],
  ])("P4 %s is an AuthError that says so", async (_what, status, body, message) => {
    routes({ "/login": (_request, respond) => respond(status, body) });
    const error = await errorOf(() => new FlowProvider({ steps: [loginAt()], apply: [inHeader] }).getToken());
    expect(error).toMatchObject({ code: "auth", message: expect.stringMatching(message) });
  });

  test("S1 S2 nothing that was configured or captured is printed", async () => {
    routes({
      "/first": (_request, respond) => respond(200, { token: "c4ptured" }),
      "/second": ({ headers, body }, respond) => {
        respond(400, { error: "bad", error_description: `${headers["x-a"]} ${body}` });
      },
    });
    const provider = new FlowProvider({
      steps: [
        { request: { url: `${api.origin}/first`, json: { password: "p4ssword" } }, capture: { token: "$.token" } },
        {
          request: {
            method: "POST",
            url: `${api.origin}/second`,
            headers: { "X-A": "${token}" },
            json: { p: "p4ssword", t: "${token}" },
          },
        },
      ],
    });
    const error = await errorOf(() => provider.getToken());
    for (const printed of [
      inspect(error, { depth: 9 }),
      inspect(provider, { depth: 9, showHidden: true }),
      JSON.stringify(provider),
    ]) {
      expect(printed).not.toMatch(/c4ptured|p4ssword/);
    }
  });

  test("S1 a captured value in the URL of a step is shown in no message", async () => {
    const url = `${api.origin}/rest/c4ptured`;
    routes({
      "/login": (_request, respond) => respond(200, { session: { token: "c4ptured" }, url, origin: api.origin }),
      "/s/c4ptured/go": (_request, respond) => respond(403, "no"),
      "/rest/c4ptured/go": (_request, respond) => respond(403, "no"),
      "/go": (_request, respond) => respond(403, "no"),
    });
    const step = loginAt();
    const login = { ...step, capture: { ...step.capture, url: "$.url", origin: "$.origin" } };
    const shown = async (address: string) => {
      const error = await errorOf(() => new FlowProvider({ steps: [login, { request: { url: address } }] }).getToken());
      expect(inspect(error, { depth: 9 })).not.toContain("c4ptured");
      return error.message;
    };
    expect(await shown(`${api.origin}/s/\${session}/go`)).toContain(`GET ${api.origin}/s/***/go: HTTP 403`);
    expect(await shown("${url}/go")).toContain(`GET ${api.origin}/***/go: HTTP 403`);
    expect(await shown("${origin}/go")).toContain(`GET ${api.origin}/go: HTTP 403`);
    expect(await shown(`${api.origin.replace(/:\d+$/, ":${session}")}/go`)).not.toContain("HTTP");
  });

  test.each(["form", "json"])("S2 a captured value in a %s is masked in what the answer quotes", async (kind) => {
    routes({
      "/login": (_request, respond) => respond(200, { session: { token: "c4pt ured" } }),
      "/second": ({ body }, respond) => {
        respond(400, { error: "bad", error_description: `no c4pt ured, c4pt%20ured, and not ${body}` });
      },
    });
    const request = { method: "POST", url: `${api.origin}/second`, [kind]: { t: "t-${session}" } };
    const login = { request: { url: `${api.origin}/login` }, capture: { session: "$.session.token" } };
    const error = await errorOf(() => new FlowProvider({ steps: [login, { request }] }).getToken());
    expect(error.message).toContain("no ***, ***, and not ***");
  });

  test.each<[string, object, (request: ApiRequest) => unknown]>([
    ["JSON, beside a name", { json: { deep: [{ a: "HARDSECRET1:${ts}" }] } }, ({ body }) => JSON.parse(body).deep[0].a],
    ["JSON, without what the name stands for", { json: { a: "HARDSECRET1${ts}" } }, () => "HARDSECRET1"],
    ["JSON, behind a word", { json: { a: "HARDSECRET1 ${ts}" } }, () => "HARDSECRET1 "],
    ["JSON, with a literal ${", { json: { a: "HARDSECRET1$${x}y" } }, ({ body }) => JSON.parse(body).a],
    ["a form", { form: { a: "${session}:HARDSECRET1" } }, ({ body }) => new URLSearchParams(body).get("a")],
    [
      "a form, with a literal ${",
      { form: { a: "HARDSECRET1$${x}" } },
      ({ body }) => new URLSearchParams(body).get("a"),
    ],
    ["a header", { headers: { "X-A": "HARDSECRET1:${ts}" } }, ({ headers }) => `${headers["x-a"]} HARDSECRET1:`],
    [
      "a query",
      { query: { a: "${ts}HARDSECRET1$${x}" } },
      ({ path }) => `${decodeURIComponent(path)} HARDSECRET1\${x}`,
    ],
    ["the key of a signature", { sign: { key: "${session}HARDSECRET1" } }, () => "s-1xHARDSECRET1, and HARDSECRET1"],
    [
      "what is signed",
      { sign: { key: "k3y-1", template: "HARDSECRET1:${ts}:x" } },
      () => "HARDSECRET1:1, HARDSECRET1:",
    ],
  ])("S1 S2 a secret that shares a text with a name is masked, in %s", async (_where, request, echoed) => {
    routes({
      "/login": (_request, respond) => respond(200, { session: { token: "s-1x" } }),
      "/second": (sent, respond) => respond(400, { error: "bad", error_description: `no such user: ${echoed(sent)}` }),
    });
    const signed = { alg: "hmac_sha256", template: "${ts}", into: { header: "X-Sig" } };
    const { sign, ...others } = request as { readonly sign?: object };
    const second = {
      request: {
        method: "POST",
        url: `${api.origin}/second`,
        ...others,
        ...(sign && { sign: { ...signed, ...sign } }),
      },
    };
    const login = { request: { url: `${api.origin}/login` }, capture: { session: "$.session.token" } };
    const error = await errorOf(() => new FlowProvider({ steps: [login, second] as never }).getToken());
    expect(error.message).toContain("no such user: ");
    expect(inspect(error, { depth: 9 })).not.toContain("HARDSECRET1");
  });

  test("S2 a short word beside a name is no secret, and the scheme of a header neither", async () => {
    routes({
      "/second": (_request, respond) => respond(400, { error: "bad", error_description: "the Bearer is a:b" }),
    });
    const request = { url: `${api.origin}/second`, headers: { "X-A": "Bearer ${ts}" }, query: { q: "${ts}:${nonce}" } };
    const error = await errorOf(() => new FlowProvider({ steps: [{ request }] }).getToken());
    expect(error.message).toContain("the Bearer is a:b");
  });

  test("S2 each value of the JSON that is sent is a secret, numbers too; its keys are words like others", async () => {
    routes({
      "/login": (_request, respond) => {
        respond(400, { error: "bad", error_description: "id: the password p4ssword or the pincode 48291377 is wrong" });
      },
    });
    const json = { id: "user-1", password: "p4ssword", deep: [{ pincode: 48291377 }] };
    const request = { method: "POST", url: `${api.origin}/login`, json };
    const error = await errorOf(() => new FlowProvider({ steps: [{ request }] }).getToken());
    expect(error.message).toContain("id: the password *** or the pincode *** is wrong");
  });

  test("P2 a captured address must be https, or loopback", async () => {
    routes({ "/login": (_request, respond) => respond(200, { session: { token: "http://api.example" } }) });
    const there = { request: { url: "${session}/x" } };
    const error = await errorOf(() => new FlowProvider({ steps: [loginAt(), there] }).getToken());
    expect(error.message).toMatch(/is not https/);
    const provider = new FlowProvider({ steps: [loginAt()], base_url_from: "${session}/rest" });
    expect((await errorOf(() => provider.getToken())).message).toMatch(/base URL that the login gave is not https/);
  });
});

describe("signatures", () => {
  test.each([
    ["hmac_sha256", "sha256", "hex"],
    ["hmac_sha1", "sha1", "base64"],
    ["hmac_sha512", "sha512", "base64"],
  ] as const)("P4 %s of a step and of each request, at one moment each", async (alg, hash, encoding) => {
    routes({ "/login": sessions() });
    const clock = testClock();
    const sign = {
      alg,
      key: "k3y",
      template: "${ts}:${nonce}",
      encoding,
      into: { header: "Authorization", format: "SS ${sig}:${ts}:${nonce}" },
    };
    const step = loginAt();
    const steps = [{ ...step, request: { ...step.request, sign } }];
    const provider = new FlowProvider(
      { steps, apply: [{ sign }, inHeader, { into: "query", name: "t", value: "${ts}" }] },
      { clock },
    );
    const fetch = authFetch(provider);
    await fetch(`${api.origin}/rows`);
    await fetch(`${api.origin}/rows`);
    const nonces = api.seen.map(({ headers }) => {
      const [, signature, ts, nonce] = /^SS ([^:]+):(\d+):([\da-f]{32})$/.exec(headers.authorization ?? "") ?? [];
      expect(ts).toBe(String(Math.floor(clock() / 1000)));
      expect(signature).toBe(hmac(hash, "k3y", `${ts}:${nonce}`, encoding));
      return nonce;
    });
    expect(new Set(nonces).size).toBe(3);
    expect(requestsTo("/rows")[0]).toMatchObject({
      path: `/rows?t=${Math.floor(clock() / 1000)}`,
      headers: { "x-session": "s1" },
    });
  });
});

describe("a session", () => {
  test("P4 C1 C3 is begun once for all, and again once for all who were refused", async () => {
    routes({
      "/login": sessions(),
      "/rows": ({ headers }, respond) => respond(headers["x-session"] === "s2" ? 200 : 403, "rows"),
    });
    const provider = new FlowProvider({ steps: [loginAt()], apply: [inHeader], reauth_on: [403] });
    const fetch = authFetch(provider);
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${api.origin}/rows`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(requestsTo("/login")).toHaveLength(2);
  });

  test("W1 without reauth_on a 403 is the answer, and statuses of a wrapper go first", async () => {
    routes({ "/login": sessions(), "/rows": (_request, respond) => respond(403, "no") });
    const provider = new FlowProvider({ steps: [loginAt()], apply: [inHeader] });
    expect((await authFetch(provider)(`${api.origin}/rows`)).status).toBe(403);
    expect(requestsTo("/rows")).toHaveLength(1);
    const declared = new FlowProvider({ steps: [loginAt()], apply: [inHeader], reauth_on: [403] });
    await authFetch(declared, { statuses: [401] })(`${api.origin}/rows`);
    expect(requestsTo("/rows")).toHaveLength(2);
  });

  test("P4 lives for ttl_secs", async () => {
    routes({ "/login": sessions() });
    const clock = testClock();
    const provider = new FlowProvider({ steps: [loginAt()], apply: [inHeader], ttl_secs: 100 }, { clock });
    expect(Credential.expiresAt(await provider.getToken())).toBe(clock() + 100_000);
    clock.advance(95);
    await provider.getToken();
    expect(requestsTo("/login")).toHaveLength(2);
  });

  test("P2 tells where the API is", async () => {
    routes({ "/login": (_request, respond) => respond(200, { session: { token: "s" }, url: `${api.origin}/rest` }) });
    const step = loginAt();
    const provider = new FlowProvider({
      steps: [{ ...step, capture: { ...step.capture, base: "$.url" } }],
      apply: [{ into: "query", name: "BhRestToken", value: "${session}" }],
      base_url_from: "${base}",
      allowed_origins: [api.origin],
    });
    await authFetch(provider)("entity/1");
    expect(api.seen.at(-1)?.path).toBe("/rest/entity/1?BhRestToken=s");
  });

  test("P2 a slash at the end of an allowed origin is no part of it, and a list of none allows nothing", async () => {
    routes({ "/login": (_request, respond) => respond(200, { session: { token: `${api.origin}/rest` } }) });
    const config = { steps: [loginAt()], base_url_from: "${session}" };
    const provider = new FlowProvider({ ...config, allowed_origins: [`${api.origin}/`] });
    expect(Credential.baseUrl(await provider.getToken())).toBe(`${api.origin}/rest`);
    expect(await faultsOf("flow", { ...config, allowed_origins: [] })).toEqual({
      allowed_origins: "must not be empty",
    });
  });

  test.each([
    ["the first step", ["http://a.example/1", "http://a.example/2"], undefined, ["http://a.example"]],
    ["a later step", ["https://a.example/1", "http://b.example/2"], "http://c.example/3", ["http://b.example"]],
    ["its end", ["https://a.example/1", "http://localhost/2"], "http://c.example/3", ["http://c.example"]],
    ["none but what a login gives", ["https://a.example/1", "${session}/2"], "${session}/3", []],
  ])("H6 plain http warns once, whichever request it is: %s", async (_which, urls, end, origins) => {
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    const before = (await warnings.all()).length;
    const steps = urls.map((url) => ({ request: { url }, capture: { session: "$.session" } }));
    new FlowProvider({ steps, ...(end !== undefined && { logout: { url: end } }) });
    const warned = (await warnings.all()).slice(before).map(({ message }) => message);
    expect(warned).toEqual(origins.map((origin) => `flow: secrets go to ${origin} unencrypted; use https`));
  });

  test("P2 the address of a session on record counts by the settings of whoever adopts it", async () => {
    let url = `${api.origin}/rest`;
    routes({ "/login": (_request, respond) => respond(200, { session: { token: "s" }, url }) });
    const store = new MemoryTokenStore();
    const step = loginAt();
    const config = { steps: [{ ...step, capture: { ...step.capture, base: "$.url" } }], persist: { key: "k" } };
    const baseOf = async (more: Partial<FlowConfig>) => {
      const provider = new FlowProvider({ ...config, ...more }, { store, name: "a" });
      return Credential.baseUrl(await provider.getToken());
    };
    expect(await baseOf({ base_url_from: "${base}" })).toBe(url);
    expect(await baseOf({})).toBeUndefined();
    expect(await baseOf({ base_url_from: "${base}/v2" })).toBe(`${url}/v2`);
    expect(requestsTo("/login")).toHaveLength(1);
    url = "https://api.example/rest";
    expect(await baseOf({ base_url_from: "${base}", allowed_origins: ["https://api.example"] })).toBe(url);
    expect(requestsTo("/login")).toHaveLength(2);
  });

  test("P4 is ended on close(), and that it cannot be is no failure", async () => {
    routes({ "/login": sessions(), "/logout": (_request, respond) => respond(500, "broken") });
    const logout = { method: "POST", url: `${api.origin}/logout`, headers: { "X-Session": "${session}" } };
    const config: FlowConfig = { steps: [loginAt()], apply: [inHeader], logout };
    const provider = new FlowProvider(config);
    await provider.close();
    expect(api.seen).toEqual([]);
    const used = new FlowProvider(config);
    await used.getToken();
    await used.close();
    expect(requestsTo("/logout").map(({ headers }) => headers["x-session"])).toEqual(["s1"]);
    const shared = new FlowProvider(config, { store: new MemoryTokenStore(), name: "shared" });
    await shared.getToken();
    await shared.close();
    expect(requestsTo("/logout")).toHaveLength(1);
    const unreachable = new FlowProvider({ ...config, logout: { url: "http://127.0.0.1:1/logout" } });
    await unreachable.getToken();
    await unreachable.close();
  });

  test("P4 without steps, what stands in the configuration goes onto requests, and nothing is asked", async () => {
    const provider = new FlowProvider({ apply: [{ into: "query", name: "key", value: "k" }] });
    await authFetch(provider)(`${api.origin}/rows`);
    expect(api.seen.map(({ path }) => path)).toEqual(["/rows?key=k"]);
  });
});

describe("live values", () => {
  test("V1 P4 are read at each login, wherever a secret stands, and are no templates", async () => {
    routes({ "/login": sessions(), "/rows": (_request, respond) => respond(200, "rows") });
    const path = join(await folder({ pw: "p1${session}\n" }), "pw");
    let calls = 0;
    const give = (): string => `f${++calls}`;
    const step = loginAt();
    const sign = { alg: "hmac_sha256", key: { file: path }, template: "${ts}", into: { header: "X-Sig" } } as const;
    const provider = new FlowProvider(
      {
        steps: [
          {
            ...step,
            request: {
              ...step.request,
              headers: { "X-Key": { file: path } },
              query: { q: { file: path }, n: 5 },
              json: { user: "u", password: give, deep: [{ file: path }] },
              sign,
            },
          },
          { request: { method: "POST", url: `${api.origin}/form`, form: { file: "data", pw: { file: path } } } },
        ],
        apply: [
          inHeader,
          { into: "header", name: "X-Key", value: { file: path } },
          { sign: { ...sign, into: { header: "X-S2" } } },
        ],
        logout: { method: "POST", url: `${api.origin}/logout`, form: { pw: { file: path } } },
      },
      { clock: testClock() },
    );
    const fetch = authFetch(provider);
    await fetch(`${api.origin}/rows`);
    const [login] = requestsTo("/login");
    const ts = String(Math.floor(testClock()() / 1000));
    expect(new URL(login?.path ?? "", api.origin).searchParams.get("q")).toBe("p1${session}");
    expect(login?.headers).toMatchObject({
      "x-key": "p1${session}",
      "x-sig": hmac("sha256", "p1${session}", ts, "hex"),
    });
    expect(JSON.parse(login?.body ?? "")).toEqual({ user: "u", password: "f1", deep: ["p1${session}"] });
    expect(requestsTo("/form")[0]?.body).toBe(String(new URLSearchParams({ file: "data", pw: "p1${session}" })));
    const first = { "x-session": "s1", "x-key": "p1${session}", "x-s2": hmac("sha256", "p1${session}", ts, "hex") };
    expect(requestsTo("/rows")[0]?.headers).toMatchObject(first);

    await writeFile(path, "p2\n");
    await fetch(`${api.origin}/rows`);
    expect(requestsTo("/rows")[1]?.headers).toMatchObject(first);
    await provider.invalidate(await provider.getToken());
    await fetch(`${api.origin}/rows`);
    expect(JSON.parse(requestsTo("/login")[1]?.body ?? "")).toMatchObject({ password: "f2", deep: ["p2"] });
    expect(requestsTo("/rows")[2]?.headers).toMatchObject({
      "x-session": "s2",
      "x-key": "p2",
      "x-s2": hmac("sha256", "p2", ts, "hex"),
    });
    await provider.close();
    expect(requestsTo("/logout")[0]?.body).toBe("pw=p2");
  });

  test("V1 P4 the key of a signature is read at each login, and a session keeps its own", async () => {
    let [key, isBroken] = ["k1", false];
    routes({ "/login": (_request, respond) => respond(isBroken ? 500 : 200, { session: { token: "s" } }) });
    const sign = { alg: "hmac_sha256", key: () => key, template: "t", into: { header: "X-Sig" } } as const;
    const step = loginAt();
    const clock = testClock();
    const provider = new FlowProvider(
      { steps: [{ ...step, request: { ...step.request, sign } }], apply: [{ sign }], ttl_secs: 100, retries: 0 },
      { clock },
    );
    const fetch = authFetch(provider);
    await fetch(`${api.origin}/rows`);
    [key, isBroken] = ["k2", true];
    clock.advance(95);
    // A renewal that fails has read the new key.
    await fetch(`${api.origin}/rows`);
    isBroken = false;
    clock.advance(60);
    await fetch(`${api.origin}/rows`);
    const signatures = (path: string) => requestsTo(path).map(({ headers }) => headers["x-sig"]);
    const [k1, k2] = ["k1", "k2"].map((each) => hmac("sha256", each, "t", "hex"));
    expect(signatures("/login")).toEqual([k1, k2, k2]);
    expect(signatures("/rows")).toEqual([k1, k1, k2]);
    const before = await provider.getToken();
    key = "k3";
    // The session is the same text again, and yet another credential: its key has changed.
    expect(Credential.equals(await provider.invalidate(before), before)).toBe(false);
  });

  test("V1 D1 of a session that another process has begun are read before it is used", async () => {
    routes({ "/login": sessions() });
    const store = new MemoryTokenStore();
    const make = (more: readonly PlacementConfig[]) =>
      new FlowProvider({ steps: [loginAt()], apply: [inHeader, ...more] }, { store, name: "erp" });
    await make([{ into: "header", name: "X-Key", value: () => "k1" }]).getToken();
    await authFetch(make([{ into: "header", name: "X-Key", value: async () => "k2" }]))(`${api.origin}/rows`);
    expect(requestsTo("/rows")[0]?.headers).toMatchObject({ "x-session": "s1", "x-key": "k2" });
    expect(requestsTo("/login")).toHaveLength(1);
  });

  test("P4 D8 a session on record that lacks what is captured now is not used", async () => {
    routes({ "/login": (_request, respond) => respond(200, { session: { token: "s1" }, tenant: "acme" }) });
    const store = new MemoryTokenStore();
    await new FlowProvider({ steps: [loginAt()], apply: [inHeader] }, { store, name: "erp" }).getToken();
    const step = { ...loginAt(), capture: { session: "$.session.token", tenant: "$.tenant" } };
    const apply = [inHeader, { into: "header", name: "X-Tenant", value: "${tenant}" }] as const;
    await authFetch(new FlowProvider({ steps: [step], apply }, { store, name: "erp" }))(`${api.origin}/rows`);
    expect(requestsTo("/rows")[0]?.headers).toMatchObject({ "x-session": "s1", "x-tenant": "acme" });
    expect(requestsTo("/login")).toHaveLength(2);
  });

  test("V2 P4 a password that has changed is read again when it is refused, at once", async () => {
    const path = join(await folder({ pw: "old" }), "pw");
    routes({
      "/login": async ({ body }, respond) => {
        const isOld = JSON.parse(body).password === "old";
        if (isOld) await writeFile(path, "new");
        respond(isOld ? 401 : 200, isOld ? { error: "invalid_client" } : { session: { token: "s" } });
      },
    });
    const step = loginAt();
    const steps = [{ ...step, request: { ...step.request, json: { password: { file: path } } } }];
    await new FlowProvider({ steps, apply: [inHeader] }).getToken();
    expect(requestsTo("/login")).toHaveLength(2);
  });

  test("V3 S1 V4 what cannot be read is a fault with its place, and nothing of it is printed", async () => {
    const step = loginAt();
    const file = "/not/there";
    const config = {
      steps: [{ ...step, request: { ...step.request, headers: { a: { file } }, json: { b: [{ file }] } } }],
      apply: [
        { into: "header", name: "X", value: { file } },
        { sign: { alg: "hmac_sha1", key: { file }, template: "t", into: { header: "X" } } },
      ],
      logout: { url: "https://api.example", form: { c: { file } } },
    };
    const found = await faultsOf("flow", config);
    expect(Object.keys(found).sort()).toEqual([
      "apply[0].value.file",
      "apply[1].sign.key.file",
      "logout.form.c.file",
      "steps[0].request.headers.a.file",
      "steps[0].request.json.b[0].file",
    ]);
    routes({ "/login": ({ body }, respond) => respond(400, { error: "no", error_description: `what of ${body}` }) });
    const provider = new FlowProvider({
      steps: [{ ...step, request: { ...step.request, json: { password: () => "s3cr3t-f" } } }],
      apply: [{ into: "header", name: "X", value: () => "s3cr3t-v" }],
    });
    const error = await errorOf(() => provider.getToken());
    for (const shown of [
      inspect(error, { depth: 9 }),
      inspect(provider, { depth: 9, showHidden: true }),
      JSON.stringify(provider),
    ]) {
      expect(shown).not.toContain("s3cr3t");
    }
  });

  test("D11 a file of a document stands beside it", async () => {
    routes({ "/login": sessions() });
    const home = await folder({
      pw: "p4ss",
      "pipeline.yaml": `
auth:
  erp:
    type: flow
    config:
      steps:
        - request: { method: POST, url: "\${param.origin}/login", json: { password: { file: pw } } }
          capture: { session: $.session.token }
      apply: [{ into: header, name: X-Key, value: { file: pw } }]
`,
    });
    const catalog = await AuthCatalog.load(join(home, "pipeline.yaml"), { params: { origin: api.origin } });
    await authFetch(catalog.get("erp"))(`${api.origin}/rows`);
    expect(JSON.parse(requestsTo("/login")[0]?.body ?? "")).toEqual({ password: "p4ss" });
    expect(requestsTo("/rows")[0]?.headers["x-key"]).toBe("p4ss");
    await catalog.close();
  });
});

describe("what rotates", () => {
  /** Single use: each login spends the refresh token that it shows. */
  function rotating(second: Handler = (_request, respond) => respond(200, {})): string[] {
    const shown: string[] = [];
    routes({
      "/token": ({ body }, respond) => {
        const rt = new URLSearchParams(body).get("rt") ?? "";
        if (shown.includes(rt)) return respond(400, { error: "invalid_grant" });
        shown.push(rt);
        respond(200, { rt: `rt${shown.length}`, session: { token: `s${shown.length}` } });
      },
      "/second": second,
    });
    return shown;
  }

  const config = (more: Partial<FlowConfig> = {}): FlowConfig => ({
    steps: [
      {
        request: { method: "POST", url: `${api.origin}/token`, form: { rt: "${rt}" } },
        capture: { rt: "$.rt", session: "$.session.token" },
      },
      { request: { url: `${api.origin}/second` } },
    ],
    apply: [inHeader],
    rotates: { rt: "rt0" },
    retries: 0,
    ...more,
  });

  test("P4 D1 is on record for the next login, and for the next process", async () => {
    const shown = rotating();
    const store = new MemoryTokenStore();
    const [first, second] = [1, 2].map(() => new FlowProvider(config(), { store, name: "crm" })) as [
      FlowProvider,
      FlowProvider,
    ];
    const token = await first.getToken();
    await first.invalidate(token);
    expect(await second.invalidate(token)).toEqual(await first.getToken());
    await second.invalidate(await second.getToken());
    expect(shown).toEqual(["rt0", "rt1", "rt2"]);
  });

  test("P4 A3 is kept where the login fails after it came", async () => {
    let isBroken = true;
    const shown = rotating((_request, respond) => respond(isBroken ? 503 : 200, {}));
    const provider = new FlowProvider(config());
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth", retryable: true });
    isBroken = false;
    await provider.getToken();
    expect(shown).toEqual(["rt0", "rt1"]);
  });

  test("P4 A3 is kept where something else is missing in the answer that it comes with", async () => {
    const shown = rotating();
    const [token, second] = config().steps ?? [];
    const steps = [{ ...token, capture: { none: "$.none", ...token?.capture } }, second] as NonNullable<
      FlowConfig["steps"]
    >;
    const clock = testClock();
    const runtime = { store: new MemoryTokenStore({ clock }), name: "crm", clock };
    const error = await errorOf(() => new FlowProvider(config({ steps }), runtime).getToken());
    expect(error.message).toContain("nothing to capture as none");
    clock.advance(60);
    await new FlowProvider(config(), runtime).getToken();
    expect(shown).toEqual(["rt0", "rt1"]);
  });
});

describe("faults", () => {
  test.each(["login", "ftp://a.b/x", "https://a.b/x#y", "//a.b"])("G2 the URL %s of a step", async (url) => {
    const found = await faultsOf("flow", { steps: [{ request: { url } }] });
    expect(found).toEqual({ "steps[0].request.url": expect.stringMatching(/URL|fragment/) });
  });

  const SECRET = "abc${S3CRETPART}def";
  const inRequest = (part: object) => ({ request: { url: "https://a.b/", ...part } });
  const signedBy = (key: string) => ({ alg: "hmac_sha256", key, template: "t", into: { header: "X" } }) as const;
  const circular: Record<string, unknown> = {};
  circular.itself = [circular];
  const sign = { alg: "hmac_sha256", key: "k", template: "${ts}", into: { header: "Authorization" } };
  const userinfo = "https://${ts}:pw@a.b/";

  test.each<[string, FlowConfig, string]>([
    [
      "JSON",
      { steps: [inRequest({ json: { deep: [{ password: SECRET }] } })] },
      "steps[0].request.json.deep[0].password",
    ],
    ["a key of JSON", { steps: [inRequest({ json: { [SECRET]: 1 } })] }, "steps[0].request.json.abc$…"],
    ["a form", { steps: [inRequest({ form: { password: SECRET } })] }, "steps[0].request.form.password"],
    ["a header", { steps: [inRequest({ headers: { "X-Key": SECRET } })] }, "steps[0].request.headers.X-Key"],
    ["the key of a signature", { apply: [{ sign: signedBy(SECRET) }] }, "apply[0].sign.key"],
    ["what goes onto requests", { apply: [{ ...inHeader, value: SECRET }] }, "apply[0].value"],
    [
      "a logout",
      { apply: [{ ...inHeader, value: "v" }], logout: { url: "https://a.b", form: { p: SECRET } } },
      "logout.form.p",
    ],
  ])("G2 S1 a name that nothing captures may be a part of a secret: %s", async (_where, config, path) => {
    const found = await faultsOf("flow", config);
    expect(Object.keys(found)).toEqual([path]);
    expect(found[path]).toMatch(/^has a name that nothing has captured by then; known are ts, nonce/);
    expect(inspect(found)).not.toContain("S3CRETPART");
  });

  test("G2 a misspelt name, and one that is captured too late, are named", async () => {
    const found = await faultsOf("flow", {
      steps: [
        { ...inRequest({ json: { a: "${session}", b: "${none}" } }), capture: { session: "$.s", n: "$.n" } },
        inRequest({ form: { a: "${Sesion}", b: "${x}" } }),
      ],
    });
    expect(found).toEqual({
      "steps[0].request.json.a": "has ${session}, which nothing has captured by then; a later step does",
      "steps[0].request.json.b": 'has ${none}, which nothing captures; did you mean "nonce"?',
      "steps[1].request.form.a": 'has ${Sesion}, which nothing captures; did you mean "session"?',
      "steps[1].request.form.b": expect.stringMatching(/^has a name .* known are session, n, ts, nonce/),
    });
  });

  test.each<[string, object, Record<string, RegExp>]>([
    ["JSON that holds itself", { json: circular }, { json: /holds itself/ }],
    ["a BigInt", { json: { a: 1n } }, { json: /has a BigInt/ }],
    ["a number that loses digits", { json: { a: [2 ** 60] } }, { "json.a[0]": /put it in quotes/ }],
    ["NaN", { json: { a: Number.NaN } }, { "json.a": /is not a finite number/ }],
    ["a Map", { json: { a: new Map() } }, { "json.a": /is a Map: a configuration has plain objects and lists/ }],
    ["a Symbol", { json: { a: { b: Symbol("s") } } }, { "json.a.b": /is no JSON value/ }],
    [
      "a header that the client sets",
      { headers: { "Content-Length": "3" } },
      { "headers.Content-Length": /leave it out/ },
    ],
    ["another one", { headers: { "Transfer-Encoding": "chunked" } }, { "headers.Transfer-Encoding": /leave it out/ }],
    ["a third one", { headers: { Expect: "100-continue" } }, { "headers.Expect": /leave it out/ }],
    ["a header twice", { headers: { "X-A": "1", "x-a": "2" } }, { "headers.x-a": /is given twice/ }],
    ["a header with a line break", { headers: { "X-A": "a\nb" } }, { "headers.X-A": /a header cannot carry/ }],
    ["the same beside a name", { headers: { "X-A": "a\nb${ts}" } }, { "headers.X-A": /a header cannot carry/ }],
    ["an empty header", { headers: { "X-A": "" } }, { "headers.X-A": /leave the header out/ }],
    [
      "two sources of an Authorization",
      { url: userinfo, headers: { authorization: "x" } },
      { "headers.authorization": /would replace the user name and password in url/ },
    ],
    [
      "the signature as the second source",
      { url: userinfo, sign },
      { "sign.into.header": /would replace the user name and password in url/ },
    ],
    [
      "a signature in the place of a header",
      { headers: { authorization: "x" }, sign },
      { "sign.into.header": /would replace headers\.authorization/ },
    ],
    ["CONNECT", { method: "CONNECT" }, { method: /a method that has an answer/ }],
    ["TRACE", { method: "trace" }, { method: /a method that has an answer/ }],
    ["HEAD with JSON", { method: "HEAD", json: {} }, { json: /cannot be sent with HEAD/ }],
    ["HEAD with a form", { method: "head", form: {} }, { form: /cannot be sent with HEAD/ }],
    [
      "a format without the signature",
      { sign: { ...sign, into: { header: "X-S", format: "SIG $${sig}" } } },
      { "sign.into.format": /must have \$\{sig\} in it/ },
    ],
    [
      "a signature in a header that the client sets",
      { sign: { ...sign, into: { header: "Content-Length" } } },
      { "sign.into.header": /leave it out/ },
    ],
    ["all at once", { method: "HEAD", form: {}, json: [1n] }, { json: /BigInt|HEAD|beside form/, form: /with HEAD/ }],
  ])("G2 A8 %s in a request of a step or a logout is a fault, as elsewhere", async (_what, part, expected) => {
    const request = { url: "https://a.b/", ...part };
    const found = await faultsOf("flow", { steps: [{ request }], logout: request });
    const below = (above: string) => Object.entries(expected).map(([path, reason]) => [`${above}.${path}`, reason]);
    const all = [...below("steps[0].request"), ...below("logout")];
    expect(found).toEqual(
      Object.fromEntries(all.map(([path, reason]) => [path, expect.stringMatching(reason as RegExp)])),
    );
  });

  test.each([
    ["no URL", { base_url_from: "x" }, { base_url_from: /is no absolute URL/ }],
    ["no URL whatever is captured", { base_url_from: "x/${s}" }, { base_url_from: /is no absolute URL/ }],
    ["http", { base_url_from: "http://a.example/${s}" }, { base_url_from: /is not https/ }],
    [
      "an origin that is not allowed",
      { base_url_from: "https://a.example", allowed_origins: ["https://b.example"] },
      { base_url_from: /which allowed_origins does not list/ },
    ],
  ])("G2 P2 a base URL that is %s is a fault", async (_what, config, expected) => {
    const steps = [{ request: { url: "https://a.b" }, capture: { s: "$.s" } }];
    const found = await faultsOf("flow", { steps, ...config });
    expect(found).toEqual({ base_url_from: expect.stringMatching(expected.base_url_from) });
  });

  test.each([[{ into: "header", name: "X-A", value: "ü€" }], [{ into: "cookie", name: "sid", value: "a;b${ts}" }]])(
    "G2 what cannot go there, whatever is captured: %j",
    async (placement) => {
      expect(Object.keys(await faultsOf("flow", { apply: [placement] }))).toEqual(["apply[0].value"]);
    },
  );

  test("G1 A8 null in a query or a form is absent, and what says itself what it is in JSON is sent as that", async () => {
    routes({});
    await new FlowProvider({
      steps: [
        {
          request: { url: `${api.origin}/login`, query: { a: null, b: 1 }, json: { at: new Date(0), none: undefined } },
        },
        { request: { method: "POST", url: `${api.origin}/form`, form: { a: null, b: true } } },
      ],
    }).getToken();
    expect(api.seen).toMatchObject([
      { path: "/login?b=1", body: '{"at":"1970-01-01T00:00:00.000Z"}' },
      { path: "/form", body: "b=true" },
    ]);
  });

  test.each([
    ["nothing to do", {}, { "": /neither steps nor apply/ }],
    [
      "form beside json",
      { steps: [{ request: { url: "https://a.b", form: {}, json: 1 } }] },
      { "steps[0].request.json": /beside form/ },
    ],
    [
      "a name that nothing captures",
      { apply: [{ into: "header", name: "X", value: "${nope}" }] },
      { "apply[0].value": /a name that nothing has captured by then; known are ts, nonce; write \$\$\{/ },
    ],
    [
      "a name before it is captured",
      { steps: [{ request: { url: "https://a.b/${s}" }, capture: { s: "$.s" } }] },
      { "steps[0].request.url": /\$\{s\}/ },
    ],
    [
      "a name of ours",
      { steps: [{ request: { url: "https://a.b" }, capture: { ts: "$.s" } }] },
      { "steps[0].capture.ts": /a value of its own/ },
    ],
    [
      "a path that is none",
      { steps: [{ request: { url: "https://a.b" }, capture: { s: "$[" } }] },
      { "steps[0].capture.s": /./ },
    ],
    [
      "a capture without its selector",
      { steps: [{ request: { url: "https://a.b" }, capture: { s: { from: "header" } } }] },
      { "steps[0].capture.s.name": /is required with from: header/ },
    ],
    [
      "a signature beside a placement",
      {
        apply: [
          {
            into: "header",
            name: "X",
            value: "v",
            sign: { alg: "hmac_sha256", key: "k", template: "t", into: { header: "X" } },
          },
        ],
      },
      { "apply[0].into": /beside sign/ },
    ],
    [
      "what rotates and is captured nowhere",
      { apply: [inHeader], rotates: { session: "s" } },
      { "rotates.session": /captured by no step/ },
    ],
    [
      "a template that does not end",
      { apply: [{ into: "header", name: "X", value: "${x" }] },
      { "apply[0].value": /without a \}/ },
    ],
    [
      "a parameter without a value",
      { apply: [{ into: "header", name: "X", value: "${param.x}" }] },
      { "apply[0].value": /param\.x\} has no value/ },
    ],
    ["an unknown key", { apply: [inHeader], step: [] }, { step: /did you mean "steps"/ }],
  ])("G2 %s", async (_what, config, expected) => {
    const error = await errorOf(() => new FlowProvider(config as FlowConfig));
    const faults = (error as { issues?: readonly { path: string; message: string }[] }).issues ?? [];
    for (const [path, message] of Object.entries(expected)) {
      expect(faults.find((fault) => fault.path === path)?.message).toMatch(message);
    }
  });
});

describe("in a catalog", () => {
  test("P4 the flow's names are left to it, and what is put in is no template", async () => {
    routes({ "/login": sessions() });
    process.env.FLOW_TEST_SECRET = "s3${nonce}cret";
    const catalog = await AuthCatalog.fromYaml(
      `
auth:
  erp:
    type: flow
    config:
      steps:
        - request:
            method: POST
            url: "\${param.base_url}/login"
            json: { password: "\${env:FLOW_TEST_SECRET}", literal: "$\${session}", n: "\${vars.n}" }
          capture: { session: "$.session.token" }
      apply:
        - { into: header, name: X-Session, value: "\${session}" }
      rotates: null
vars: { n: 5 }
`,
      { params: { base_url: api.origin } },
    );
    await authFetch(catalog.get("erp"))(`${api.origin}/rows`);
    expect(JSON.parse(requestsTo("/login")[0]?.body ?? "")).toEqual({
      password: "s3${nonce}cret",
      literal: "${session}",
      n: 5,
    });
    expect(requestsTo("/rows")[0]?.headers["x-session"]).toBe("s1");
    await catalog.close();
  });

  test("P4 in code, runtime.params stand for ${param.name}", async () => {
    routes({ "/login": sessions() });
    const steps = [
      { ...loginAt(), request: { url: "${param.base}/login", query: { t: "${param.tenant}", note: "${param.note}" } } },
    ];
    const provider = fromConfig(
      { type: "flow", config: { steps, apply: [inHeader] } },
      { params: { base: api.origin, tenant: 7, note: "a${nonce}" } },
    );
    await provider.getToken();
    expect(requestsTo("/login")[0]?.path).toBe("/login?t=7&note=a%24%7Bnonce%7D");
  });
});
