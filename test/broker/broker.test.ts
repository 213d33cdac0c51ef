/** The broker over HTTP, as programs in any language see it. */

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { guardOfTcp } from "../../src/broker/guard.js";
import { type BrokerOptions, serveBroker } from "../../src/broker/index.js";
import { AuthCatalog, type AuthProvider, Credential, type ProviderSpec } from "../../src/index.js";
import { type FakeProvider, fakeProvider } from "../../src/testing/index.js";
import { ask, report } from "../support/broker-client.js";
import { newFolder } from "../support/folder.js";

const TOKEN = "a token that cannot be guessed";

/** A broker of these providers, on a socket. */
async function start(
  providers: Readonly<Record<string, AuthProvider | ProviderSpec>>,
  options: Partial<BrokerOptions> = {},
) {
  const entries = Object.entries(providers).map(([name, given]) => {
    return [name, "getToken" in given ? { type: name } : given] as const;
  });
  const types = Object.fromEntries(
    Object.entries(providers).flatMap(([name, given]) => ("getToken" in given ? [[name, () => given] as const] : [])),
  );
  const catalog = AuthCatalog.fromConfig(Object.fromEntries(entries), { types });
  const socket = `${await newFolder()}/s`;
  const broker = await serveBroker(catalog, { socket, ...options });
  onTestFinished(async () => {
    await broker.close();
    await catalog.close();
  });
  return { broker, catalog, socket };
}

describe("GET /NAME", () => {
  test("L4 gives id, headers and expiry of the current credential, the same until there is another", async () => {
    const crm = fakeProvider({ name: "crm" });
    const { socket } = await start({ crm });
    const { status, headers, body } = await ask(socket, "/crm");
    expect({ status, headers: body.headers }).toEqual({ status: 200, headers: { authorization: "Bearer token-1" } });
    expect(body.expires_at).toBe((Credential.expiresAt(await crm.getToken()) as number) / 1000);
    expect(headers).toMatchObject({ "cache-control": "no-store", "content-type": "application/json" });
    expect((await ask(socket, "/crm")).body).toEqual(body);
    await crm.rotate();
    const next = (await ask(socket, "/crm")).body;
    expect(next.headers).toEqual({ authorization: "Bearer token-2" });
    expect(next.id).not.toBe(body.id);
  });

  test("L4 ids of one broker are told from those of one that runs later, and hold no secret", async () => {
    const ids = [];
    for (const _run of [1, 2]) {
      const { socket } = await start({ crm: fakeProvider() });
      ids.push(String((await ask(socket, "/crm")).body.id));
    }
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids.join()).not.toContain("token");
  });

  test("L4 D9 names with other characters, and entries that refer to others", async () => {
    const provider = fakeProvider();
    const catalog = AuthCatalog.fromConfig(
      { "a/b ü": { type: "fake" }, alias: { ref: "a/b ü" } },
      { types: { fake: () => provider } },
    );
    const socket = `${await newFolder()}/s`;
    await using _broker = await serveBroker(catalog, { socket });
    expect((await ask(socket, `/${encodeURIComponent("a/b ü")}`)).status).toBe(200);
    expect((await ask(socket, "/alias")).status).toBe(200);
    expect((await ask(socket, "/a/b%20%C3%BC")).status).toBe(404);
  });

  test.each([
    [
      "several headers",
      { type: "static", config: { headers: { "X-Key": "k", "X-Tenant": "t" } } },
      { "X-Key": "k", "X-Tenant": "t" },
    ],
    [
      "user and password",
      { type: "static", config: { username: "u", password: "p" } },
      { authorization: "Basic dTpw" },
    ],
    ["nothing at all", { type: "none" }, {}],
  ])("L4 %s can be shared", async (_what, spec, headers) => {
    const { socket } = await start({ api: spec });
    expect((await ask(socket, "/api")).body).toMatchObject({ headers, expires_at: null });
  });

  test.each([
    ["query", Credential.query("key", "k3y")],
    ["body", Credential.body("key", "k3y")],
    ["signer", Credential.signer({ scheme: "ACME", secret: "k3y", sign: () => Credential.bearer("t") })],
    ["composite", Credential.composite([Credential.bearer("k3y"), Credential.query("key", "k3y")])],
  ])("L4 a credential of type %s is told to be none that can be shared", async (type, credential) => {
    const { socket } = await start({ api: fakeProvider({ name: "api", tokens: [credential] }) });
    const { status, body } = await ask(socket, "/api");
    expect(status).toBe(501);
    expect(body.error).toContain(`api gives a credential of type ${type}`);
    expect(JSON.stringify(body)).not.toContain("k3y");
  });
});

describe("POST /NAME/invalidate", () => {
  test("L4 C3 of twelve that report one token, one causes a request; late reports cause none", async () => {
    const crm = fakeProvider();
    const { socket } = await start({ crm });
    const { id } = (await ask(socket, "/crm")).body;
    const replies = await Promise.all(Array.from({ length: 12 }, () => report(socket, "crm", id)));
    expect(new Set(replies.map(({ body }) => JSON.stringify(body.headers)))).toEqual(
      new Set([JSON.stringify({ authorization: "Bearer token-2" })]),
    );
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect((await report(socket, "crm", id)).body).toEqual(replies[0]?.body);
    expect(crm.issued).toHaveLength(2);
  });

  test("L4 of an id that nobody knows, it gives the current credential", async () => {
    const crm = fakeProvider();
    const { socket } = await start({ crm });
    for (const id of ["unknown", "1", "__proto__"]) {
      expect((await report(socket, "crm", id)).body.headers).toEqual({ authorization: "Bearer token-1" });
    }
    expect(crm.issued).toHaveLength(1);
  });

  test("L4 C3 a token that was renewed meanwhile is not spent by a report of the one before", async () => {
    const crm = fakeProvider();
    const { socket } = await start({ crm });
    const { id } = (await ask(socket, "/crm")).body;
    await crm.rotate();
    expect((await report(socket, "crm", id)).body.headers).toEqual({ authorization: "Bearer token-2" });
    expect(crm.issued).toHaveLength(2);
  });

  test("L4 C3 the same text again is another generation", async () => {
    const crm = fakeProvider({ tokens: ["same", "same", "same"], expiresIn: null });
    const { socket } = await start({ crm });
    const first = (await ask(socket, "/crm")).body.id;
    const second = (await report(socket, "crm", first)).body.id;
    expect(second).not.toBe(first);
    await report(socket, "crm", first);
    expect(crm.issued).toHaveLength(2);
    await report(socket, "crm", second);
    expect(crm.issued).toHaveLength(3);
  });

  test("L4 a type of a user's own that makes a new object for each call has one id for each token", async () => {
    let n = 1;
    const reported: Credential[] = [];
    const own: AuthProvider = {
      type: "own",
      name: "own",
      getToken: async () => Credential.bearer(`t${n}`),
      invalidate: async (stale) => {
        reported.push(stale);
        n += 1;
        return Credential.bearer(`t${n}`);
      },
    };
    const { socket } = await start({ own });
    const [a, b] = [(await ask(socket, "/own")).body.id, (await ask(socket, "/own")).body.id];
    expect(a).toBe(b);
    expect((await report(socket, "own", a)).body.headers).toEqual({ authorization: "Bearer t2" });
    expect((await report(socket, "own", b)).body.headers).toEqual({ authorization: "Bearer t2" });
    expect(reported.map((credential) => Credential.authorizationValue(credential))).toEqual(["Bearer t1"]);
  });

  test.each([
    ["", 400],
    ["{", 400],
    ["[]", 400],
    ["null", 400],
    ['{ "id": 7 }', 400],
    ['{ "id": "" }', 400],
    [`{ "id": "${"x".repeat(20_000)}" }`, 413],
  ])("L4 the body %s is answered with %i", async (body, status) => {
    const { socket } = await start({ crm: fakeProvider() });
    const reply = await ask(socket, "/crm/invalidate", { method: "POST", body });
    expect(reply.status).toBe(status);
    expect(reply.body.error).toContain('"id"');
  });
});

describe("what is wrong", () => {
  test.each([
    ["GET", "/unknown", 404],
    ["GET", "/", 404],
    ["GET", "/crm/", 404],
    ["GET", "/crm/other", 404],
    ["GET", "/crm/invalidate/more", 404],
    ["GET", "/__proto__", 404],
    ["GET", "/%", 400],
    ["GET", "/crm?scope=read", 400],
    ["POST", "/crm", 405],
    ["DELETE", "/crm", 405],
    ["HEAD", "/crm", 405],
    ["GET", "/crm/invalidate", 405],
    ["POST", "/healthz", 405],
    ["PUT", "/metrics", 405],
  ])("L4 %s %s is %i", async (method, path, status) => {
    const crm = fakeProvider();
    const { socket } = await start({ crm });
    const reply = await ask(socket, path, { method });
    expect(reply.status).toBe(status);
    if (method !== "HEAD") expect(typeof reply.body.error).toBe("string");
    if (status === 405) expect(reply.headers.allow).toBe(path.endsWith("invalidate") ? "POST" : "GET");
    if (path === "/unknown") expect(reply.body.error).toContain("/crm");
    expect(crm.issued).toEqual([]);
  });

  test("L4 F4 a failing IdP is 502, with the instant at which it is asked again", async () => {
    const crm = fakeProvider({ name: "crm" });
    crm.failWith();
    const { socket } = await start({ crm });
    for (const _call of [1, 2]) {
      const { status, headers, body } = await ask(socket, "/crm");
      expect(status).toBe(502);
      expect(body).toMatchObject({ code: "auth", retryable: false, idp_error: "invalid_grant" });
      expect(body.error).toMatch(/^crm: /);
      expect(body.retry_at).toBeGreaterThan(Date.now() / 1000);
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    expect(crm.status().counts.flights).toBe(1);
  });

  test("S1 what a type of a user's own throws is not repeated", async () => {
    const own: AuthProvider = {
      type: "own",
      name: "own",
      getToken: () => Promise.reject(new Error("p4ssword")),
      invalidate: () => Promise.reject(new Error("p4ssword")),
    };
    const { socket } = await start({ own });
    const { status, body } = await ask(socket, "/own");
    expect({ status, body }).toEqual({
      status: 502,
      body: { error: "own: its type threw an error", retry_at: null, retryable: true },
    });
  });

  test("L4 C8 a client that goes away ends its own wait, and not that of the others", async () => {
    let answer = (_token: string): void => {};
    const waiting = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const signals: AbortSignal[] = [];
    const own: AuthProvider = {
      type: "own",
      name: "own",
      getToken: async (options) => {
        signals.push(options?.signal as AbortSignal);
        return Credential.bearer(await waiting);
      },
      invalidate: () => Promise.reject(new Error("unasked")),
    };
    const { socket } = await start({ own });
    const leaving = new AbortController();
    const left = ask(socket, "/own", { signal: leaving.signal }).catch(() => "left");
    const stays = ask(socket, "/own");
    await expect.poll(() => signals.length).toBe(2);
    leaving.abort();
    expect(await left).toBe("left");
    await expect.poll(() => signals.filter(({ aborted }) => aborted).length).toBe(1);
    answer("t");
    expect((await stays).status).toBe(200);
  });
});

describe("health and metrics", () => {
  test("L4 /healthz says that it serves, and where its providers stand", async () => {
    const [good, bad] = [fakeProvider(), fakeProvider()];
    bad.failWith();
    const { socket } = await start({ good, bad });
    await Promise.all([ask(socket, "/good"), ask(socket, "/bad")]);
    const { status, body } = await ask(socket, "/healthz");
    expect({ status, body }).toEqual({
      status: 200,
      body: { status: "ok", providers: { good: "fresh", bad: "failing" } },
    });
  });

  test("L4 /metrics is Prometheus text, with a series for each provider and none for strangers", async () => {
    const odd = fakeProvider();
    const { socket } = await start({ 'o"d\\': odd, crm: fakeProvider() });
    const { id } = (await ask(socket, "/crm")).body;
    await report(socket, "crm", id);
    for (const path of ["/x", "/y", "/z"]) await ask(socket, path);
    const { headers, body } = await ask(socket, "/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = String(body).trimEnd().split("\n");
    expect(lines).toContain('faucet_auth_token_requests_total{provider="crm"} 2');
    expect(lines).toContain('faucet_auth_invalidations_total{provider="crm"} 1');
    expect(lines).toContain('faucet_auth_usable{provider="o\\"d\\\\"} 0');
    expect(lines).toContain('faucet_auth_broker_requests_total{route="invalidate",provider="crm",status="200"} 1');
    expect(lines).toContain('faucet_auth_broker_requests_total{route="unknown",provider="",status="404"} 3');
    expect(lines.filter((line) => line.startsWith("faucet_auth_expiry_timestamp_seconds{"))).toHaveLength(1);
    const sample = /^(?:# (?:HELP|TYPE) \w+ .+|\w+\{(?:\w+="(?:[^"\\]|\\.)*",?)*\} [\d.e+]+)$/;
    expect(lines.filter((line) => !sample.test(line))).toEqual([]);
    expect(body).not.toContain("token-1");
  });
});

describe("on TCP", () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };

  test("L4 it serves who shows the token, beside the socket or alone", async () => {
    const { broker, socket } = await start({ crm: fakeProvider() }, { tcp: { token: TOKEN } });
    const url = broker.url as string;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask(url, "/crm", { headers: bearer })).body).toEqual((await ask(socket, "/crm")).body);
    const alone = await start({ crm: fakeProvider() }, { socket: undefined, tcp: { host: "localhost", token: TOKEN } });
    expect(alone.broker.socket).toBeUndefined();
    expect((await ask(alone.broker.url as string, "/crm", { headers: bearer })).status).toBe(200);
  });

  test.each([
    ["no token", {}, 401],
    ["a wrong token", { authorization: "Bearer a token that is not the one" }, 401],
    ["the token as Basic", { authorization: `Basic ${TOKEN}` }, 401],
    ["a token that begins so", { authorization: `${bearer.authorization}s` }, 401],
    ["a web page's Origin", { ...bearer, origin: "http://evil.example" }, 403],
    ["an Origin of null", { ...bearer, origin: "null" }, 403],
    ["a browser's own header", { ...bearer, "sec-fetch-site": "none" }, 403],
    ["another Host, as after DNS rebinding", { ...bearer, host: "evil.example:80" }, 403],
    ["a Host without the port", { ...bearer, host: "127.0.0.1" }, 403],
  ])("L4 %s is refused", async (_what, headers, status) => {
    const crm = fakeProvider();
    const { broker } = await start({ crm }, { tcp: { token: TOKEN } });
    for (const path of ["/crm", "/healthz", "/metrics", "/unknown"]) {
      expect((await ask(broker.url as string, path, { headers })).status).toBe(status);
    }
    expect(crm.issued).toEqual([]);
  });

  test.each([
    [
      "http://127.0.0.1:80",
      ["127.0.0.1", "127.0.0.1:80", "LOCALHOST", "localhost:80", "[::1]"],
      ["127.0.0.1:8080", "127.0.0.1:"],
    ],
    ["http://broker.internal:80", ["broker.internal", "broker.internal:80"], ["evil.example", "evil.example:80"]],
    ["http://127.0.0.1:8080", ["127.0.0.1:8080", "localhost:8080"], ["127.0.0.1", "127.0.0.1:80", "", undefined]],
  ])("L4 the Host of %s has its port, but for that of http, which clients leave out", async (url, right, wrong) => {
    const refusal = guardOfTcp(url, TOKEN);
    const statusFor = async (host: string | undefined) => (await refusal({ ...bearer, host }))?.status;
    expect(await Promise.all(right.map(statusFor))).toEqual(right.map(() => undefined));
    expect(await Promise.all(wrong.map(statusFor))).toEqual(wrong.map(() => 403));
  });

  test("L4 a web page is refused on the socket too", async () => {
    const { socket } = await start({ crm: fakeProvider() });
    expect((await ask(socket, "/crm", { headers: { origin: "http://localhost" } })).status).toBe(403);
  });

  test("L4 the token may change, and where it cannot be read nobody is let in", async () => {
    let token: () => string = () => TOKEN;
    const { broker } = await start({ crm: fakeProvider() }, { tcp: { token: () => token() } });
    const status = async (shown: string) =>
      (await ask(broker.url as string, "/crm", { headers: { authorization: `Bearer ${shown}` } })).status;
    expect(await status(TOKEN)).toBe(200);
    token = () => "another token that nobody guesses";
    expect([await status(TOKEN), await status(token())]).toEqual([401, 200]);
    token = () => "";
    expect([await status(""), await status("undefined")]).toEqual([503, 503]);
    token = () => {
      throw new Error("gone");
    };
    expect(await status(TOKEN)).toBe(503);
  });
});

describe("the end", () => {
  test("L4 who waits gets an answer, others are told, and nothing is left", async () => {
    let answer = (_token: string): void => {};
    const waiting = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const slow = fakeProvider();
    const getToken = async () => Credential.bearer(await waiting);
    const { broker, socket } = await start({ slow: { ...slow, getToken } as FakeProvider });
    const asked = ask(socket, "/slow");
    await expect.poll(async () => String((await ask(socket, "/healthz")).status)).toBe("200");
    const closing = broker.close();
    await expect
      .poll(() =>
        ask(socket, "/healthz").then(
          ({ status }) => status,
          () => "gone",
        ),
      )
      .toBe("gone");
    answer("t");
    expect((await asked).body.headers).toEqual({ authorization: "Bearer t" });
    await closing;
    await broker[Symbol.asyncDispose]();
  });

  test("L4 a client that sends half a body is told, and holds nothing up", async () => {
    const { broker, socket } = await start({ crm: fakeProvider() });
    const client = connect(socket);
    // Where the broker has not read all that was sent, its end is a reset.
    client.on("error", () => {});
    const head = ["POST /crm/invalidate HTTP/1.1", "Host: broker", "Content-Length: 100", "Expect: 100-continue"];
    client.write(`${head.join("\r\n")}\r\n\r\n`);
    const [goOn] = await once(client, "data");
    expect(String(goOn)).toContain("100 Continue");
    client.write("{");
    const [[answer]] = await Promise.all([once(client, "data"), broker.close()]);
    expect(String(answer)).toMatch(/^HTTP\/1.1 503 [\s\S]*connection: close[\s\S]*the broker ends/i);
    client.destroy();
  });
});
