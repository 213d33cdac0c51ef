import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import type { TokenCacheOptions } from "../../src/cache/token-cache-options.js";
import { Gate } from "../../src/failure/gate.js";
import { gated } from "../../src/failure/issuer.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, ConfigError, TransportError } from "../../src/values/errors.js";
import type { Issued } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";
import { manualIssuer } from "../support/issuers.js";

const bearer = Credential.bearer;
const down = new TransportError("down");
const refused = new AuthError("refused", { status: 400, error: "invalid_grant" });
/** Chance at its highest, so that jittered times are the full ones. */
const random = () => 0.999_999_999;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

/** A cache whose IdP does what `idp.answer` says, and counts. */
function cacheOver(answer: () => Promise<Issued> | Issued, options: TokenCacheOptions = {}) {
  const idp = { answer, requests: 0 };
  const cache = new TokenCache(
    async () => {
      idp.requests += 1;
      return idp.answer();
    },
    { random, ...options },
  );
  return { cache, idp };
}

const lives = (expiresIn: number, token = "t") => ({ credential: bearer(token), expiresIn });
const fails = (error: unknown) => () => Promise.reject(error);
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

describe("F3 service through failed renewals", () => {
  test.each([["blocking"], ["background"]] as const)(
    "F3 %s: a failed renewal leaves the good credential in service until it expires",
    async (refresh) => {
      const { cache, idp } = cacheOver(() => lives(1000), { refresh });
      const token = await cache.getToken();
      idp.answer = fails(refused);
      await seconds(900);
      for (let second = 900; second < 1000; second += 5) {
        expect(await cache.getToken()).toBe(token);
        await seconds(5);
      }
      expect(await errorOf(() => cache.getToken())).toMatchObject({ code: "auth", error: "invalid_grant" });
    },
  );

  test.each([["blocking"], ["background"]] as const)(
    "F3 %s: the next attempt waits a jittered backoff",
    async (refresh) => {
      const { cache, idp } = cacheOver(() => lives(1000), { refresh });
      await cache.getToken();
      idp.answer = fails(down);
      await seconds(950);
      const requests: number[] = [];
      for (let ms = 0; ms < 10_000; ms += 100) {
        await cache.getToken();
        if (idp.requests > requests.length + 1) requests.push(ms);
        await seconds(0.1);
      }
      expect(requests).toEqual([0, 1000, 3000, 7000]);
    },
  );

  test("F3 blocking: a caller waits for 5 s at most, then gets the good credential; the flight goes on", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { random });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 1000);
    const old = await first;
    await seconds(900);
    let served: Credential | undefined;
    const early = cache.getToken().then((token) => {
      served = token;
    });
    await seconds(4.9);
    expect(served).toBeUndefined();
    await seconds(0.1);
    await early;
    expect(served).toBe(old);
    expect(await cache.getToken()).toBe(old);
    expect(exchanges).toHaveLength(2);
    exchanges[1]?.issue("new");
    await seconds(0);
    expect(await cache.getToken()).toEqual(bearer("new"));
  });

  test("F3 blocking: a caller who leaves does not take the others along", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { random });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 1000);
    await first;
    await seconds(900);
    const leaving = new AbortController();
    const left = errorOf(() => cache.getToken({ signal: leaving.signal }));
    const stays = cache.getToken();
    leaving.abort(new Error("left"));
    expect((await left).message).toBe("left");
    exchanges[1]?.issue("new");
    expect(await stays).toEqual(bearer("new"));
  });

  test("F3 none of this holds for a rejected credential", async () => {
    const { cache, idp } = cacheOver(() => lives(1000));
    const token = await cache.getToken();
    idp.answer = fails(down);
    await seconds(900);
    expect(await cache.getToken()).toBe(token);
    expect(await errorOf(() => cache.invalidate(token))).toBe(down);
    expect(await errorOf(() => cache.getToken())).toMatchObject({ code: "transport", cause: down });
  });

  test("F3 a credential that is rejected while callers wait for its renewal is not fallen back on", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { random });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 1000);
    const old = await first;
    await seconds(900);
    const waiting = errorOf(() => cache.getToken());
    const reporting = errorOf(() => cache.invalidate(old));
    await seconds(6);
    exchanges[1]?.fail(down);
    expect(await Promise.all([waiting, reporting])).toEqual([down, down]);
  });

  test("F3 nor one that expires meanwhile", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { random });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 10);
    await first;
    await seconds(9.5);
    const waiting = errorOf(() => cache.getToken());
    await seconds(5);
    exchanges[1]?.fail(down);
    expect(await waiting).toBe(down);
  });
});

describe("F4 the gate", () => {
  test("F4 retryable: the first failed flight costs nothing, from the second on callers get an error at once", async () => {
    const { cache, idp } = cacheOver(fails(down));
    expect(await errorOf(() => cache.getToken())).toBe(down);
    expect(await errorOf(() => cache.getToken())).toBe(down);
    const gated = await errorOf(() => cache.getToken());
    expect(gated).toMatchObject({ name: "TransportError", code: "transport", retryable: true, cause: down });
    expect(gated).toBeInstanceOf(TransportError);
    expect(gated.retryAt).toBeCloseTo(Date.now() + 1000, 0);
    expect(idp.requests).toBe(2);
    await seconds(1);
    expect(await errorOf(() => cache.getToken())).toBe(down);
    expect(idp.requests).toBe(3);
  });

  test("F4 terminal: at once, for 30 s doubling, in an error of the same class and content", async () => {
    const { cache, idp } = cacheOver(fails(refused));
    await errorOf(() => cache.getToken());
    const gated = await errorOf(() => cache.getToken());
    expect(gated).toBeInstanceOf(AuthError);
    expect(gated).toMatchObject({ status: 400, error: "invalid_grant", retryable: false, cause: refused });
    expect(gated.message).toMatch(/^token_cache: refused; not asked again before 2023-11-14T22:13:50/);
    await seconds(30);
    await errorOf(() => cache.getToken());
    await seconds(59);
    await errorOf(() => cache.getToken());
    expect(idp.requests).toBe(2);
  });

  test("F4 the error of a user's own class keeps its class, name and fields", async () => {
    class MyError extends Error {
      override name = "MyError";
      retryable = false;
      constructor(readonly tenant: string) {
        super("mine");
      }
    }
    const { cache } = cacheOver(fails(new MyError("t1")));
    await errorOf(() => cache.getToken());
    const gated = await errorOf(() => cache.getToken());
    expect(gated).toBeInstanceOf(MyError);
    expect(gated).toMatchObject({ name: "MyError", tenant: "t1", retryAt: expect.any(Number) });
    expect(gated.message).toMatch(/^mine; not asked again before/);
    const config = cacheOver(fails(new ConfigError("idp", [{ path: "a", message: "b" }])));
    await errorOf(() => config.cache.getToken());
    expect(await errorOf(() => config.cache.getToken())).toMatchObject({ code: "config", issues: [{ path: "a" }] });
  });

  test("F4 a subclass of ours stays one; a class that cannot be made anew is a TransportError", async () => {
    class MyAuthError extends AuthError {
      readonly tenant = "t1";
    }
    const mine = cacheOver(fails(new MyAuthError("mine", { status: 400 })));
    await errorOf(() => mine.cache.getToken());
    const gated = await errorOf(() => mine.cache.getToken());
    expect(gated).toBeInstanceOf(MyAuthError);
    expect(gated).toMatchObject({ tenant: "t1", status: 400, code: "auth" });
    const timeout = new DOMException("timed out", "TimeoutError");
    const dom = cacheOver(fails(timeout));
    for (let n = 0; n < 2; n += 1) await errorOf(() => dom.cache.getToken());
    expect(await errorOf(() => dom.cache.getToken())).toMatchObject({ code: "transport", cause: timeout });
  });

  test("F4 C10 a clock that jumps back behind the failure opens the gate, for renewals too", async () => {
    const { cache, idp } = cacheOver(fails(refused));
    await errorOf(() => cache.getToken());
    vi.setSystemTime(Date.now() - 3_600_000);
    idp.answer = () => lives(1000);
    await cache.getToken();
    idp.answer = fails(refused);
    await seconds(950);
    await cache.getToken();
    await cache.getToken();
    expect(idp.requests).toBe(3);
    vi.setSystemTime(Date.now() - 40_000);
    await cache.getToken();
    expect(idp.requests).toBe(4);
  });

  test("F4 retryable failures after a terminal one begin its doubling anew", async () => {
    const { cache, idp } = cacheOver(fails(refused));
    await errorOf(() => cache.getToken());
    await seconds(30);
    idp.answer = fails(down);
    await errorOf(() => cache.getToken());
    await seconds(60);
    idp.answer = fails(refused);
    expect(await errorOf(() => cache.getToken())).toBe(refused);
    expect((await errorOf(() => cache.getToken())).retryAt).toBeCloseTo(Date.now() + 30_000, -1);
  });

  test("C9 H2 whatever of a user's own throws, nobody waits for ever", async () => {
    const odd = new Error("odd");
    let calls = 0;
    const clock = () => {
      calls += 1;
      if (calls % 3 !== 1) throw odd;
      return 0;
    };
    const { cache } = cacheOver(() => lives(10), { clock });
    for (let n = 0; n < 3; n += 1) expect(await errorOf(() => cache.getToken())).toBe(odd);
    expect(await errorOf(() => cache.invalidate(bearer("t")))).toBe(odd);
  });

  test("C9 an error that cannot be changed reaches its callers all the same", async () => {
    const sealed = Object.seal(new AuthError("sealed"));
    const { cache } = cacheOver(fails(sealed));
    expect(await errorOf(() => cache.getToken())).toBe(sealed);
  });

  test("C9 F3 a clock that throws while callers fall back on what they hold leaves nobody waiting", async () => {
    let isBroken = false;
    const clock = () => {
      if (isBroken) throw new Error("no time");
      return Date.now();
    };
    const { cache, idp } = cacheOver(() => lives(1000), { clock });
    const token = await cache.getToken();
    idp.answer = () => {
      isBroken = true;
      throw down;
    };
    await seconds(950);
    const served = cache.getToken();
    await seconds(6);
    expect(await served.catch((error: unknown) => error)).toBe(token);
  });

  test("F4 what is thrown and is no error closes the gate too", async () => {
    const { cache } = cacheOver(fails("text"));
    for (let n = 0; n < 2; n += 1) await cache.getToken().catch(() => {});
    expect(await errorOf(() => cache.getToken())).toMatchObject({ code: "transport", cause: "text" });
  });

  test("F4 what a gate elsewhere has told is taken over, and is no further failure", async () => {
    const failure = new AuthError("refused", { status: 400 });
    const retryAt = Date.now() + 5000;
    const told = new AuthError("refused; not asked again", { retryAt, cause: failure });
    const { cache, idp } = cacheOver(fails(told));
    expect(await errorOf(() => cache.getToken())).toBe(told);
    for (let n = 0; n < 2; n += 1) {
      expect(await errorOf(() => cache.getToken())).toMatchObject({ code: "auth", retryAt, cause: failure });
    }
    expect(cache.status()).toMatchObject({ consecutiveFailures: 1, retryAt });
    await seconds(5);
    idp.answer = () => lives(10);
    await cache.getToken();
    expect(idp.requests).toBe(2);
  });

  test("F4 an error of an issuer's own that tells when to come again, or is frozen, keeps its class", async () => {
    const own = Object.freeze(new AuthError("refused", { retryAt: Date.now() + 5000 }));
    const { cache } = cacheOver(fails(own));
    expect(await errorOf(() => cache.getToken())).toBe(own);
    expect(await errorOf(() => cache.getToken())).toMatchObject({ name: "AuthError", code: "auth", cause: own });
  });

  test("F4 F4a an issuer that keeps the gate itself is asked when that says so, and again once a look at its record is due", async () => {
    const gate = new Gate({ random, recheckMs: 1000 });
    let flights = 0;
    const issue = gated(async () => {
      flights += 1;
      const blocked = gate.errorAt(Date.now());
      if (blocked !== undefined) throw blocked;
      gate.fail(refused, Date.now());
      throw refused;
    }, gate);
    const cache = new TokenCache(issue, { random });
    await errorOf(() => cache.getToken());
    expect((await errorOf(() => cache.getToken())).cause).toBe(refused);
    expect(flights).toBe(1);
    await seconds(1);
    expect((await errorOf(() => cache.getToken())).cause).toBe(refused);
    expect(flights).toBe(2);
    expect(cache.status()).toMatchObject({ consecutiveFailures: 1 });
    gate.clear();
    expect(await errorOf(() => cache.getToken())).toBe(refused);
    expect(flights).toBe(3);
  });

  test("F4 a success clears it", async () => {
    const { cache, idp } = cacheOver(fails(down));
    for (let n = 0; n < 3; n += 1) await errorOf(() => cache.getToken());
    idp.answer = () => lives(10);
    await seconds(1);
    await cache.getToken();
    idp.answer = fails(down);
    await seconds(10);
    expect(await errorOf(() => cache.getToken())).toBe(down);
    expect(await errorOf(() => cache.getToken())).toBe(down);
  });

  test("F4 a longer Retry-After counts from the first failure on", async () => {
    const busy = new AuthError("busy", { status: 429, retryable: true, retryAfter: 120 });
    const { cache, idp } = cacheOver(fails(busy));
    await errorOf(() => cache.getToken());
    await seconds(119);
    expect(await errorOf(() => cache.getToken())).toMatchObject({ status: 429, cause: busy });
    expect(idp.requests).toBe(1);
    await seconds(1);
    await errorOf(() => cache.getToken());
    expect(idp.requests).toBe(2);
  });
});

describe("F5 an API that says no to everything", () => {
  test("F5 three in a row are replaced at once; then only at an age of 10 s, 20, 40, 60", async () => {
    const { cache, idp } = cacheOver(() => lives(3600));
    let token = await cache.getToken();
    const replacedAt: number[] = [];
    for (let second = 0; second < 200; second += 1) {
      const next = await cache.invalidate(token);
      if (next !== token) replacedAt.push(second);
      token = next;
      await seconds(1);
    }
    expect(replacedAt).toEqual([0, 1, 2, 12, 32, 72, 132, 192]);
    expect(idp.requests).toBe(9);
  });

  test("F5 until then invalidate() and getToken() give the current credential", async () => {
    const { cache, idp } = cacheOver(() => lives(3600));
    for (let n = 0; n < 3; n += 1) await cache.invalidate(await cache.getToken());
    const current = await cache.getToken();
    expect(await cache.invalidate(current)).toBe(current);
    expect(await cache.getToken()).toBe(current);
    expect(idp.requests).toBe(4);
  });

  test("F5 a credential that lives to its freshness end resets the count", async () => {
    const { cache, idp } = cacheOver(() => lives(100));
    for (let n = 0; n < 3; n += 1) await cache.invalidate(await cache.getToken());
    await seconds(90);
    for (let n = 0; n < 3; n += 1) await cache.invalidate(await cache.getToken());
    expect(idp.requests).toBe(8);
  });
});

test("F5 one that lived to its freshness end and is then rejected, with no call between, resets the count", async () => {
  const { cache, idp } = cacheOver(() => lives(100));
  for (let n = 0; n < 3; n += 1) await cache.invalidate(await cache.getToken());
  const lived = await cache.getToken();
  await seconds(91);
  let token = await cache.invalidate(lived);
  for (let n = 0; n < 2; n += 1) token = await cache.invalidate(token);
  expect(idp.requests).toBe(7);
  expect(await cache.invalidate(token)).toBe(token);
});

describe("F6 renewal in the background", () => {
  test("F6 a renewal that is due late is made earlier by a new refresh token, or by a clock that jumps forward", async () => {
    const gate = new Gate({ random });
    let requests = 0;
    const issue = gated(async () => {
      requests += 1;
      if (requests === 1) return lives(1000);
      gate.fail(refused, Date.now());
      throw refused;
    }, gate);
    const cache = new TokenCache(issue, { refresh: "background", random: () => 0 });
    await cache.getToken();
    await seconds(900);
    await cache.getToken();
    await seconds(0);
    await cache.getToken();
    expect(requests).toBe(2);
    // What the grant does when it has another refresh token.
    gate.clear();
    await cache.getToken();
    expect(requests).toBe(3);
    const jumping = cacheOver(() => lives(1000), { refresh: "background", random: () => 0.9 });
    await jumping.cache.getToken();
    await seconds(901);
    await jumping.cache.getToken();
    vi.setSystemTime(Date.now() + 80_000);
    await jumping.cache.getToken();
    expect(jumping.idp.requests).toBe(2);
  });

  test("F6 callers get the good credential at once, while one flight renews it", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { refresh: "background", random: () => 0 });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 100);
    const old = await first;
    await seconds(90);
    for (let n = 0; n < 100; n += 1) expect(cache.getToken()).toBe(first);
    expect(exchanges.map(({ why }) => why.reason)).toEqual(["initial", "background"]);
    exchanges[1]?.issue("new", 100);
    await seconds(0);
    const renewed = await cache.getToken();
    expect(renewed).toEqual(bearer("new"));
    expect(await cache.invalidate(old)).toBe(renewed);
  });

  test.each([
    [0, 90],
    [0.5, 92.5],
    [0.999_999, 95],
  ])("F6 chance %s: it begins at %s s of 100, once a caller has come", async (chance, at) => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { refresh: "background", random: () => chance });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 100);
    await first;
    await seconds(90);
    cache.getToken();
    await seconds(Math.max(0, at - 90 - 0.1));
    expect(exchanges).toHaveLength(at === 90 ? 2 : 1);
    await seconds(0.2);
    expect(exchanges).toHaveLength(2);
  });

  test("F6 a credential that is rejected is waited for, as ever", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { refresh: "background" });
    const first = cache.getToken();
    exchanges[0]?.issue("old", 100);
    const old = await first;
    await seconds(90);
    cache.getToken();
    const replaced = cache.invalidate(old);
    await seconds(6);
    expect(exchanges).toHaveLength(2);
    exchanges[1]?.issue("new", 100);
    expect(await replaced).toEqual(bearer("new"));
  });

  test("F6 a credential that is rejected while its renewal is scheduled is not renewed behind anybody", async () => {
    const { cache, idp } = cacheOver(() => lives(100), { refresh: "background", random: () => 0.9 });
    const token = await cache.getToken();
    await seconds(91);
    await cache.getToken();
    await cache.invalidate(token, { signal: AbortSignal.abort() }).catch(() => {});
    await seconds(5);
    expect(idp.requests).toBe(1);
  });

  test("F6 an expired credential is waited for; the renewal that was scheduled is none any more", async () => {
    const { cache, idp } = cacheOver(() => lives(100), { refresh: "background", random: () => 0.9 });
    await cache.getToken();
    await seconds(91);
    await cache.getToken();
    vi.setSystemTime(Date.now() + 10_000);
    await cache.getToken();
    expect(idp.requests).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
    await seconds(20);
    expect(idp.requests).toBe(2);
  });

  test("F6 a life beyond all timers sets none that fires at once", async () => {
    const { cache, idp } = cacheOver(() => lives(1e12), { refresh: "background" });
    await cache.getToken();
    vi.setSystemTime(Date.now() + 0.9e15);
    const timers = vi.spyOn(globalThis, "setTimeout");
    await cache.getToken();
    expect(timers.mock.calls.map(([, delay]) => delay)).toEqual([2 ** 31 - 1]);
    await seconds(1);
    expect(idp.requests).toBe(1);
  });
});

describe("options", () => {
  test("G2 all faults at once", async () => {
    const options = { expiryRatio: 2, timeoutSecs: Number.POSITIVE_INFINITY, refresh: "never", clock: 1 } as never;
    const { issues } = await errorOf(() => new TokenCache(async () => lives(1), options));
    const paths = ["expiryRatio", "timeoutSecs", "refresh", "clock"];
    expect((issues as { path: string }[]).map(({ path }) => path)).toEqual(paths);
  });

  test("H2 timeoutSecs is the deadline of a flight", async () => {
    const cache = new TokenCache(() => new Promise(() => {}), { timeoutSecs: 7 });
    const hung = errorOf(() => cache.getToken());
    await seconds(7);
    expect(await hung).toMatchObject({
      code: "transport",
      provider: "token_cache",
      message: "token_cache: no token within 7 s",
    });
  });
});
