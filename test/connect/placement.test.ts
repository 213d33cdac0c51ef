/** Where credentials go that are more than headers: query, cookie, body, signatures (P1, P2, P5). */

import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { Agent, interceptors, request, Request as UndiciRequest, fetch as undiciFetch } from "undici";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  applyCredential,
  authFetch,
  authInterceptor,
  Credential,
  credentialHeaders,
  type SignableRequest,
  TokenCache,
} from "../../src/index.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

let api: Api;

beforeEach(async () => {
  api = await startApi();
  api.answerWith((_request, response) => response.end("rows"));
});

interface Outgoing {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

type Send = (url: string, request?: Outgoing) => Promise<{ status: number; text(): Promise<string> }>;

function newAgent(): Agent {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent;
}

function composed(provider: AuthProvider) {
  return newAgent().compose(authInterceptor(provider, { origins: "any" }));
}

const ways: Record<string, (provider: AuthProvider) => Send> = {
  authFetch: (provider) => {
    const fetch = authFetch(provider);
    return (url, init) => fetch(url, init as RequestInit);
  },
  "authFetch given a Request": (provider) => {
    const fetch = authFetch(provider);
    return (url, init) => fetch(new Request(url, init as RequestInit));
  },
  "authFetch on undici's fetch": (provider) => {
    const fetch = authFetch(provider, { fetch: undiciFetch as never });
    return (url, init) => fetch(url, init as RequestInit);
  },
  "interceptor with request": (provider) => {
    const dispatcher = composed(provider);
    return async (url, { method = "GET", headers = {}, body = null } = {}) => {
      const { origin, pathname, search } = new URL(url);
      const answer = await dispatcher.request({
        origin,
        path: pathname + search,
        method: method as "GET",
        headers,
        body: body as string,
      });
      return { status: answer.statusCode, text: () => answer.body.text() };
    };
  },
  "interceptor with fetch": (provider) => {
    const dispatcher = composed(provider);
    return (url, init) => undiciFetch(url, { ...(init as object), dispatcher });
  },
  "applyCredential, then fetch": (provider) => {
    return async (url, { body, ...init } = {}) => {
      const request = applyCredential(
        { url, method: init.method ?? "GET", headers: new Headers(init.headers), body },
        await provider.getToken(),
      );
      return fetch(request.url, { ...init, headers: request.headers, body: request.body as string });
    };
  },
};

/** undici's fetch puts each error of its dispatcher behind one of its own. */
function causeOf(error: Error): Error {
  return (error.cause as Error | undefined) ?? error;
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

describe.each(Object.entries(ways))("%s", (way, makeSend) => {
  async function sent(credential: Credential, path: string, request?: Outgoing): Promise<ApiRequest> {
    const response = await makeSend(scriptedProvider(credential))(api.origin + path, request);
    expect(await response.text()).toBe("rows");
    return api.seen.at(-1) as ApiRequest;
  }

  test.each([
    ["/rows", "/rows?key=s3%20cr%26t"],
    ["/rows?a=1&a=2", "/rows?a=1&a=2&key=s3%20cr%26t"],
    ["/rows?a=%7E&b", "/rows?a=%7E&b&key=s3%20cr%26t"],
    ["/rows?key=old&a=1&k%65y=older", "/rows?a=1&key=s3%20cr%26t"],
    ["/rows?", "/rows?key=s3%20cr%26t"],
    ["/rows?a=1&?key=keep", "/rows?a=1&?key=keep&key=s3%20cr%26t"],
    ["/rows??key=keep", "/rows??key=keep&key=s3%20cr%26t"],
  ])("P1 a query credential goes to %s as %s", async (path, expected) => {
    expect((await sent(Credential.query("key", "s3 cr&t"), path)).path).toBe(expected);
  });

  test("P1 a cookie stands beside the others, in place of one of its name", async () => {
    const cookie = Credential.cookie("sid", "s3cr3t");
    expect((await sent(cookie, "/rows")).headers.cookie).toBe("sid=s3cr3t");
    const headers = { Cookie: "a=1; sid=old;b=2" };
    expect((await sent(cookie, "/rows", { headers })).headers.cookie).toBe("a=1; b=2; sid=s3cr3t");
  });

  test("P1 several go onto one request", async () => {
    const several = Credential.composite([
      Credential.bearer("t0ken"),
      Credential.query("tenant", "acme"),
      Credential.cookie("sid", "1"),
      Credential.cookie("route", "2"),
    ]);
    const { path, headers } = await sent(several, "/rows");
    expect(path).toBe("/rows?tenant=acme");
    expect(headers).toMatchObject({ authorization: "Bearer t0ken", cookie: "sid=1; route=2" });
  });

  test.each([
    [
      '{"a":12345678901234567890, "b":{"session":[1,"}"]}}',
      '{"a":12345678901234567890,"b":{"session":[1,"}"]},"session":"s\\"1"}',
    ],
    ['{ "session" : "old", "a": 1.10 }', '{"a": 1.10,"session":"s\\"1"}'],
    ["{}", '{"session":"s\\"1"}'],
  ])("P5 a member of the JSON object %s", async (body, expected) => {
    const request = { method: "POST", headers: json, body };
    expect((await sent(Credential.body("session", 's"1'), "/rows", request)).body).toBe(expected);
  });

  test.each<[string, object]>([
    ["a Buffer", Buffer.from('{"a":"é"}')],
    ["a DataView", new DataView(Uint8Array.from(Buffer.from('{"a":"é"}')).buffer)],
    ["an ArrayBuffer", Uint8Array.from(Buffer.from('{"a":"é"}')).buffer],
    [
      "a Uint8Array of another realm",
      runInNewContext("Uint8Array.from(bytes)", { bytes: [...Buffer.from('{"a":"é"}')] }),
    ],
    [
      "an ArrayBuffer of another realm",
      runInNewContext("Uint8Array.from(bytes).buffer", { bytes: [...Buffer.from('{"a":"é"}')] }),
    ],
  ])("P5 a member of the JSON in %s", async (_what, body) => {
    const request = { method: "POST", headers: json, body };
    expect((await sent(Credential.body("session", "s"), "/rows", request)).body).toBe('{"a":"é","session":"s"}');
  });

  test("P5 a field of a form", async () => {
    const request = { method: "POST", headers: form, body: "?session=1+2&session=old&b=%C3%BC" };
    const { body } = await sent(Credential.body("session", "s 1"), "/rows", request);
    expect(body).toBe("?session=1+2&b=%C3%BC&session=s+1");
  });

  test.each([
    ["a list", { method: "POST", headers: json, body: "[1]" }, /JSON object or a form/],
    ["text", { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }, /another body \(text\/plain\)/],
    ["nothing", {}, /no body/],
    ["what is no JSON", { method: "POST", headers: json, body: "{" }, /JSON object/],
    ["JSON in Latin-1", { method: "POST", headers: json, body: Buffer.from('{"a":"é"}', "latin1") }, /text in UTF-8/],
    ["a form in Latin-1", { method: "POST", headers: form, body: Buffer.from("a=é", "latin1") }, /text in UTF-8/],
  ])("P5 %s cannot carry a credential in its body: a TypeError, and no request", async (_what, request, message) => {
    const send = makeSend(scriptedProvider(Credential.body("session", "s3cr3t")));
    const error = causeOf(await errorOf(() => send(`${api.origin}/rows`, request as Outgoing)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(inspect(error)).not.toContain("s3cr3t");
    expect(api.seen).toEqual([]);
  });

  test("P5 P1 a signature covers the request as it is sent, with all else that is on it", async () => {
    const hmac = (text: string): string => createHmac("sha256", "key").update(text).digest("hex");
    const signed = ({ method, url, header, body }: SignableRequest): string =>
      hmac([method, url, header("cookie"), header("x-own"), Buffer.from(body() ?? "")].join("\n"));
    const credential = Credential.composite([
      Credential.signer({
        scheme: "ACME",
        secret: "key",
        sign: (request) => Credential.header("x-signature", signed(request)),
      }),
      Credential.query("tenant", "a c"),
      Credential.cookie("sid", "1"),
    ]);
    const request = { method: "POST", headers: { ...form, "X-Own": "o" }, body: "a=1" };
    const { path, headers } = await sent(credential, "/rows?q=ü", request);
    const expected = hmac(["POST", api.origin + path, "sid=1", "o", "a=1"].join("\n"));
    expect(headers["x-signature"]).toBe(expected);
    expect(path).toBe("/rows?q=%C3%BC&tenant=a%20c");
  });

  test("P1 a signer may place what it makes anywhere but in a signer", async () => {
    const sign = () => Credential.composite([Credential.query("sig", "1"), Credential.cookie("a", "b")]);
    const signer = Credential.signer({ scheme: "ACME", secret: "k", sign });
    expect(await sent(signer, "/rows")).toMatchObject({ path: "/rows?sig=1", headers: { cookie: "a=b" } });
    const nested = Credential.signer({ scheme: "OUTER", secret: "k", sign: () => signer });
    const error = causeOf(await errorOf(() => makeSend(scriptedProvider(nested))(`${api.origin}/rows`)));
    expect(error.message).toMatch(/the signer OUTER has made another signer/);
  });

  test("S1 what a signer makes that cannot be sent is not quoted", async () => {
    const sign = () => ({ type: "header", name: "x-signature", value: "s3cr3t\n" }) as const;
    const send = makeSend(scriptedProvider(Credential.signer({ scheme: "ACME", secret: "k", sign })));
    const error = causeOf(await errorOf(() => send(`${api.origin}/rows`)));
    expect(error.message).toMatch(/the value cannot stand in a header/);
    expect(inspect(error)).not.toContain("s3cr3t");
  });

  describe.skipIf(way.startsWith("applyCredential"))("after a refusal", () => {
    test("P1 it is placed anew, with nothing left of the one before", async () => {
      api.answerWith(({ path }, response) => {
        response.statusCode = path.includes("one") ? 401 : 200;
        response.end("rows");
      });
      const provider = scriptedProvider(Credential.query("key", "one"), Credential.query("key", "two"));
      const response = await makeSend(provider)(`${api.origin}/rows?a=1`);
      expect(response.status).toBe(200);
      expect(api.seen.map(({ path }) => path)).toEqual(["/rows?a=1&key=one", "/rows?a=1&key=two"]);
      expect(provider.reported).toHaveLength(1);
    });

    test("P5 a body is changed anew, from what the caller gave", async () => {
      api.answerWith(({ body }, response) => {
        response.statusCode = body.includes("one") ? 401 : 200;
        response.end("rows");
      });
      const provider = scriptedProvider(Credential.body("s", "one"), Credential.body("s", "two"));
      await makeSend(provider)(`${api.origin}/rows`, { method: "POST", headers: json, body: '{"a":1}' });
      expect(api.seen.map(({ body }) => body)).toEqual(['{"a":1,"s":"one"}', '{"a":1,"s":"two"}']);
    });

    test("P6 a challenge is answered once by another signature, and is no refusal", async () => {
      let nonce = "none";
      api.answerWith(({ headers }, response) => {
        const isCurrent = headers["x-signature"] === "n1";
        response.writeHead(isCurrent ? 200 : 401, { "x-nonce": "n1" });
        response.end("rows");
      });
      const credential = Credential.signer({
        scheme: "ACME",
        secret: "k",
        sign: () => Credential.header("x-signature", nonce),
        isChallenge({ origin, status, headers }) {
          expect(origin).toBe(api.origin);
          nonce = headers.get("x-nonce") ?? "";
          return status === 401;
        },
      });
      const provider = scriptedProvider(credential);
      expect((await makeSend(provider)(`${api.origin}/rows`, { method: "POST", body: "x" })).status).toBe(200);
      expect(provider.reported).toEqual([]);
      expect(api.seen.map(({ body, headers }) => [body, headers["x-signature"]])).toEqual([
        ["x", "none"],
        ["x", "n1"],
      ]);
    });

    test("P6 a challenge that comes again is the answer, and nothing is reported", async () => {
      api.answerWith((_request, response) => {
        response.statusCode = 401;
        response.end("rows");
      });
      const sign = () => Credential.header("x-signature", "s");
      const provider = scriptedProvider(
        Credential.signer({ scheme: "ACME", secret: "k", sign, isChallenge: ({ status }) => status === 401 }),
      );
      const response = await makeSend(provider)(`${api.origin}/rows`);
      expect([response.status, await response.text()]).toEqual([401, "rows"]);
      expect(api.seen).toHaveLength(2);
      expect(provider.reported).toEqual([]);
    });
  });
});

describe("W5 P5 a request of undici that is signed", () => {
  const signed: string[] = [];
  const sign = ({ url }: SignableRequest) => Credential.header("x-signed", String(signed.push(url)));
  const signer = Credential.signer({ scheme: "ACME", secret: "k", sign });
  const credential = Credential.composite([Credential.query("key", "s"), signer]);

  test.each([
    ["//foo/bar?x=1", "//foo/bar?x=1&key=s"],
    ["//", "//?key=s"],
    ["/\\foo/bar", "//foo/bar?key=s"],
    ["/rows?a=b", "/rows?a=b&key=s"],
  ])("goes to the path %s, which is what is signed", async (path, expected) => {
    for (const origin of [api.origin, `${api.origin}/`, new URL(api.origin)]) {
      const { statusCode, body } = await composed(scriptedProvider(credential)).request({
        origin,
        path,
        method: "GET",
      });
      await body.dump();
      expect([statusCode, api.seen.at(-1)?.path, signed.at(-1)]).toEqual([200, expected, api.origin + expected]);
    }
  });

  test("goes through a proxy with the whole URL as its path", async () => {
    const path = "http://rows.example/a?b=c";
    const dispatcher = composed(scriptedProvider(credential));
    await (await dispatcher.request({ origin: api.origin, path, method: "GET" })).body.dump();
    expect([api.seen.at(-1)?.path, signed.at(-1)]).toEqual([`${path}&key=s`, `${path}&key=s`]);
  });
});

describe.each(Object.entries(ways).filter(([way]) => !way.startsWith("interceptor")))("%s", (way, makeSend) => {
  /** As a sandbox or a test environment brings it, with a class of its own. */
  class ForeignSearchParams {
    readonly [Symbol.toStringTag] = "URLSearchParams";
    toString = () => "q=1";
  }
  const formType = "application/x-www-form-urlencoded;charset=UTF-8";
  const cases: [string, object, string, string][] = [
    ["a form", new URLSearchParams("q=1"), formType, "q=1&s=t"],
    ["a form of another realm", new ForeignSearchParams(), formType, "q=1&s=t"],
    ["a Blob", new Blob(['{"a":1}'], { type: "application/json" }), "application/json", '{"a":1,"s":"t"}'],
    ["a Blob with parameters", new Blob(["q=1"], { type: formType }), formType.toLowerCase(), "q=1&s=t"],
  ];
  const taken = cases.filter(([, body]) => {
    if (way.endsWith("Request")) return !(body instanceof ForeignSearchParams);
    return !way.startsWith("applyCredential") || !(body instanceof Blob);
  });

  test.each(taken)("P5 %s keeps its content type when a credential is put into it", async (_what, body, type, sent) => {
    await makeSend(scriptedProvider(Credential.body("s", "t")))(`${api.origin}/rows`, { method: "POST", body });
    expect(api.seen[0]).toMatchObject({ body: sent, headers: { "content-type": type } });
  });

  test("P5 the content type that a caller gives, or another part of the credential, stays", async () => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const request = { method: "POST", body: new URLSearchParams("q=1") };
    await makeSend(scriptedProvider(Credential.body("s", "t")))(`${api.origin}/rows`, { ...request, headers });
    const parts = [Credential.body("s", "t"), Credential.headers(headers)] as const;
    await makeSend(scriptedProvider(Credential.composite([...parts])))(`${api.origin}/rows`, request);
    for (const seen of api.seen)
      expect(seen).toMatchObject({ body: "q=1&s=t", headers: { "content-type": headers["Content-Type"] } });
    expect(api.seen).toHaveLength(2);
  });
});

describe("P5 a body that can be read only once", () => {
  const signer = (reads: boolean): Credential =>
    Credential.signer({
      scheme: "ACME",
      secret: "k",
      sign: ({ body }) => Credential.header("x-signature", reads ? String(body()) : "unread"),
    });
  const stream = () => new Blob(["a=1"]).stream();
  const init = (headers = {}) => ({ method: "POST", body: stream(), duplex: "half", headers }) as RequestInit;

  test("is not signed", async () => {
    const fetch = authFetch(scriptedProvider(signer(true)));
    const error = await errorOf(() => fetch(`${api.origin}/rows`, init()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/read only once/);
    expect(api.seen).toEqual([]);
  });

  test("is sent, where the signature does not cover it", async () => {
    const response = await authFetch(scriptedProvider(signer(false)))(`${api.origin}/rows`, init());
    expect(await response.text()).toBe("rows");
    expect(api.seen[0]).toMatchObject({ body: "a=1", headers: { "x-signature": "unread" } });
  });

  test("carries a query credential, and is sent once", async () => {
    api.answerWith((_request, response) => {
      response.statusCode = 401;
      response.end();
    });
    const provider = scriptedProvider(Credential.query("k", "1"), Credential.query("k", "2"));
    expect((await authFetch(provider)(`${api.origin}/rows`, init())).status).toBe(401);
    expect(api.seen.map(({ path, body }) => [path, body])).toEqual([["/rows?k=1", "a=1"]]);
    expect(provider.reported).toHaveLength(1);
  });
});

describe("a redirect to another origin", () => {
  test.each([
    ["query", Credential.query("key", "s3cr3t")],
    ["cookie", Credential.cookie("key", "s3cr3t")],
    ["body", Credential.body("key", "s3cr3t")],
  ] as const)("W5 leaves a %s credential behind", async (_kind, credential) => {
    const other = await startApi();
    other.answerWith((_request, response) => response.end("there"));
    api.answerWith((_request, response) => {
      response.writeHead(307, { location: `${other.origin}/there` });
      response.end();
    });
    const fetch = authFetch(scriptedProvider(credential));
    const response = await fetch(`${api.origin}/rows`, { method: "POST", headers: json, body: "{}" });
    expect(await response.text()).toBe("there");
    expect(JSON.stringify(api.seen)).toContain("s3cr3t");
    expect(JSON.stringify(other.seen)).not.toContain("s3cr3t");
  });

  const withPart = Credential.composite([Credential.bearer("t1"), Credential.query("api_key", "t0p s+cret")]);
  const inQuery = { scheme: "ACME", secret: "k", sign: () => Credential.query("api_key", "t0p s+cret") };
  const keepingQuery = (at: Api, to: () => string): void =>
    at.answerWith(({ path }, response) => {
      if (path.startsWith("/rows")) response.writeHead(301, { location: to() + path.replace("/rows", "/new") });
      response.end();
    });

  describe.each([
    ["a query credential", Credential.query("api_key", "t0p s+cret")],
    ["a composite with one", withPart],
    ["a signer that makes one", Credential.signer(inQuery)],
  ] as const)("W5 where the server keeps the query, %s", (_kind, credential) => {
    const sending: [string, (origins: string[]) => Promise<(url: string) => Promise<unknown>>][] = [
      ["authFetch", async () => authFetch(scriptedProvider(credential))],
      ["authFetch with origins", async (origins) => authFetch(scriptedProvider(credential), { origins })],
      [
        "authInterceptor before redirect",
        async (origins) => {
          const auth = authInterceptor(scriptedProvider(credential), { origins });
          const dispatcher = newAgent().compose(auth, interceptors.redirect({ maxRedirections: 5 }));
          return (url) => request(url, { dispatcher });
        },
      ],
      [
        "authInterceptor below undici's fetch",
        async (origins) => {
          const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(credential), { origins }));
          return (url) => undiciFetch(url, { dispatcher });
        },
      ],
    ];

    test.each(sending)("W5 is taken out of it for another origin: %s", async (_way, make) => {
      const other = await startApi();
      keepingQuery(api, () => other.origin);
      const send = await make([api.origin]);
      await send(`${api.origin}/rows?page=1&api_key=mine`);
      expect(api.seen.map(({ path }) => path)).toEqual(["/rows?page=1&api_key=t0p%20s%2Bcret"]);
      expect(other.seen.map(({ path }) => path)).toEqual(["/new?page=1"]);
    });

    test.each(sending)("P1 stands in it once within the origin: %s", async (_way, make) => {
      keepingQuery(api, () => api.origin);
      const send = await make([api.origin]);
      await send(`${api.origin}/rows?page=1`);
      expect(api.seen[1]?.path).toBe("/new?page=1&api_key=t0p%20s%2Bcret");
    });
  });

  test.each([
    ["/new?api_key=t0p+s%2Bcret", "/new"],
    ["/new?api_key=t0p%20s+cret#there", "/new"],
    ["/new?api%5Fkey=%74%30p%20s%2Bcret&page=2", "/new?page=2"],
    ["/new?api_key=its-own&page=2", "/new?api_key=its-own&page=2"],
    ["/new?%zz=1&&page=2", "/new?%zz=1&&page=2"],
  ])("W5 the redirect to %j leads to %j, however the server has spelt the parameter", async (location, reached) => {
    const other = await startApi();
    api.answerWith((_request, response) => response.writeHead(302, { location: other.origin + location }).end());
    await authFetch(scriptedProvider(Credential.query("api_key", "t0p s+cret")))(`${api.origin}/rows`);
    expect(other.seen.map(({ path }) => path)).toEqual([reached]);
  });

  test("P1 a redirect within the origin carries it", async () => {
    api.answerWith(({ path }, response) => {
      if (path.startsWith("/rows")) response.writeHead(302, { location: "/moved?x=1" });
      response.end();
    });
    await authFetch(scriptedProvider(Credential.query("key", "s")))(`${api.origin}/rows`);
    expect(api.seen.map(({ path }) => path)).toEqual(["/rows?key=s", "/moved?x=1&key=s"]);
  });
});

describe("P2 a relative URL", () => {
  const providerAt = (...bases: (string | undefined)[]): AuthProvider => {
    let issued = -1;
    const cache = new TokenCache(async () => {
      issued += 1;
      return { credential: Credential.bearer(`t${issued}`), baseUrl: bases[issued] };
    });
    return Object.assign(cache, { type: "own", name: "own" });
  };

  test.each([
    ["/rest/x", "entity/1?a=b", "/rest/x/entity/1?a=b"],
    ["/rest/x/", "entity/1", "/rest/x/entity/1"],
    ["/rest/x", "/services/data", "/services/data"],
    ["", "entity", "/entity"],
    ["/rest?q=1#f", "entity", "/rest/entity"],
    ["/rest", "//other.invalid/p", "//other.invalid/p"],
    ["/rest", "\\\\other.invalid\\p", "//other.invalid/p"],
    ["/rest", "/\\other.invalid/p?a=1", "//other.invalid/p?a=1"],
    ["/rest", "/\t/other.invalid/p", "//other.invalid/p"],
    ["/rest", "//u:p@other.invalid:99999/p", "//u:p@other.invalid:99999/p"],
    ["/rest", " /p", "/p"],
  ])("of %s and %s goes to %s", async (base, url, expected) => {
    await authFetch(providerAt(api.origin + base))(url);
    expect(api.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([[expected, "Bearer t0"]]);
  });

  test.each([" //HOST/p", "\t\\\\HOST\\p", "\n/\t/HOST/p"])("W5 %j never leaves its origin", async (url) => {
    const other = await startApi();
    const relative = url.replace("HOST", new URL(other.origin).host);
    const error = await errorOf(() => authFetch(providerAt(`${api.origin}/rest`))(relative));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/must stay at the origin/);
    expect([...api.seen, ...other.seen]).toEqual([]);
  });

  test("follows a session that has moved, when it is sent again", async () => {
    const other = await startApi(["Bearer t1"]);
    api.answerWith((_request, response) => {
      response.statusCode = 401;
      response.end();
    });
    const response = await authFetch(providerAt(`${api.origin}/a`, `${other.origin}/b`))("rows");
    expect(response.status).toBe(200);
    expect([api.seen[0]?.path, other.seen[0]?.path]).toEqual(["/a/rows", "/b/rows"]);
  });

  test("W5 goes without the credential to an origin that is not listed, and so does its redirect", async () => {
    api.answerWith(({ path }, response) => {
      if (path === "/rows") response.writeHead(302, { location: "/moved" });
      response.end();
    });
    await authFetch(providerAt(api.origin), { origins: ["https://api.example"] })("/rows");
    expect(api.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ["/rows", undefined],
      ["/moved", undefined],
    ]);
    await authFetch(providerAt(api.origin), { origins: [api.origin] })("/rows");
    expect(api.authorizations().slice(2)).toEqual(["Bearer t0", "Bearer t0"]);
  });

  test("W5 goes without the replacement to an origin that is not listed, where the session has moved there", async () => {
    const other = await startApi();
    other.answerWith((_request, response) => response.end("moved"));
    api.answerWith((_request, response) => {
      response.statusCode = 401;
      response.end();
    });
    const fetch = authFetch(providerAt(`${api.origin}/a`, `${other.origin}/b`), { origins: [api.origin] });
    expect(await (await fetch("rows", { signal: AbortSignal.timeout(60_000) })).text()).toBe("moved");
    expect(api.authorizations()).toEqual(["Bearer t0"]);
    expect(other.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([["/b/rows", undefined]]);
  });

  test("without a base URL is fetch's to judge, whose error says how to have one", async () => {
    expect((await errorOf(() => authFetch(providerAt(undefined))("rows"))).message).toMatch(/configure base_url_path/);
    const listed = authFetch(providerAt(undefined), { origins: [api.origin] });
    expect((await errorOf(() => listed("rows"))).message).toMatch(/cannot be compared with authFetch's origins/);
  });

  test("Credential.baseUrl tells it, and printing does not change by it", async () => {
    const credential = await providerAt("https://api.example/x").getToken();
    expect(Credential.baseUrl(credential)).toBe("https://api.example/x");
    expect(Credential.baseUrl(Credential.bearer("t0"))).toBeUndefined();
    expect(Credential.equals(credential, Credential.bearer("t0"))).toBe(true);
    expect(inspect(credential, { showHidden: true, depth: 9 })).not.toContain("api.example");
  });
});

describe("P1 S1 a URL that cannot be sent to", () => {
  const signer = Credential.signer({
    scheme: "ACME",
    secret: "k",
    sign: ({ url }) => Credential.header("x-signed", new URL(url).host),
  });
  const query = Credential.query("key", "s3cr3t");
  const credentials = { query, "query and signer": Credential.composite([query, signer]) };
  const urls = ["/rows?a=1", "rows", "http://h:99999/x", "http://u:pa55@h/x", "http://u:pa55@h:99999/x", "http://"];
  const fetches = { "Node's fetch": undefined, "undici's fetch": undiciFetch as never };
  const everyCase = Object.keys(fetches).flatMap((fetch) =>
    Object.keys(credentials).flatMap((kind) => urls.map((url) => [fetch, kind, url] as const)),
  ) as [keyof typeof fetches, keyof typeof credentials, string][];

  test.each(everyCase)("%s with %s: the error for %s quotes no secret", async (fetch, kind, url) => {
    const send = authFetch(scriptedProvider(credentials[kind]), { fetch: fetches[fetch] });
    const error = await errorOf(() => send(url));
    expect(error).toBeInstanceOf(TypeError);
    if (kind === "query") expect(error.message).toContain(url.replace("u:pa55@", ""));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/s3cr3t|pa55/);
  });

  test("is not taken for one where a fetch takes relative URLs, whose own errors stay", async () => {
    const seen: unknown[] = [];
    const failure = new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) });
    const fetch = async (url: unknown) => {
      seen.push(url);
      if (seen.length === 2) throw failure;
      return new Response("rows");
    };
    const send = authFetch(scriptedProvider(query), { fetch: fetch as never });
    expect(await (await send("/rows")).text()).toBe("rows");
    expect(await errorOf(() => send("/rows"))).toBe(failure);
    expect(seen).toEqual(["/rows?key=s3cr3t", "/rows?key=s3cr3t"]);
  });

  test("is not quoted by a signer's error in applyCredential either", async () => {
    const request = { method: "GET", url: "/rows", headers: new Headers() };
    const error = await errorOf(async () => applyCredential(request, credentials["query and signer"]));
    expect(error.message).toBe("the signer ACME needs an absolute URL, and the request's is relative or invalid");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
  });
});

describe("applyCredential", () => {
  test.each([Request, UndiciRequest])(
    "P1 gives a new Request where its URL changes, and the same one where not",
    async (Fetch) => {
      const request = new Fetch("https://api.example/rows?a=1", {
        method: "POST",
        body: "x",
        headers: { "x-own": "o" },
      });
      const other = applyCredential(request as Request, Credential.query("key", "s")) as Request;
      expect([other.url, other.method, other.headers.get("x-own")]).toEqual([
        "https://api.example/rows?a=1&key=s",
        "POST",
        "o",
      ]);
      expect(await other.text()).toBe("x");
      const same = new Fetch("https://api.example/rows");
      expect(applyCredential(same as Request, Credential.cookie("a", "b"))).toBe(same);
      expect(same.headers.get("cookie")).toBe("a=b");
    },
  );

  test("P1 changes a URL in place", () => {
    const request = { method: "GET", url: new URL("https://api.example/?key=old"), headers: new Map() };
    expect(applyCredential(request, Credential.query("key", "s"))).toBe(request);
    expect(request.url.href).toBe("https://api.example/?key=s");
  });

  test("P5 says that a Request's body is not to be read by it", () => {
    const request = new Request("https://api.example", { method: "POST", body: "{}", headers: json });
    expect(() => applyCredential(request, Credential.body("a", "b"))).toThrow(/authFetch can read that of a Request/);
  });
});

test("credentialHeaders gives cookies and composites of headers, and says of others what to do", () => {
  expect(credentialHeaders(Credential.cookie("a", "b"))).toEqual({ cookie: "a=b" });
  const headers = Credential.composite([
    Credential.bearer("t"),
    Credential.cookie("a", "b"),
    Credential.header("X", "y"),
  ]);
  expect(credentialHeaders(headers)).toEqual({ authorization: "Bearer t", cookie: "a=b", X: "y" });
  for (const other of [Credential.query("a", "b"), Credential.composite([Credential.body("a", "b")])]) {
    expect(() => credentialHeaders(other)).toThrow(/is no header: put it onto a request/);
  }
});
