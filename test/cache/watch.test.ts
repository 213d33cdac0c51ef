/** Those who watch a cache (C14). */

import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import type { TokenCacheOptions } from "../../src/cache/token-cache-options.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import type { IssueContext, Issued } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";
import { manualIssuer } from "../support/issuers.js";
import { hearWarnings } from "../support/warnings.js";

const START = 1_700_000_000_000;
const down = new TransportError("down");
const refused = new AuthError("refused", { status: 400, error: "invalid_grant" });

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => vi.useRealTimers());

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

/** A cache whose IdP issues t1, t2, … for so many seconds, or fails as `idp.failure` says; and who asks it when. */
function issuing(expiresIn: number | undefined, options: TokenCacheOptions = {}) {
  const idp = { failure: undefined as unknown, asked: [] as number[], reasons: [] as string[] };
  const issue = async ({ reason }: IssueContext): Promise<Issued> => {
    idp.asked.push((Date.now() - START) / 1000);
    idp.reasons.push(reason);
    if (idp.failure !== undefined) throw idp.failure;
    return { credential: Credential.bearer(`t${idp.asked.length}`), expiresIn };
  };
  return { cache: new TokenCache(issue, { random: () => 0, ...options }), idp };
}

/** A listener that keeps what it hears, by its text. */
function hearing() {
  const heard: (string | undefined)[] = [];
  const errors: unknown[] = [];
  const listener = (credential: Credential) => void heard.push(Credential.authorizationValue(credential));
  return { heard, errors, listener, options: { onError: (error: unknown) => void errors.push(error) } };
}

describe("C14 what is heard", () => {
  test("C14 the first token is fetched, and heard once", async () => {
    const { cache, idp } = issuing(3600);
    const { heard, listener } = hearing();
    cache.watch(listener);
    expect(heard).toEqual([]);
    await seconds(0);
    expect(heard).toEqual(["Bearer t1"]);
    await Promise.all([cache.getToken(), cache.getToken()]);
    await seconds(1);
    expect({ heard, asked: idp.asked }).toEqual({ heard: ["Bearer t1"], asked: [0] });
  });

  test("C14 a good token that is there is heard at once, without a request, and after watch() has returned", async () => {
    const { cache, idp } = issuing(3600);
    const token = await cache.getToken();
    const heard: [Credential, Disposable | undefined][] = [];
    let watch: Disposable | undefined;
    watch = cache.watch((credential) => void heard.push([credential, watch]));
    expect(heard).toEqual([]);
    await seconds(0);
    expect(heard[0]?.[0]).toBe(token);
    expect(heard[0]?.[1]).toBe(watch);
    expect(idp.asked).toEqual([0]);
  });

  test("C14 a flight that is under way is not doubled", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const asked = cache.getToken();
    const { heard, listener } = hearing();
    cache.watch(listener);
    cache.watch(listener);
    exchanges[0]?.issue("a");
    await asked;
    await seconds(0);
    expect(exchanges).toHaveLength(1);
    expect(heard).toEqual(["Bearer a", "Bearer a"]);
  });

  test("C14 each generation once, in order, also those that callers and reports bring, and repeated texts", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { random: () => 0.999 });
    const heard: Credential[] = [];
    cache.watch((credential) => void heard.push(credential));
    exchanges[0]?.issue("a", 100);
    const first = await cache.getToken();
    const second = cache.invalidate(first);
    exchanges[1]?.issue("a", 100);
    await second;
    await seconds(91);
    // A caller comes before the watch's own renewal is due.
    const third = cache.getToken();
    exchanges[2]?.issue("b", 100);
    await third;
    await cache.invalidate(first);
    await seconds(0);
    expect(exchanges).toHaveLength(3);
    expect(heard).toEqual([first, await second, await third]);
    expect(new Set(heard).size).toBe(3);
  });

  test("C14 a generation that follows in the same turn does not hide the one before", async () => {
    const { cache } = issuing(3600);
    const first = await cache.getToken();
    const { heard, listener } = hearing();
    cache.watch(listener);
    await cache.invalidate(first);
    await seconds(0);
    expect(heard).toEqual(["Bearer t1", "Bearer t2"]);
  });

  test.each([
    ["expired", (cache: TokenCache) => seconds(101).then(() => cache)],
    [
      "rejected",
      (cache: TokenCache) => cache.getToken().then((t) => cache.invalidate(t, { signal: AbortSignal.abort() })),
    ],
  ])("C14 a token that is %s is not heard: the next one is", async (_what, spoil) => {
    const { cache } = issuing(100);
    await cache.getToken();
    await spoil(cache).catch(() => {});
    const { heard, listener } = hearing();
    cache.watch(listener);
    await seconds(0);
    expect(heard).toEqual(["Bearer t2"]);
  });

  test("C14 a token that a report spoils is replaced at once, even if the reporter has left", async () => {
    const { cache, idp } = issuing(3600);
    const { heard, listener } = hearing();
    cache.watch(listener);
    const token = await cache.getToken();
    await cache.invalidate(token, { signal: AbortSignal.abort("gone") }).catch(() => {});
    await seconds(0);
    expect(heard).toEqual(["Bearer t1", "Bearer t2"]);
    expect(idp.reasons).toEqual(["initial", "invalidated"]);
  });

  test("C14 a listener runs in the context in which it began to watch", async () => {
    const storage = new AsyncLocalStorage<string>();
    const { cache } = issuing(100);
    const seen: (string | undefined)[] = [];
    storage.run("watcher", () => cache.watch(() => void seen.push(storage.getStore())));
    await storage.run("caller", () => cache.getToken());
    await seconds(95);
    expect(seen).toEqual(["watcher", "watcher"]);
  });
});

describe("C14 renewal without callers", () => {
  test.each([["blocking"], ["background"]] as const)(
    "C14 %s: over 20 lifetimes, and none after disposal",
    async (refresh) => {
      const { cache, idp } = issuing(100, { refresh, random: Math.random });
      const { heard, errors, listener, options } = hearing();
      const watch = cache.watch(listener, options);
      await seconds(2000);
      // Each lives for 90 to 95 s, and no moment is without a token that is good.
      expect(idp.asked.length).toBeGreaterThanOrEqual(21);
      expect(idp.asked.length).toBeLessThanOrEqual(23);
      for (const [n, at] of idp.asked.entries()) {
        if (n > 0) expect(at - (idp.asked[n - 1] as number)).toBeGreaterThanOrEqual(90);
        if (n > 0) expect(at - (idp.asked[n - 1] as number)).toBeLessThanOrEqual(95);
      }
      expect(heard).toEqual(idp.asked.map((_, n) => `Bearer t${n + 1}`));
      expect(new Set(idp.reasons)).toEqual(new Set(["initial", "background"]));
      expect(errors).toEqual([]);
      watch[Symbol.dispose]();
      expect(vi.getTimerCount()).toBe(0);
      const before = idp.asked.length;
      await seconds(2000);
      expect(idp.asked).toHaveLength(before);
    },
  );

  test.each([
    [0, 90],
    [0.5, 92.5],
    [0.999_999, 95],
  ])("C14 chance %s: the renewal begins at %s s of 100", async (chance, at) => {
    const { cache, idp } = issuing(100, { random: () => chance });
    cache.watch(() => {});
    await seconds(99);
    expect(idp.asked).toEqual([0, expect.closeTo(at, 2)]);
  });

  test("C14 a token without a lifetime is not renewed", async () => {
    const { cache, idp } = issuing(undefined);
    cache.watch(() => {});
    await seconds(1_000_000);
    expect(idp.asked).toEqual([0]);
  });

  test("C14 without a watch nobody renews", async () => {
    const { cache, idp } = issuing(100);
    cache.watch(() => {})[Symbol.dispose]();
    await cache.getToken();
    await seconds(1000);
    expect(idp.asked).toEqual([0]);
  });

  test("C14 a host that sleeps, and a clock that jumps, are noticed within a minute", async () => {
    const { cache, idp } = issuing(3600);
    const { heard, listener } = hearing();
    cache.watch(listener);
    await seconds(60);
    vi.setSystemTime(START + 3_600_000);
    await seconds(60);
    expect(heard).toEqual(["Bearer t1", "Bearer t2"]);
    vi.setSystemTime(START - 3_600_000);
    await seconds(60);
    expect(heard).toEqual(["Bearer t1", "Bearer t2", "Bearer t3"]);
    expect(idp.reasons).toEqual(["initial", "expired", "expired"]);
  });

  test("C14 tokens that have expired when they come do not make it ask without end", async () => {
    let requests = 0;
    const cache = new TokenCache(async () => {
      requests += 1;
      return { credential: Credential.bearer(`t${requests}`), expiresIn: 10, issuedAt: Date.now() - 60_000 };
    });
    cache.watch(() => {});
    await seconds(10);
    expect(requests).toBeLessThanOrEqual(21);
    expect(requests).toBeGreaterThan(2);
  });

  test("C14 a life of a millisecond does not make it ask without end", async () => {
    const { cache, idp } = issuing(0.001);
    cache.watch(() => {});
    await seconds(1);
    expect(idp.asked.length).toBeLessThanOrEqual(11);
  });

  test("C14 a clock that throws ends nothing", async () => {
    const state = { isBroken: false };
    const clock = () => {
      if (state.isBroken) throw new Error("no clock");
      return Date.now();
    };
    const { cache, idp } = issuing(100, { clock });
    cache.watch(() => {});
    await seconds(1);
    state.isBroken = true;
    await seconds(95);
    state.isBroken = false;
    await seconds(61);
    expect(idp.asked.length).toBeGreaterThanOrEqual(2);
  });
});

describe("C14 failures", () => {
  test("C14 a failing renewal keeps the pace of the gate, is told, and ends with a success", async () => {
    const { cache, idp } = issuing(100, { random: () => 0.999_999_999 });
    const { heard, errors, listener, options } = hearing();
    cache.watch(listener, options);
    await seconds(1);
    idp.failure = down;
    await seconds(300);
    // The cool-downs of F4 at their longest: 1, 1, 2, 4, … 60 s between flights.
    const failed = idp.asked.slice(1);
    const pauses = failed.slice(1).map((at, n) => at - (failed[n] as number));
    expect(failed[0]).toBeCloseTo(95, 1);
    for (const [n, pause] of pauses.entries()) expect(pause).toBeCloseTo(Math.min(60, 2 ** n), 1);
    expect(pauses.length).toBeGreaterThan(5);
    expect(errors).toHaveLength(failed.length);
    expect(errors.every((error) => error === down)).toBe(true);
    expect(heard).toEqual(["Bearer t1"]);
    idp.failure = undefined;
    await seconds(61);
    expect(heard).toEqual(["Bearer t1", `Bearer t${idp.asked.length}`]);
  });

  test("C14 a refusal is left alone for as long as the gate blocks", async () => {
    const { cache, idp } = issuing(100, { random: () => 0.999_999_999 });
    idp.failure = refused;
    const { errors, listener, options } = hearing();
    cache.watch(listener, options);
    await seconds(29);
    expect(idp.asked).toEqual([0]);
    await seconds(200);
    expect(idp.asked.map((at) => Math.round(at))).toEqual([0, 30, 90, 210]);
    expect(errors).toHaveLength(4);
  });

  test("C14 who begins to watch while the gate blocks is told why, and gets the next token", async () => {
    const { cache, idp } = issuing(100);
    idp.failure = refused;
    await cache.getToken().catch(() => {});
    const { heard, errors, listener, options } = hearing();
    cache.watch(listener, options);
    await seconds(0);
    expect(idp.asked).toHaveLength(1);
    expect(errors).toMatchObject([{ code: "auth", retryAt: START + 15_000, cause: refused, provider: "token_cache" }]);
    idp.failure = undefined;
    await seconds(15);
    expect(heard).toEqual(["Bearer t2"]);
  });

  test("C14 failures of flights that callers have begun are told too", async () => {
    const { cache, idp } = issuing(3600);
    const { errors, listener, options } = hearing();
    cache.watch(listener, options);
    const token = await cache.getToken();
    idp.failure = down;
    await cache.invalidate(token).catch(() => {});
    await seconds(0);
    expect(errors).toEqual([down]);
    idp.failure = undefined;
    await seconds(1);
    expect(idp.reasons).toEqual(["initial", "invalidated", "invalidated"]);
  });

  test("C14 an error whose retryAt is past does not make it ask without end", async () => {
    const { cache, idp } = issuing(100);
    idp.failure = new TransportError("elsewhere", { retryAt: START - 1 });
    cache.watch(() => {});
    await seconds(10);
    expect(idp.asked.length).toBeLessThanOrEqual(21);
  });

  test("C14 without onError a failure reaches nobody, and ends nothing", async () => {
    const { cache, idp } = issuing(100);
    idp.failure = down;
    const { heard, listener } = hearing();
    cache.watch(listener);
    await seconds(0.4);
    idp.failure = undefined;
    await seconds(1);
    expect(heard).toEqual(["Bearer t2"]);
  });
});

describe("C14 listeners that fail", () => {
  const SECRET = "s3cr3t";
  test.each([
    [
      "throws",
      () => {
        throw new Error(SECRET);
      },
    ],
    [
      "throws nothing at all",
      () => {
        throw undefined;
      },
    ],
    [
      "throws a hostile value",
      () => {
        throw Object.create(null, {
          name: {
            get() {
              throw new Error(SECRET);
            },
          },
        });
      },
    ],
    ["rejects", () => Promise.reject(new RangeError(SECRET))],
    [
      "rejects later",
      async () => {
        await undefined;
        throw new Error(SECRET);
      },
    ],
    ["gives a thenable that rejects", () => thenable((_yes, no) => no(new Error(SECRET)))],
    [
      "gives a thenable that throws",
      () =>
        thenable(() => {
          throw new Error(SECRET);
        }),
    ],
    ["never ends", () => new Promise(() => {})],
  ])("C14 one that %s harms nobody", async (what, fail) => {
    const warnings = hearWarnings("FAUCET_AUTH_WATCH_LISTENER");
    const { cache } = issuing(100);
    const { heard, listener } = hearing();
    cache.watch(fail, { onError: fail });
    cache.watch(listener);
    await seconds(200);
    expect(heard).toEqual(["Bearer t1", "Bearer t2", "Bearer t3"]);
    expect(await cache.getToken()).toEqual(Credential.bearer("t3"));
    const warned = await warnings.all();
    expect(warned).toHaveLength(what === "never ends" ? 0 : 1);
    expect(inspect(warned, { depth: 9 })).not.toMatch(/s3cr3t|Bearer|t1/);
  });

  test("C14 a listener may report, dispose, watch and close", async () => {
    const { cache } = issuing(100);
    const heard: string[] = [];
    const watch = cache.watch(async (credential) => {
      heard.push(`a ${Credential.authorizationValue(credential)}`);
      if (heard.length > 1) return watch[Symbol.dispose]();
      cache.watch((next) => void heard.push(`b ${Credential.authorizationValue(next)}`));
      await cache.invalidate(credential);
    });
    await seconds(0);
    expect(heard.filter((text) => text.startsWith("a"))).toEqual(["a Bearer t1", "a Bearer t2"]);
    expect(heard.filter((text) => text.startsWith("b"))).toEqual(["b Bearer t1", "b Bearer t2"]);
    cache.watch(() => cache.close());
    await seconds(1000);
    expect(heard).toHaveLength(4);
  });
});

/** What `await` takes for a promise. */
function thenable(then: (yes: (value: unknown) => void, no: (error: unknown) => void) => void): object {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is for
  return Object.defineProperty({}, "then", { value: then });
}

describe("C14 the end", () => {
  test("C14 after disposal nothing is called, whatever is on its way", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const { heard, errors, listener, options } = hearing();
    const watch = cache.watch(listener, options);
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    exchanges[0]?.issue("a", 100);
    await seconds(0);
    // Already landed, and not heard yet.
    const late = cache.watch(listener, options);
    late[Symbol.dispose]();
    await seconds(1000);
    expect({ heard, errors }).toEqual({ heard: [], errors: [] });
    expect(exchanges).toHaveLength(1);
  });

  test("C14 the last to leave ends the renewals, the first does not", async () => {
    const { cache, idp } = issuing(100);
    const [one, other] = [hearing(), hearing()];
    const first = cache.watch(one.listener);
    const second = cache.watch(other.listener);
    await seconds(1);
    first[Symbol.dispose]();
    await seconds(95);
    expect([one.heard, other.heard]).toEqual([["Bearer t1"], ["Bearer t1", "Bearer t2"]]);
    second[Symbol.dispose]();
    await seconds(1000);
    expect(idp.asked).toHaveLength(2);
  });

  test("C14 a renewal that a caller has come for is not taken away with the watch", async () => {
    const { cache, idp } = issuing(100, { refresh: "background", random: () => 0.999 });
    const watch = cache.watch(() => {});
    await seconds(91);
    await cache.getToken();
    watch[Symbol.dispose]();
    await seconds(8);
    expect(idp.reasons).toEqual(["initial", "background"]);
    await seconds(1000);
    expect(idp.asked).toHaveLength(2);
  });

  test("C14 close() ends it, with a flight under way too", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const { heard, errors, listener, options } = hearing();
    cache.watch(listener, options);
    const closing = cache.close();
    exchanges[0]?.issue("a", 100);
    await closing;
    await seconds(1000);
    expect({ heard, errors }).toEqual({ heard: [], errors: [] });
    expect(exchanges).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(await errorOf(() => cache.watch(listener))).toMatchObject({ code: "closed" });
  });

  test("C14 `using` ends it", async () => {
    const { cache, idp } = issuing(100);
    {
      using _watch = cache.watch(() => {});
      await seconds(0);
    }
    await seconds(1000);
    expect(idp.asked).toEqual([0]);
  });
});

describe("what is no listener", () => {
  test.each([[undefined], [null], ["f"], [{}], [Promise.resolve()]])("C14 %j is a TypeError", async (listener) => {
    const { cache, idp } = issuing(100);
    const error = await errorOf(() => cache.watch(listener as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/takes a listener/);
    await seconds(1);
    expect(idp.asked).toEqual([]);
  });

  test("G5 options are checked", async () => {
    const { cache } = issuing(100);
    const faults = async (options: unknown) => (await errorOf(() => cache.watch(() => {}, options as never))).issues;
    expect(await faults({ onErorr: () => {} })).toMatchObject([
      { path: "options.onErorr", message: /did you mean "onError"/ },
    ]);
    expect(await faults({ onError: "log" })).toMatchObject([
      { path: "options.onError", message: /must be a function/ },
    ]);
    expect(await faults(null)).toMatchObject([{ path: "options", message: /must be an object/ }]);
  });
});
