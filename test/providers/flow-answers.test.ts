/** What a flow makes of answers that nobody would wish for, and of callers who come and go (P4). */

import { inspect } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { authFetch, Credential, type FlowConfig, FlowProvider, type PlacementConfig } from "../../src/index.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";

let api: Api;
/** What the login answers. */
let login: (
  request: ApiRequest,
  count: number,
) => { status?: number; headers?: Record<string, string | string[]>; body?: unknown };

beforeEach(async () => {
  api = await startApi();
  login = () => ({ body: { value: "v" } });
  api.answerWith((request, response) => {
    const isLogin = request.path === "/login";
    const { status = 200, headers = {}, body } = isLogin ? login(request, to("/login").length) : { body: "rows" };
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
});

const to = (path: string): ApiRequest[] => api.seen.filter((request) => request.path.split("?")[0] === path);

const step = (capture: NonNullable<FlowConfig["steps"]>[number]["capture"] = { v: "$.value" }) => ({
  request: { method: "POST", url: `${api.origin}/login`, json: { user: "u" } },
  capture,
});

function flow(apply: readonly PlacementConfig[] = [], more: FlowConfig = {}, runtime = {}): FlowProvider {
  return new FlowProvider({ steps: [step()], apply, retries: 0, ...more }, runtime);
}

/** Values that would be more than data to whoever put them into text. */
const ODD: Record<string, string> = {
  quotes: `"double" and 'single'`,
  "a line break": "one\ntwo\r\nthree\ttab",
  "the end of a JSON object": '"},"admin":true,{"x":"',
  "a backslash": 'a\\"b\\u0041',
  "separators of a form": "a=1&b=2+3%20;c",
  "a name": "${user} $${v} {token}",
  "characters beyond ASCII": "Zoë € 😀 \u2028",
  markup: "<a href='x'>&amp;</a>]]>",
  "a prototype": "__proto__",
};

describe("P4 what is captured is data", () => {
  test.each(Object.entries(ODD))("P4 %s, in JSON, a form, a query and what is signed", async (_what, value) => {
    login = () => ({ body: { value } });
    const provider = flow([], {
      steps: [
        step(),
        {
          request: {
            method: "POST",
            url: `${api.origin}/json`,
            json: { text: "a ${v} z", "${v}": ["${v}"], n: 1, nil: null },
            query: { q: "<${v}>" },
            sign: {
              alg: "hmac_sha256",
              key: "k-${v}",
              template: "${v}:${ts}",
              into: { header: "X-Sig" },
            },
          },
        },
        { request: { method: "POST", url: `${api.origin}/form`, form: { f: "${v}", g: "2" } } },
      ],
    });
    await provider.getToken();
    const [asJson] = to("/json");
    const sent = JSON.parse(asJson?.body ?? "");
    expect(Object.entries(sent).sort()).toEqual(
      Object.entries({ text: `a ${value} z`, n: 1, nil: null, [value]: [value] }).sort(),
    );
    expect([...new URL(asJson?.path ?? "", api.origin).searchParams]).toEqual([["q", `<${value}>`]]);
    expect([...new URLSearchParams(to("/form")[0]?.body)]).toEqual([
      ["f", value],
      ["g", "2"],
    ]);
    expect(asJson?.headers["x-sig"]).toMatch(/^[\da-f]{64}$/);
  });

  test.each<[string, string, string, string]>([
    ["the query", "ORIGIN/x?t=${v}&k=2", "a+b/c==&x=1#y", "/x?t=a%2Bb%2Fc%3D%3D%26x%3D1%23y&k=2"],
    ["the path", "ORIGIN/x/${v}/y", "a/b?c#d e", "/x/a%2Fb%3Fc%23d%20e/y"],
    ["an address with more behind it", "${v}/x?u=${v}", "ORIGIN/base", "/base/x?u=ENCODED%2Fbase"],
    ["where a path begins", "ORIGIN${v}", "/sessions/7?a=1", "/sessions/7?a=1"],
    ["a path behind an address", "${o}${v}?k=${v}", "/sessions/7", "/sessions/7?k=%2Fsessions%2F7"],
    ["a host", "http://${v}/x/${o}", "HOST", "/x/ENCODED"],
  ])("P4 in a URL: %s", async (_where, url, value, path) => {
    const filled = (text: string) =>
      text
        .replace("ORIGIN", api.origin)
        .replace("HOST", new URL(api.origin).host)
        .replace("ENCODED", encodeURIComponent(api.origin));
    login = () => ({ body: { value: filled(value), origin: api.origin } });
    const steps = [step({ v: "$.value", o: "$.origin" }), { request: { url: filled(url) } }];
    await flow([], { steps }).getToken();
    expect(api.seen[1]?.path).toBe(filled(path));
  });

  test("P2 P4 in a base URL likewise", async () => {
    login = () => ({ body: { value: "a/b?c", origin: api.origin } });
    const provider = flow([], { steps: [step({ v: "$.value", o: "$.origin" })], base_url_from: "${o}/rest/${v}" });
    expect(Credential.baseUrl(await provider.getToken())).toBe(`${api.origin}/rest/a%2Fb%3Fc`);
  });

  test.each(["quotes", "the end of a JSON object", "a backslash", "separators of a form", "markup"])(
    "P5 %s, in a body that a connector sends",
    async (what) => {
      const value = ODD[what] as string;
      login = () => ({ body: { value } });
      const fetch = authFetch(flow([{ into: "body", name: "session", value: "${v}" }]));
      const headers = { "content-type": "application/json" };
      await fetch(`${api.origin}/rows`, { method: "POST", headers, body: '{"big":12345678901234567890}' });
      await fetch(`${api.origin}/rows`, { method: "POST", body: new URLSearchParams({ a: "1" }) });
      const [asJson, asForm] = to("/rows");
      expect(asJson?.body).toBe(`{"big":12345678901234567890,"session":${JSON.stringify(value)}}`);
      expect([...new URLSearchParams(asForm?.body)]).toEqual([
        ["a", "1"],
        ["session", value],
      ]);
    },
  );

  test.each([
    ["a number", 7, "7"],
    ["zero", 0, "0"],
    ["a fraction", 0.5, "0.5"],
    ["true", true, "true"],
    ["false", false, "false"],
    ["an object", { a: [1, "x"] }, '{"a":[1,"x"]}'],
    ["a list", [1, 2], "[1,2]"],
  ])("P4 %s is the text that JSON has for it", async (_what, value, text) => {
    login = () => ({ body: { value } });
    await authFetch(flow([{ into: "header", name: "X-V", value: "${v}" }]))(`${api.origin}/rows`);
    expect(to("/rows")[0]?.headers["x-v"]).toBe(text);
  });
});

describe("P4 A5 what cannot stand where it would go", () => {
  const VALUE = "s3cr3t\r\nX-Admin: 1";

  test.each<[string, FlowConfig]>([
    ["a header of requests", { apply: [{ into: "header", name: "X-V", value: "${v}" }] }],
    [
      "a header beside a signature",
      {
        apply: [
          { sign: { alg: "hmac_sha1", key: "k", template: "t", into: { header: "X-S" } } },
          { into: "header", name: "X-V", value: "${v} ${ts}" },
        ],
      },
    ],
    [
      "the header of a signature",
      {
        apply: [
          { sign: { alg: "hmac_sha1", key: "k", template: "t", into: { header: "X-S", format: "${v} ${sig}" } } },
        ],
      },
    ],
    ["a cookie", { apply: [{ into: "cookie", name: "sid", value: "${v}" }] }],
    ["a base URL", { base_url_from: "${v}" }],
  ])("%s is an AuthError, and is not quoted", async (_what, more) => {
    login = () => ({ body: { value: VALUE } });
    const error = await errorOf(() => flow([], more).getToken());
    expect(error).toMatchObject({ code: "auth" });
    expect(inspect(error, { depth: 9 })).not.toContain("s3cr3t");
    expect(to("/rows")).toEqual([]);
  });

  test.each([
    ["a header", { headers: { "X-V": "${v}" } }],
    ["a URL", { url: "${v}/x" }],
    [
      "the header of a signature",
      {
        sign: { alg: "hmac_sha512", key: "k", template: "t", into: { header: "X-S", format: "${v}:${sig}" } } as const,
      },
    ],
  ])("%s of a step is an AuthError, and nothing is sent", async (_what, request) => {
    login = () => ({ body: { value: VALUE } });
    const next = { request: { url: `${api.origin}/next`, ...request } };
    const error = await errorOf(() => flow([], { steps: [step(), next] }).getToken());
    expect(error).toMatchObject({ code: "auth" });
    expect(inspect(error, { depth: 9 })).not.toContain("s3cr3t");
    expect(api.seen.map(({ path }) => path)).toEqual(["/login"]);
  });

  test("a semicolon would begin another cookie", async () => {
    login = () => ({ body: { value: "s3cr3t; admin=1" } });
    const error = await errorOf(() => flow([{ into: "cookie", name: "sid", value: "${v}" }]).getToken());
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("semicolon") });
    expect(error.message).not.toContain("s3cr3t");
  });
});

describe("P4 what stands in XML", () => {
  test.each([
    ["a text", "<a><b>1</b></a>", "1"],
    ["a text that looks like a number", "<a><b>007.50</b></a>", "007.50"],
    ["a CDATA section", "<a><b><![CDATA[x & <y> &amp; z]]></b></a>", "x & <y> &amp; z"],
    ["sections beside text", "<a><b>1&lt;<![CDATA[2]]>3<![CDATA[4]]></b></a>", "1<234"],
    ["characters by their numbers", "<a><b>&#90;&#x6f;&#xEB; &#x110000;</b></a>", "Zoë &#x110000;"],
    ["an entity that is put in twice", "<a><b>&amp;lt;</b></a>", "&lt;"],
    [
      "names with prefixes, attributes and a declaration",
      '<?xml version="1.0"?><p:a xmlns:p="u" x="1"><q:b y="2">v</q:b></p:a>',
      "v",
    ],
    ["the first of many", "<a><b>1</b><b>2</b></a>", "1"],
    ["a text beside elements", "<a><b>t<c>u</c></b></a>", "t"],
    [
      "an element behind the sign of a section in a comment",
      "<a><!-- <![CDATA[ --><b>1</b><c><![CDATA[q]]></c></a>",
      "1",
    ],
    ["an element behind one in an instruction", "<a><?x <![CDATA[ ?><b>1</b><c><![CDATA[q]]></c></a>", "1"],
    ["the sign of a comment in a section", "<a><b><![CDATA[<!-- 1]]></b><c>--></c></a>", "<!-- 1"],
    ["a document after a comment", "<!-- <a><b>no</b></a> --><a><b>yes</b></a>", "yes"],
  ])("P4 %s", async (_what, body, value) => {
    login = () => ({ body });
    const steps = [step({ v: { from: "xml", path: "a.b" } })];
    await authFetch(flow([{ into: "query", name: "v", value: "${v}" }], { steps }))(`${api.origin}/rows`);
    expect(new URL(to("/rows")[0]?.path ?? "", api.origin).searchParams.get("v")).toBe(value);
  });
});

test("P4 statuses may be texts, as variables of the environment give them", async () => {
  const { refusedStatuses } = flow([], { reauth_on: ["403", 419] as never });
  expect(refusedStatuses).toEqual([401, 403, 419]);
  for (const status of [200, 299, 600, 403.5, "x"]) {
    expect((await errorOf(() => flow([], { reauth_on: [status] as never }))).message).toContain("reauth_on[0]");
  }
});

const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe("P4 what an answer holds", () => {
  test.each([
    ["behind a parent without it", "a.p.b", "<a><p><q>1</q></p><p><b>2</b></p><p><b>3</b></p></a>", "2"],
    ["at any depth", "a.p.b.c", "<a><p><b/></p><p><b>x</b><b><c>1</c></b></p><p/></a>", "1"],
    ["behind a parent that is a text", "a.p.b", "<a><p>t</p><p><b>2</b></p></a>", "2"],
  ])("P4 of XML, the first element on the path, %s", async (_what, path, body, value) => {
    expect(await captured({ from: "xml", path }, body)).toBe(value);
  });

  /** What is captured of `body`, or the error. */
  async function captured(capture: unknown, body: unknown, headers: Record<string, string | string[]> = {}) {
    login = () => ({ body, headers });
    const steps = [step({ v: capture } as never)];
    await authFetch(flow([{ into: "query", name: "v", value: "${v}" }], { steps }))(`${api.origin}/rows`);
    return new URL(to("/rows").at(-1)?.path ?? "", api.origin).searchParams.get("v");
  }

  test.each([
    ["the last of a name counts", ["sid=old", "sid=new"], "new"],
    ["one that is ended and set again", ["sid=; Max-Age=0", "sid=new; HttpOnly"], "new"],
    ["one of another path is another cookie", ["sid=new; Path=/", "sid=; Path=/old; Max-Age=0"], "new"],
    ["names are told apart by their case", ["sid=a", "SID=b"], "a"],
    ["Max-Age goes before Expires", ["sid=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=60"], "a"],
    ["the date of the server counts", ["sid=a; Expires=Thu, 01 Jan 1970 00:02:00 GMT"], "a"],
  ])("P4 of cookies, %s (RFC 6265 §5.3)", async (_what, cookies, value) => {
    const headers = { "set-cookie": cookies, date: "Thu, 01 Jan 1970 00:01:00 GMT" };
    expect(await captured({ from: "set_cookie", name: "sid" }, {}, headers)).toBe(value);
  });

  test.each([
    ["a form", "$.sid", "sid=a+b%26c&n=1", FORM, "a b&c"],
    [
      "a form, by its place",
      { from: "json", path: "$.n" },
      "sid=a&n=12345678901234567890",
      FORM,
      "12345678901234567890",
    ],
    ["a body that is nothing but a value", "$", "tok-1\n", { "content-type": "text/plain" }, "tok-1"],
    ["JSON whatever it is called", "$.sid", '{"sid":"a"}', FORM, "a"],
  ] as const)("P4 A7 of %s", async (_what, capture, body, headers, value) => {
    expect(await captured(capture, body, headers)).toBe(value);
  });

  test("P4 F1 what is nested more deeply than JSON can be written is an error that says where", async () => {
    const depth = 200_000;
    const error = await errorOf(() => captured("$.deep", `{"deep":${"[".repeat(depth)}${"]".repeat(depth)}}`));
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("at $.deep is nested too deeply") });
  });

  test.each([
    ["an object", "$.user", '{"user":{"id":12345678901234567890}}'],
    ["a list in it", "$", '{"user":[{"ids":[1,12345678901234567890]}]}'],
    ["a number", "$.id", '{"id":12345678901234567890}'],
  ])("P4 A8 %s that would lose digits is an error that says where", async (_what, path, body) => {
    const error = await errorOf(() => captured(path, body));
    expect(error).toMatchObject({ code: "auth", message: expect.stringMatching(/at \$.* is no value.*beyond 2\^53/s) });
  });
});

describe("P4 captures that find nothing", () => {
  test.each<[string, object, string | object, Record<string, string | string[]>?]>([
    ["JSON without the member", { v: "$.other" }, {}],
    ["an empty text", { v: "$.value" }, { value: "" }],
    ["an empty body", { v: "$.value" }, ""],
    ["a header that is not there", { v: { from: "header", name: "X-None" } }, {}],
    ["a cookie of another name", { v: { from: "set_cookie", name: "sid" } }, {}, { "set-cookie": "SID=1; Path=/" }],
    [
      "a cookie that is ended behind its value",
      { v: { from: "set_cookie", name: "sid" } },
      {},
      { "set-cookie": ["sid=a", "sid=; Max-Age=0"] },
    ],
    [
      "a cookie that ended long ago",
      { v: { from: "set_cookie", name: "sid" } },
      {},
      { "set-cookie": "sid=deleted; Expires=Thu, 01-Jan-1970 00:00:01 GMT" },
    ],
    ["a form in which it is not", { v: "$.other" }, "value=1", FORM],
    ["a cookie that is ended", { v: { from: "set_cookie", name: "sid" } }, {}, { "set-cookie": "sid=; Max-Age=0" }],
    ["XML without the element", { v: { from: "xml", path: "a.c" } }, "<a><b>1</b></a>"],
    ["an element without a text", { v: { from: "xml", path: "a.b" } }, "<a><b/></a>"],
    ["an element of elements", { v: { from: "xml", path: "a" } }, "<a><b>1</b></a>"],
    ["JSON where XML is wanted", { v: { from: "xml", path: "a.b" } }, { a: { b: 1 } }],
    ["XML where JSON is wanted", { v: "$.a" }, "<a>1</a>"],
    ["a member of a prototype", { v: "$.constructor" }, {}],
    ["an element of that name", { v: { from: "xml", path: "__proto__.b" } }, "<a><b>1</b></a>"],
  ])("%s", async (_what, capture, body, headers = {}) => {
    login = () => ({ body, headers });
    const error = await errorOf(() => flow([], { steps: [step(capture as never)] }).getToken());
    expect(error).toMatchObject({ code: "auth", retryable: false, message: expect.stringContaining("capture as v") });
  });

  test("of two that are missing, the first is told", async () => {
    const error = await errorOf(() => flow([], { steps: [step({ a: "$.a", b: "$.b" })] }).getToken());
    expect(error.message).toContain("capture as a");
  });
});

describe("P4 H4 answers without end", () => {
  test("are refused, in whatever step", async () => {
    login = () => ({ body: "x".repeat(1024 * 1024 + 1) });
    expect(await errorOf(() => flow().getToken())).toMatchObject({ code: "auth", retryable: false });
    expect(await errorOf(() => flow([], { steps: [step({})] }).getToken())).toMatchObject({ code: "auth" });
  });

  test("a deep XML document ends by itself", async () => {
    login = () => ({ body: "<a>".repeat(200_000) });
    const steps = [step({ v: { from: "xml", path: "a.b" } })];
    expect(await errorOf(() => flow([], { steps }).getToken())).toMatchObject({ code: "auth" });
  });

  test("H3 a redirect is not followed, and tells no more than its origin", async () => {
    login = () => ({ status: 302, headers: { location: "https://login.example/s3cr3t" } });
    const error = await errorOf(() => flow().getToken());
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("https://login.example") });
    expect(error.message).not.toContain("s3cr3t");
  });
});

describe("P4 C F callers, and failures", () => {
  test("P4 C1 a hundred callers share one login, and one that leaves takes nobody along (C8)", async () => {
    const provider = flow([{ into: "header", name: "X-V", value: "${v}" }]);
    const controller = new AbortController();
    const leaving = errorOf(() => provider.getToken({ signal: controller.signal }));
    const others = Array.from({ length: 100 }, () => provider.getToken());
    controller.abort(new Error("left"));
    expect(await leaving).toMatchObject({ message: "left" });
    expect(new Set(await Promise.all(others)).size).toBe(1);
    expect(to("/login")).toHaveLength(1);
  });

  test("P4 F2 a step that fails in passing begins the login again; one that is refused ends it", async () => {
    login = (_request, count) => (count === 1 ? { status: 503 } : { body: { value: "v" } });
    const first = { request: { url: `${api.origin}/first` } };
    await flow([], { steps: [first, step()], retries: 1 }, { random: () => 0 }).getToken();
    expect(api.seen.map(({ path }) => path)).toEqual(["/first", "/login", "/first", "/login"]);
    login = () => ({ status: 403 });
    expect(await errorOf(() => flow([], { retries: 2 }).getToken())).toMatchObject({ status: 403, retryable: false });
    expect(to("/login")).toHaveLength(3);
  });

  test("P4 F4 a login that is refused is not tried again at once", async () => {
    login = () => ({ status: 403 });
    const provider = flow();
    await errorOf(() => provider.getToken());
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: expect.any(Number) });
    expect(to("/login")).toHaveLength(1);
  });

  test("P4 F3 a session that cannot be renewed is used to its end", async () => {
    const clock = testClock();
    const provider = flow([{ into: "header", name: "X-V", value: "${v}" }], { ttl_secs: 100 }, { clock });
    const session = await provider.getToken();
    login = () => ({ status: 500 });
    clock.advance(95);
    expect(await provider.getToken()).toBe(session);
    clock.advance(5);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth" });
  });

  test("P4 a session that a failed login has begun is ended too on close(), and each but once", async () => {
    let logins = 0;
    login = () => ({ body: { value: `s${++logins}` } });
    api.answerWith((request, response) => {
      const isBroken = request.path === "/second" && logins < 3;
      response.writeHead(isBroken ? 503 : 200);
      response.end(JSON.stringify(request.path === "/login" ? login(request, 0).body : {}));
    });
    const second = { request: { url: `${api.origin}/second` } };
    const config = {
      steps: [step(), second],
      logout: { url: `${api.origin}/logout`, query: { v: "${v}" } },
      retries: 2,
    };
    const provider = flow([], config, { random: () => 0 });
    await provider.getToken();
    await provider.close();
    await provider.close();
    const ended = api.seen.map(({ path }) => path).filter((path) => path.startsWith("/logout"));
    expect(ended.sort()).toEqual(["/logout?v=s1", "/logout?v=s2", "/logout?v=s3"]);
  });

  test.each<[string, () => FlowConfig]>([
    ["no step was accepted", () => ({ steps: [{ request: { url: `${api.origin}/login` } }] })],
    ["what ends it was not captured", () => ({ steps: [step({ v: "$.none" })] })],
    ["nothing is said of how it ends", () => ({ steps: [step(), { request: { url: "${v}" } }], logout: null })],
  ])("P4 a failed login has begun no session that could be ended, since %s", async (_why, config) => {
    login = ({ method }) => ({ status: method === "POST" ? 200 : 403, body: { value: "v" } });
    const { steps = [] } = config();
    const names = steps?.some(({ capture }) => capture?.v) ? { v: "${v}" } : {};
    const logout = { url: `${api.origin}/logout`, query: names };
    const provider = flow([], { logout, ...config() });
    await errorOf(() => provider.getToken());
    await provider.close();
    expect(api.seen.map(({ path }) => path)).toEqual(["/login"]);
  });

  test("P4 a session that cannot be used is ended as well", async () => {
    login = () => ({ body: { value: "http://far.example" } });
    const logout = { url: `${api.origin}/logout` };
    const provider = flow([], { base_url_from: "${v}", logout });
    await errorOf(() => provider.getToken());
    await provider.close();
    expect(api.seen.map(({ path }) => path)).toEqual(["/login", "/logout"]);
  });

  test("P4 nothing is asked after close(), and a second close() ends no session again", async () => {
    const provider = flow([], { logout: { url: `${api.origin}/logout` } });
    await provider.getToken();
    await provider.close();
    await provider.close();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
    expect(api.seen.map(({ path }) => path)).toEqual(["/login", "/logout"]);
  });
});
