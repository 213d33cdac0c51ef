import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { Agent, getGlobalDispatcher, interceptors, MockAgent, setGlobalDispatcher } from "undici";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Credential, OAuth2RefreshProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes, SECRETS } from "../support/providers.js";
import { hearWarnings } from "../support/warnings.js";

const bearer = Credential.bearer;

afterEach(() => vi.useRealTimers());

describe.each(fetchingTypes)("%s", (type, make) => {
  test("C1 ten thousand callers cause one token request", async () => {
    const idp = await startIdp();
    const provider = make(idp);
    const tokens = await Promise.all(Array.from({ length: 10_000 }, () => provider.getToken()));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toEqual(bearer("token-1"));
    expect(idp.seen).toHaveLength(1);
  });

  test("C3 a thousand reports of one token cause one token request, late ones none", async () => {
    const idp = await startIdp();
    const provider = make(idp);
    const stale = await provider.getToken();
    await Promise.all(Array.from({ length: 1000 }, () => provider.invalidate(stale)));
    expect(await provider.invalidate(stale)).toEqual(bearer("token-2"));
    expect(idp.seen).toHaveLength(2);
  });

  test.each([[undefined], [null], ["never"], [""], [true], [{}]])(
    "C5 expires_in %j: the token is kept, or for default_expires_in",
    async (expires_in) => {
      const clock = testClock();
      const idp = await startIdp(numberedTokens({ expires_in }));
      const kept = make(idp, {}, { clock });
      const defaulted = make(idp, { default_expires_in: 100 }, { clock });
      const [first, second] = [await kept.getToken(), await defaulted.getToken()];
      clock.advance(89);
      expect(await defaulted.getToken()).toBe(second);
      clock.advance(1_000_000);
      expect(await kept.getToken()).toBe(first);
      expect(await defaulted.getToken()).toEqual(bearer("token-3"));
    },
  );

  test("C13 a token without a lifetime expires as default_expires_in says, if it does", async () => {
    const idp = await startIdp(numberedTokens({ expires_in: undefined }));
    const clock = testClock();
    const told = await make(idp, { default_expires_in: 60 }, { clock }).getToken();
    expect(Credential.expiresAt(told)).toBe(clock.now + 60_000);
    expect(Credential.expiresAt(await make(idp, {}, { clock }).getToken())).toBeUndefined();
  });

  test.each([[0], [-5], ["0"], ["-1.5"]])(
    "C5 expires_in %j counts as one second: a token is fetched again once it is over",
    async (expires_in) => {
      const clock = testClock();
      const idp = await startIdp(numberedTokens({ expires_in }));
      const provider = make(idp, { default_expires_in: 100 }, { clock });
      await provider.getToken();
      clock.advance(0.89);
      expect(await provider.getToken()).toEqual(bearer("token-1"));
      clock.advance(0.02);
      expect(await provider.getToken()).toEqual(bearer("token-2"));
    },
  );

  test.each([
    [3600, 3240],
    [3600.5, 3240.45],
    ["3600", 3240],
    ["3600.5", 3240.45],
  ])("A2 expires_in %j is used for %s s", async (expires_in, used) => {
    const clock = testClock();
    const idp = await startIdp(numberedTokens({ expires_in }));
    const provider = make(idp, { default_expires_in: 1 }, { clock });
    await provider.getToken();
    clock.advance(used - 0.01);
    expect(await provider.getToken()).toEqual(bearer("token-1"));
    clock.advance(0.02);
    expect(await provider.getToken()).toEqual(bearer("token-2"));
  });

  test("G3 expiry_ratio is the share of the lifetime that is used", async () => {
    const clock = testClock();
    const idp = await startIdp(numberedTokens({ expires_in: 100 }));
    const provider = make(idp, { expiry_ratio: 0.25 }, { clock });
    await provider.getToken();
    clock.advance(24);
    expect(await provider.getToken()).toEqual(bearer("token-1"));
    clock.advance(1);
    expect(await provider.getToken()).toEqual(bearer("token-2"));
  });

  test("H1 token requests go through the given dispatcher, marked", async () => {
    const idp = await startIdp();
    const marks: unknown[] = [];
    const timeouts: unknown[] = [];
    const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
      marks.push((options as object as Record<symbol, unknown>)[Symbol.for("faucet-auth.token-request")]);
      timeouts.push(options.headersTimeout, options.bodyTimeout);
      return dispatch(options, handler);
    });
    await make(idp, {}, { dispatcher }).getToken();
    expect(marks).toEqual([true]);
    // H2: the flight's deadline is the only clock.
    expect(timeouts).toEqual([0, 0]);
  });

  test("H1 without one they go through the global dispatcher, marked", async () => {
    const idp = await startIdp();
    const before = getGlobalDispatcher();
    onTestFinished(() => setGlobalDispatcher(before));
    const marks: unknown[] = [];
    setGlobalDispatcher(
      new Agent().compose((dispatch) => (options, handler) => {
        marks.push((options as object as Record<symbol, unknown>)[Symbol.for("faucet-auth.token-request")]);
        return dispatch(options, handler);
      }),
    );
    await make(idp).getToken();
    expect(marks).toEqual([true]);
  });

  test("H2 an IdP that hangs fails the flight at the deadline, and the next call is served", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const idp = await startIdp(() => {});
    const provider = make(idp, { retries: 0 }, { dispatcher: new Agent() });
    const hung = errorOf(() => provider.getToken());
    while (idp.seen.length === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await hung).toMatchObject({
      code: "transport",
      retryable: true,
      message: expect.stringMatching(/within 30 s$/),
    });
    idp.answerWith(numberedTokens());
    expect(await provider.getToken()).toEqual(bearer("token-2"));
  });

  test("H2 an answer that drips does not escape the deadline", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    let dripped = 0;
    const idp = await startIdp((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => {
        response.write(" ");
        dripped += 1;
      }, 2);
      response.on("close", () => clearInterval(drip));
    });
    const provider = make(idp, {}, { dispatcher: new Agent() });
    const hung = errorOf(() => provider.getToken());
    while (dripped < 3) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await hung).toMatchObject({ code: "transport" });
    await eventually(async () => expect(await idp.connections()).toBe(0));
  });

  test.each([[301], [302], [303], [307], [308]])(
    "H3 a %i is not followed, and its error names the target's origin",
    async (status) => {
      const other = await startIdp();
      const idp = await startIdp((_request, response) =>
        json(response, {}, status, { location: `${other.origin}/elsewhere?code=abcd` }),
      );
      const error = await errorOf(() => make(idp).getToken());
      expect(error).toMatchObject({ code: "auth", status, retryable: false });
      expect(error.message).toContain(other.origin);
      expect(error.message).not.toContain("abcd");
      expect(other.seen).toHaveLength(0);
    },
  );

  test("H3 a target on the same origin is named with its path, and a missing one as missing", async () => {
    const idp = await startIdp((_request, response) => json(response, {}, 302, { location: "/login" }));
    expect((await errorOf(() => make(idp).getToken())).message).toContain(`a redirect to ${idp.origin}/login;`);
    idp.answerWith((_request, response) => json(response, {}, 302));
    expect((await errorOf(() => make(idp).getToken())).message).toContain("a redirect to nowhere that can be told;");
  });

  test("H4 an answer is read up to 1 MiB, then refused and its connection closed", async () => {
    let sent = 0;
    const idp = await startIdp((_request, response) => {
      const flood = () => {
        while (sent < 100 * 1024 * 1024 && !response.destroyed && response.write(Buffer.alloc(65_536, 32)))
          sent += 65_536;
      };
      response.on("drain", flood);
      flood();
    });
    const provider = make(idp, {}, { dispatcher: new Agent() });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({
      code: "auth",
      retryable: false,
      message: expect.stringContaining("larger than 1048576 bytes"),
    });
    await eventually(async () => expect(await idp.connections()).toBe(0));
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  test("H4 an answer of just under 1 MiB is read", async () => {
    const idp = await startIdp((_request, response) =>
      json(response, { access_token: "t", padding: "x".repeat(1024 * 1024 - 100) }),
    );
    expect(await make(idp).getToken()).toEqual(bearer("t"));
  });

  test("H6 plain http to anything but loopback and link-local addresses warns once, when the provider is made", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    make({ tokenUrl: "http://user:s3cr3t@idp.example:8080/token?key=s3cr3t" }, {}, { name: "sf" });
    for (const host of ["localhost", "idp.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
      make({ tokenUrl: `http://${host}/` });
    for (const host of ["169.254.169.254", "169.254.0.1", "[fe80::1]", "metadata.google.internal"])
      make({ tokenUrl: `http://${host}/` });
    make({ tokenUrl: "https://idp.example/" });
    expect(await warnings.all()).toMatchObject([
      {
        code: "FAUCET_AUTH_PLAIN_HTTP",
        message: "sf: secrets go to http://idp.example:8080 unencrypted; use https",
      },
    ]);
  });

  test.each([
    ["no token", { token: "t", expires_in: 5 }, /without a token at .*; the body has the keys token, expires_in$/],
    ["an empty token", { access_token: "" }, /without a token at/],
    ["a null token", { access_token: null }, /without a token at/],
    [
      "an error",
      { access_token: "t", error: "invalid_grant", error_description: "gone" },
      /HTTP 200, invalid_grant: gone$/,
    ],
    ["an error that is an object", { error: { message: "s3cr3t" } }, /HTTP 200, an error that is no RFC 6749 code$/],
    ["a list", ["t"], /without a token|no token response; the body is a list/],
    ["a string", "t", /the body is a string/],
    ["null", null, /the body is null/],
    ["an empty object", {}, /the body has no keys/],
  ])("A1 a 200 with %s is an AuthError that says so", async (_what, body, reason) => {
    const idp = await startIdp((_request, response) => json(response, body));
    const error = await errorOf(() => make(idp).getToken());
    expect(error).toMatchObject({
      name: "AuthError",
      status: 200,
      retryable: false,
      message: expect.stringMatching(reason),
    });
    expect(error.message).toContain(`POST ${idp.tokenUrl}`);
  });

  test.each([
    ["HTML", "<html>s3cr3t", /HTTP 200, but the body is not JSON$/],
    ["a cut-off body", '{"access_token": "s3cr3t', /not JSON/],
    ["nothing", "", /without a body/],
  ])("A1 a 200 with %s is an AuthError that quotes nothing", async (_what, body, reason) => {
    const idp = await startIdp((_request, response) => response.end(body));
    const error = await errorOf(() => make(idp).getToken());
    expect(error).toMatchObject({ name: "AuthError", message: expect.stringMatching(reason) });
    expect(inspect(error, { depth: null })).not.toContain("s3cr3t");
  });

  test("A1 hostile keys are told short, on one line, and not all", async () => {
    const keys = Array.from({ length: 50 }, (_, n) => [`key-${n}\r\n${"x".repeat(500)}`, 1]);
    const idp = await startIdp((_request, response) => json(response, Object.fromEntries(keys)));
    const { message } = await errorOf(() => make(idp).getToken());
    expect(message).toMatch(/and 30 more$/);
    expect(message).not.toMatch(/[\r\n]/);
    expect(message.length).toBeLessThan(2000);
  });

  test.each([["a\r\nX-Evil: 1"], ["a\u0000b"], ["a b "], ["t€"]])(
    "A5 the token %j is an AuthError, not a header",
    async (access_token) => {
      const idp = await startIdp((_request, response) => json(response, { access_token }));
      const error = await errorOf(() => make(idp).getToken());
      expect(error).toMatchObject({
        name: "AuthError",
        message: expect.stringMatching(/is unusable: the \w+ cannot stand in a header/),
      });
      expect(error.message).not.toContain(access_token);
    },
  );

  test.each([
    [400, { error: "invalid_grant" }, false],
    [401, { error: "invalid_client" }, false],
    [403, "forbidden", false],
    [408, {}, true],
    [429, {}, true],
    [500, "oops", true],
    [503, {}, true],
    [400, { error: "temporarily_unavailable" }, true],
    [400, { error: "server_error" }, true],
  ])("F1 HTTP %i with %j says retryable: %s", async (status, body, retryable) => {
    const idp = await startIdp((_request, response) => json(response, body, status));
    expect(await errorOf(() => make(idp, { retries: 0 }).getToken())).toMatchObject({
      code: "auth",
      status,
      retryable,
    });
  });

  test("F1 a refused and a reset connection are retryable TransportErrors", async () => {
    const idp = await startIdp((_request, response) => response.destroy());
    const dispatcher = new Agent();
    const reset = await errorOf(() => make(idp, { retries: 0 }, { dispatcher }).getToken());
    expect(reset).toMatchObject({ name: "TransportError", code: "transport", retryable: true });
    const refused = await errorOf(() =>
      make({ tokenUrl: "http://127.0.0.1:1/token" }, { retries: 0 }, { dispatcher }).getToken(),
    );
    expect(refused).toMatchObject({
      code: "transport",
      message: `${type}: POST http://127.0.0.1:1/token: no answer (ECONNREFUSED)`,
    });
    expect(refused.cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("S1 a provider prints what it is, not what it holds", async () => {
    const idp = await startIdp();
    const provider = make({ tokenUrl: `${idp.tokenUrl.replace("//", "//user:us3rinf0@")}?key=qu3ry-k3y` });
    await provider.getToken();
    const printed = [
      inspect({ a: [{ provider }] }, { depth: null, showHidden: true }),
      JSON.stringify(provider),
      String(provider),
    ].join();
    for (const secret of [...Object.values(SECRETS), "us3rinf0", "qu3ry-k3y", "token-1"])
      expect(printed).not.toContain(secret);
    expect(printed).toContain(idp.tokenUrl);
    expect(printed).toContain(`"type":"${type}"`);
    expect(inspect(provider, { customInspect: false, depth: null, showHidden: true })).not.toMatch(/s3cr3t|t0k3n|p4ss/);
  });

  test.each([
    ["as an error_description", (echo: string) => ({ error: "invalid_client", error_description: `got ${echo}` })],
    ["as an error code", (echo: string) => ({ error: echo })],
    ["as a key", (echo: string) => ({ [echo]: 1 })],
    ["as plain text", (echo: string) => echo],
  ])("S2 a request that is echoed %s is not told", async (_where, body) => {
    const idp = await startIdp(({ body: sent, headers }, response, index) => {
      const echo = `${JSON.stringify(headers)} ${sent} ${decodeURIComponent(sent.replaceAll("+", " "))} ${JSON.stringify(sent)}`;
      json(response, body(echo), index === 1 ? 400 : 200);
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await errorOf(() => make(idp).getToken());
      expect(error).toMatchObject({ code: "auth", status: attempt === 0 ? 400 : 200 });
      const printed = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error) + error.stack;
      for (const secret of Object.values(SECRETS)) {
        expect(printed).not.toContain(secret);
        expect(printed).not.toContain(encodeURIComponent(secret));
      }
    }
  });

  test("S2 a secret as error code or as key is masked", async () => {
    const secret = type === "token_endpoint" ? SECRETS.header : SECRETS.client_secret;
    const idp = await startIdp((_request, response, index) =>
      json(response, index === 1 ? { error: secret } : { [secret]: 1 }, index === 1 ? 400 : 200),
    );
    expect(await errorOf(() => make(idp).getToken())).toMatchObject({
      error: "***",
      message: expect.stringMatching(/HTTP 400, \*\*\*$/),
    });
    expect((await errorOf(() => make(idp).getToken())).message).toMatch(/the body has the keys \*\*\*$/);
  });

  test("S2 a description is masked before it is shortened, and says how much was cut", async () => {
    const description = `${"x".repeat(495)}${SECRETS.client_secret}${SECRETS.password}${SECRETS.refresh_token}`;
    const idp = await startIdp((_request, response) =>
      json(response, { error: "invalid_client", error_description: description }, 401),
    );
    const error = await errorOf(() => make(idp).getToken());
    expect(error).toMatchObject({
      status: 401,
      error: "invalid_client",
      errorDescription: expect.stringMatching(/^x{495}.{5}…$/),
    });
    const own = { oauth2: "cl1", oauth2_refresh: "cl1", token_endpoint: "p4s" }[type];
    expect(String(error.errorDescription)).not.toContain(own);
  });

  test("S1 what a dispatcher's error quotes is masked", async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher.get("https://idp.example").intercept({ path: "/token", method: "POST", body: "another" }).reply(200, {});
    const error = await errorOf(() => make({ tokenUrl: "https://idp.example/token" }, {}, { dispatcher }).getToken());
    expect(error).toMatchObject({ code: "transport" });
    const printed = inspect(error, { depth: null, showHidden: true });
    expect(printed).toContain("Mock dispatch not matched");
    for (const secret of Object.values(SECRETS)) {
      expect(printed).not.toContain(secret);
      expect(printed).not.toContain(encodeURIComponent(secret));
    }
  });

  test("an answer that undici's own interceptors decompress is read", async () => {
    const idp = await startIdp((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify({ access_token: "t" })));
    });
    const dispatcher = new Agent().compose(interceptors.decompress());
    expect(await make(idp, {}, { dispatcher }).getToken()).toEqual(bearer("t"));
  });

  test("userinfo in the URL is sent as Basic authentication, as the crate's HTTP client does", async () => {
    const idp = await startIdp();
    await make({ tokenUrl: idp.tokenUrl.replace("//", "//us%40er:p%3Aw@") }).getToken();
    expect(idp.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("us@er:p:w").toString("base64")}`);
  });
});

describe("S1 errors of dispatchers", () => {
  test("S1 a code that is no code, and a cause that is its own, are not retold", async () => {
    const error: Error & { code?: string } = new Error("odd");
    error.code = SECRETS.header;
    error.cause = error;
    const dispatcher = {
      dispatch(_options: unknown, handler: { onResponseError(controller: null, error: Error): void }) {
        handler.onResponseError(null, error);
        return true;
      },
    };
    const told = await errorOf(() =>
      fetching.token_endpoint({ tokenUrl: "https://idp.example" }, {}, { dispatcher }).getToken(),
    );
    expect(told).toMatchObject({ code: "transport", message: "token_endpoint: POST https://idp.example/: no answer" });
    expect(inspect(told, { depth: null })).not.toContain(SECRETS.header);
  });
});

describe("S2 short secrets", () => {
  test("S2 with a secret under four characters the description is left out", async () => {
    const idp = await startIdp((_request, response) =>
      json(response, { error: "invalid_client", error_description: "no abc here" }, 401),
    );
    const provider = fetching.oauth2(idp, { client_secret: "abc" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      error: "invalid_client",
      errorDescription: undefined,
    });
  });

  test("S2 the rotated refresh token and the access token are secrets that the provider holds", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response) =>
      json(response, { access_token: "acc3ss", refresh_token: "rot4ted", expires_in: 10 }),
    );
    const provider = new OAuth2RefreshProvider(
      { token_url: idp.tokenUrl, client_id: "c", client_secret: "s3cr3t", refresh_token: "f1rst" },
      { clock },
    );
    await provider.getToken();
    idp.answerWith((_request, response) =>
      json(response, { error: "x", error_description: "acc3ss rot4ted f1rst" }, 400),
    );
    clock.advance(10);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ errorDescription: "*** *** ***" });
  });

  test.each([
    [
      "a bare token, where a template was applied",
      { apply_as: { header: "X", template: "Session {token}" } },
      "t0kenvalue",
    ],
    ["an API key as user name", { headers: { Authorization: `Basic ${btoa("sk_live_12345:")}` } }, "sk_live_12345"],
    ["a value in the query", { url: "?key=s3cr3t1" }, "s3cr3t1"],
    ["a number in the body", { body: { account: 987_654 } }, "987654"],
  ])("S2 %s is a secret that the provider holds", async (_what, config: object, secret) => {
    const idp = await startIdp((_request, response) => json(response, { access_token: "t0kenvalue" }));
    const provider = fetching.token_endpoint(idp, {
      ...config,
      url: idp.tokenUrl + ("url" in config ? config.url : ""),
    });
    const token = await provider.getToken();
    idp.answerWith((_request, response) =>
      json(response, { error: "x", error_description: `still ${secret} here` }, 400),
    );
    expect(await errorOf(() => provider.invalidate(token))).toMatchObject({ errorDescription: "still *** here" });
  });

  test("S2 a standard code is told even if a secret is a word of it: callers switch on it", async () => {
    const idp = await startIdp((_request, response) => json(response, { error: "invalid_client" }, 401));
    expect(await errorOf(() => fetching.oauth2(idp, { client_secret: "client" }).getToken())).toMatchObject({
      error: "invalid_client",
    });
  });
});
