import { getEventListeners } from "node:events";
import { PassThrough, Readable } from "node:stream";
import {
  Agent,
  getGlobalDispatcher,
  interceptors,
  MockAgent,
  Pool,
  setGlobalDispatcher,
  fetch as undiciFetch,
} from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { authInterceptor, Credential, OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { startIdp } from "../support/idp.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const accepted = ["Bearer t1"];
const config = { client_id: "c", client_secret: "s3cr3t" };

function newAgent(): Agent {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent;
}

describe("W5 origins", () => {
  test("W5 elsewhere requests pass untouched", async () => {
    const [api, other] = [await startApi(accepted), await startApi()];
    const provider = scriptedProvider();
    const dispatcher = newAgent().compose(authInterceptor(provider, { origins: [api.origin] }));
    const answer = await dispatcher.request({
      origin: other.origin,
      path: "/",
      method: "GET",
      headers: { authorization: "mine" },
    });
    expect(answer.statusCode).toBe(401);
    expect(other.authorizations()).toEqual(["mine"]);
    expect(provider.reported).toEqual([]);
  });

  test("W5 composed before undici's redirect, no hop to another origin has the credential, whatever its kind", async () => {
    const [api, other] = [await startApi(), await startApi()];
    api.answerWith((_request, response) => response.writeHead(302, { location: other.origin }).end());
    const auth = authInterceptor(scriptedProvider(Credential.header("X-Api-Key", "k")), { origins: [api.origin] });
    const dispatcher = newAgent().compose(auth, interceptors.redirect({ maxRedirections: 5 }));
    await dispatcher.request({ origin: api.origin, path: "/", method: "GET" });
    expect(api.seen[0]?.headers["x-api-key"]).toBe("k");
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]?.headers).not.toHaveProperty("x-api-key");
  });

  test('W5 with "any" it goes along, which is why that has to be said', async () => {
    const [api, other] = [await startApi(), await startApi(accepted)];
    api.answerWith((_request, response) => response.writeHead(302, { location: other.origin }).end());
    const auth = authInterceptor(scriptedProvider(), { origins: "any" });
    const dispatcher = newAgent().compose(auth, interceptors.redirect({ maxRedirections: 5 }));
    await dispatcher.request({ origin: api.origin, path: "/", method: "GET" });
    expect(other.authorizations()).toEqual(["Bearer t1"]);
  });
});

describe("other interceptors", () => {
  test("composed before undici's retry, each of its attempts is authorized, and a 401 within it handled", async () => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      const status = api.seen.length === 1 ? 503 : headers.authorization === "Bearer t2" ? 200 : 401;
      response.writeHead(status).end("end");
    });
    const auth = authInterceptor(scriptedProvider(), { origins: [api.origin] });
    const dispatcher = newAgent().compose(auth, interceptors.retry({ minTimeout: 1, maxRetries: 2 }));
    const { statusCode } = await dispatcher.request({ origin: api.origin, path: "/", method: "GET" });
    expect(statusCode).toBe(200);
    expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
  });

  test("H1 on the global dispatcher it does not catch the provider's own token request", async () => {
    const idp = await startIdp();
    const api = await startApi(["Bearer token-2"]);
    const before = getGlobalDispatcher();
    onTestFinished(() => setGlobalDispatcher(before));
    const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...config, timeout_secs: 3 });
    setGlobalDispatcher(newAgent().compose(authInterceptor(provider, { origins: "any" })));
    const response = await undiciFetch(api.origin);
    expect([response.status, await response.text()]).toEqual([200, "rows"]);
    expect(idp.seen).toHaveLength(2);
    expect(idp.seen[0]?.headers.authorization).toBeUndefined();
  });

  test("a dispatcher that does not pause, such as MockAgent, is served too", async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    const pool = mock.get("https://api.example");
    pool
      .intercept({ path: "/", headers: { authorization: "Bearer t1" } })
      .reply(401, "refused")
      .persist();
    pool.intercept({ path: "/", headers: { authorization: "Bearer t2" } }).reply(200, "rows");
    const dispatcher = mock.compose(authInterceptor(scriptedProvider(), { origins: ["https://api.example"] }));
    const { statusCode, body } = await dispatcher.request({ origin: "https://api.example", path: "/", method: "GET" });
    expect([statusCode, await body.text()]).toEqual([200, "rows"]);
    const final = mock.compose(
      authInterceptor(scriptedProvider(undefined, Credential.bearer("t1")), { origins: "any" }),
    );
    const refused = await final.request({ origin: "https://api.example", path: "/", method: "GET" });
    expect([refused.statusCode, await refused.body.text()]).toEqual([401, "refused"]);
  });
});

describe("requests", () => {
  test.each([
    ["a record", { Authorization: "old", "X-A": ["b", "c"] }],
    ["a flat list", ["Authorization", "old", "X-A", "b", "X-A", "c"]],
    [
      "pairs",
      new Map([
        ["Authorization", "old"],
        ["X-A", "b, c"],
      ]),
    ],
    ["Headers", new Headers({ Authorization: "old", "X-A": "b, c" })],
  ])("headers as %s: Authorization is replaced, the rest left alone", async (_kind, headers) => {
    const api = await startApi(accepted);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    await dispatcher.request({ origin: api.origin, path: "/", method: "GET", headers: headers as never });
    expect(api.seen[0]?.headers).toMatchObject({ authorization: "Bearer t1", "x-a": "b, c" });
  });

  test("stream() is served like request()", async () => {
    const api = await startApi(["Bearer t2"]);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const sink = new PassThrough();
    await dispatcher.stream({ origin: api.origin, path: "/", method: "GET" }, () => sink);
    expect(await new Response(Readable.toWeb(sink) as ReadableStream).text()).toBe("rows");
    expect(api.seen).toHaveLength(2);
  });

  test.each([
    ["of known length, at most 1 MiB, is gathered and sent again", 1024 * 1024, 2],
    ["beyond that is not", 1024 * 1024 + 1, 1],
  ])("W3 a stream %s", async (_what, length, times) => {
    const api = await startApi(["Bearer t2"]);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const body = Readable.from([Buffer.alloc(length, "x")]);
    const { statusCode } = await dispatcher.request({
      origin: api.origin,
      path: "/",
      method: "POST",
      headers: { "content-length": String(length) },
      body,
    });
    expect(statusCode).toBe(times === 2 ? 200 : 401);
    expect(api.seen.map(({ body: arrived }) => arrived.length)).toEqual(Array(times).fill(length));
  });

  test("W4 a refused answer that is too long to be read out is cut off", async () => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      if (headers.authorization === "Bearer t2") return response.end("rows");
      return response.writeHead(401).write("x".repeat(1_000_000));
    });
    const agent = newAgent();
    const dispatcher = agent.compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const { statusCode, body } = await dispatcher.request({ origin: api.origin, path: "/", method: "GET" });
    expect([statusCode, await body.text()]).toEqual([200, "rows"]);
    expect(agent.stats[api.origin]?.running ?? 0).toBe(0);
  });

  test("a connection that breaks before the refused answer is read out does not matter", async () => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      if (headers.authorization === "Bearer t2") return response.end("rows");
      response.writeHead(401, { "content-length": "1000" }).write("x");
      return setTimeout(() => response.destroy(), 10);
    });
    const slow = {
      ...scriptedProvider(),
      invalidate: () => new Promise<Credential>((resolve) => setTimeout(resolve, 50, Credential.bearer("t2"))),
    };
    const dispatcher = newAgent().compose(authInterceptor(slow, { origins: [api.origin] }));
    const { statusCode, body } = await dispatcher.request({ origin: api.origin, path: "/", method: "GET" });
    expect([statusCode, await body.text()]).toEqual([200, "rows"]);
  });
});

describe("what a handler, a dispatcher or a caller may do", () => {
  const get = { path: "/", method: "GET" } as const;

  test("C9 a handler that throws on a held-back 401 is told so, as without interception", async () => {
    const api = await startApi();
    const same = scriptedProvider(Credential.bearer("t"), Credential.bearer("t"));
    const dispatcher = newAgent().compose(authInterceptor(same, { origins: [api.origin] }));
    const factory = ({ statusCode }: { statusCode: number }): never => {
      throw new Error(`HTTP ${statusCode}`);
    };
    expect((await errorOf(() => dispatcher.stream({ origin: api.origin, ...get }, factory))).message).toBe("HTTP 401");
  });

  test("H3 a redirect interceptor on the dispatcher does not carry a token request on", async () => {
    const other = await startIdp();
    const idp = await startIdp((_request, response) => response.writeHead(307, { location: other.origin }).end());
    const dispatcher = newAgent().compose(interceptors.redirect({ maxRedirections: 3 }));
    const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...config }, { dispatcher });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth", status: 307 });
    expect(other.seen).toHaveLength(0);
  });

  test("headers that the caller changes while a token is waited for are sent as they were", async () => {
    const api = await startApi(accepted);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const headers: Record<string, string> = {};
    await Promise.all(
      ["0", "1", "2"].map((n) => {
        headers["x-n"] = n;
        return dispatcher.request({ origin: api.origin, ...get, headers });
      }),
    );
    expect(api.seen.map((request) => request.headers["x-n"]).sort()).toEqual(["0", "1", "2"]);
  });

  test("W4 a refused answer that stalls does not hold up the second attempt", async () => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      if (headers.authorization === "Bearer t2") response.end("rows");
      else response.writeHead(401, { "content-length": "10" }).write("x");
    });
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    expect((await dispatcher.request({ origin: api.origin, ...get })).statusCode).toBe(200);
  });

  test("a connection that is reset while there is no decision leaves it as it is", async () => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      if (headers.authorization === "Bearer t2") return response.end("rows");
      response.writeHead(401, { "content-length": "1000" }).write("x");
      return setTimeout(() => response.socket?.resetAndDestroy(), 10);
    });
    const slow = {
      ...scriptedProvider(),
      invalidate: () => new Promise<Credential>((resolve) => setTimeout(resolve, 60, Credential.bearer("t2"))),
    };
    const dispatcher = newAgent().compose(authInterceptor(slow, { origins: [api.origin] }));
    expect((await dispatcher.request({ origin: api.origin, ...get })).statusCode).toBe(200);
  });

  test("W5 a pool's request without its origin cannot be compared, and says so", async () => {
    const api = await startApi(accepted);
    const pool = new Pool(api.origin);
    onTestFinished(() => pool.destroy());
    const listed = pool.compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    expect(await errorOf(() => listed.request(get as never))).toMatchObject({
      code: "config",
      issues: [{ path: "origin" }],
    });
    expect((await listed.request({ origin: api.origin, ...get })).statusCode).toBe(200);
  });

  test("C8 an abort while a body is gathered lets go of it", async () => {
    const api = await startApi(accepted);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const leaving = new AbortController();
    const body = new Readable({ read() {} });
    setTimeout(() => leaving.abort(new Error("enough")), 20);
    const headers = { "content-length": "5" };
    const options = { origin: api.origin, path: "/", method: "POST", headers, body, signal: leaving.signal } as const;
    expect((await errorOf(() => dispatcher.request(options))).message).toBe("enough");
    expect(body.destroyed).toBe(true);
    expect(api.seen).toHaveLength(0);
  });

  test("C8 an upload leaves no listener on its signal, refused or not", async () => {
    const api = await startApi(["Bearer t2"]);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    const { signal } = new AbortController();
    const headers = { "content-length": "1" };
    const body = Readable.from([Buffer.from("x")]);
    const answer = await dispatcher.request({ origin: api.origin, path: "/", method: "POST", headers, body, signal });
    expect([answer.statusCode, await answer.body.text()]).toEqual([200, "rows"]);
    await vi.waitFor(() => expect(getEventListeners(signal, "abort")).toHaveLength(0));
  });

  test("C8 a stream that cannot be gathered is let go of when no token comes", async () => {
    const failing = { ...scriptedProvider(), getToken: () => Promise.reject(new Error("down")) };
    const dispatcher = newAgent().compose(authInterceptor(failing, { origins: "any" }));
    const body = new Readable({ read() {} });
    const options = { origin: "http://127.0.0.1:9", path: "/", method: "POST", body } as const;
    expect((await errorOf(() => dispatcher.request(options))).message).toBe("down");
    expect(body.destroyed).toBe(true);
  });

  test("W3 a body longer than it says is not gathered on and on", async () => {
    const api = await startApi(accepted);
    const dispatcher = newAgent().compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1;
        yield Buffer.alloc(8);
      }
    }
    const headers = { "content-length": "10" };
    const body = endless() as unknown as Readable;
    const error = await errorOf(() =>
      dispatcher.request({ origin: api.origin, path: "/", method: "POST", headers, body }),
    );
    expect(error.message).toBe("the body is longer than its content-length of 10 bytes");
    expect(given).toBe(2);
  });

  test("composed before undici's retry, the provider's own errors are not tried again", async () => {
    let asked = 0;
    const failing = {
      ...scriptedProvider(),
      getToken() {
        asked += 1;
        return Promise.reject(new Error("down"));
      },
    };
    const auth = authInterceptor(failing, { origins: "any" });
    const dispatcher = newAgent().compose(auth, interceptors.retry({ minTimeout: 1 }));
    expect((await errorOf(() => dispatcher.request({ origin: "https://api.example", ...get }))).message).toBe("down");
    expect(asked).toBe(1);
  });

  test("a dispatch that throws on the second attempt is the caller's error", async () => {
    const api = await startApi();
    let dispatched = 0;
    const agent = newAgent().compose((dispatch) => (options, handler) => {
      dispatched += 1;
      if (dispatched === 2) throw new Error("odd");
      return dispatch(options, handler);
    });
    const dispatcher = agent.compose(authInterceptor(scriptedProvider(), { origins: [api.origin] }));
    expect((await errorOf(() => dispatcher.request({ origin: api.origin, ...get }))).message).toBe("odd");
  });
});
