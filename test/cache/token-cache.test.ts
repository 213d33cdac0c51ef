import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { fc, test as property } from "@fast-check/vitest";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import { Credential } from "../../src/values/credential.js";
import type { Issued } from "../../src/values/issued.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { manualIssuer, numberedIssuer } from "../support/issuers.js";

const bearer = Credential.bearer;

afterEach(() => vi.useRealTimers());

describe("C1 single flight", () => {
  test("C1 10 000 callers without a credential share one exchange", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const calls = Array.from({ length: 10_000 }, () => cache.getToken());
    exchanges[0]?.issue("a");
    const tokens = new Set(await Promise.all(calls));
    expect(exchanges).toHaveLength(1);
    expect([...tokens]).toEqual([bearer("a")]);
  });

  test("C1 an issuer that calls back into its cache joins its own flight", async () => {
    let flights = 0;
    let inner: Promise<Credential> | undefined;
    const cache: TokenCache = new TokenCache(async () => {
      flights += 1;
      inner = cache.getToken();
      return { credential: bearer("a") };
    });
    const outer = await cache.getToken();
    expect(await inner).toBe(outer);
    expect(flights).toBe(1);
  });
});

describe("C2 hot path", () => {
  test("C2 a fresh credential is handed out as one and the same promise", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    const first = cache.getToken();
    await first;
    expect(cache.getToken()).toBe(first);
    expect(cache.getToken()).toBe(cache.getToken());
    expect(cache.getToken({ signal: new AbortController().signal })).toBe(first);
    expect(calls).toHaveLength(1);
  });
});

describe("C3 compare-and-swap", () => {
  test("C3 a storm of reports of one credential causes one exchange", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    const stale = await cache.getToken();
    const replaced = await Promise.all(Array.from({ length: 1000 }, () => cache.invalidate(stale)));
    expect(new Set(replaced.map((credential) => Credential.authorizationValue(credential)))).toEqual(
      new Set(["Bearer token-2"]),
    );
    expect(calls.map(({ reason }) => reason)).toEqual(["initial", "invalidated"]);
    expect(calls[1]?.rejected).toBe(stale);
  });

  test("C3 a report of an older credential gets the current one, with no request", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    const first = await cache.getToken();
    const second = await cache.invalidate(first);
    const third = await cache.invalidate(second);
    for (const late of [first, second, first]) expect(await cache.invalidate(late)).toBe(third);
    expect(calls).toHaveLength(3);
  });

  property.prop([fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 60 })])(
    "C3 in whatever order reports come, only one of the current credential makes a request",
    async (reports) => {
      const clock = testClock();
      const { issue, calls } = numberedIssuer();
      const cache = new TokenCache(issue, { clock });
      const known = [await cache.getToken()];
      let expected = 1;
      for (const report of reports) {
        clock.advance(60); // beyond the patience of F5
        const reported = report % known.length;
        if (reported === known.length - 1) expected += 1;
        const current = await cache.invalidate(known[reported] as Credential);
        if (!known.includes(current)) known.push(current);
        expect(calls).toHaveLength(expected);
        expect(current).toBe(known.at(-1));
      }
    },
  );

  test("C3 the same token text issued again is a new generation", async () => {
    let exchanges = 0;
    const cache = new TokenCache(async () => {
      exchanges += 1;
      return { credential: bearer("always-the-same") };
    });
    const first = await cache.getToken();
    const second = await cache.invalidate(first);
    expect(second).not.toBe(first);
    expect(await cache.invalidate(first)).toBe(second);
    expect(exchanges).toBe(2);
    await cache.invalidate(second);
    expect(exchanges).toBe(3);
  });

  test("C3 an issuer that returns one and the same object still makes generations", async () => {
    const credential = bearer("a");
    const cache = new TokenCache(async () => ({ credential }));
    const first = await cache.getToken();
    const second = await cache.invalidate(first);
    expect(await cache.invalidate(first)).toBe(second);
  });

  test.each([
    ["of the same type", bearer("token-1")],
    ["of another type", Credential.token("token-1")],
    ["as a header", Credential.header("X-Token", "token-1")],
    ["that is a plain object", { type: "bearer", token: "token-1" } as const],
  ])("C3 a credential from elsewhere is compared by its secret: %s", async (_what, foreign) => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    await cache.getToken();
    expect(await cache.invalidate(bearer("something-older"))).toEqual(bearer("token-1"));
    expect(calls).toHaveLength(1);
    expect(await cache.invalidate(foreign)).toEqual(bearer("token-2"));
    expect(calls).toHaveLength(2);
  });

  test("C3 a rejected credential is not served again, not even after a failed refresh", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const first = cache.getToken();
    exchanges[0]?.issue("a");
    const refresh = cache.invalidate(await first);
    exchanges[1]?.fail(new Error("down"));
    await expect(refresh).rejects.toThrow("down");
    const next = cache.getToken();
    exchanges[2]?.issue("b");
    expect(await next).toEqual(bearer("b"));
    expect(exchanges[2]?.why).toMatchObject({ reason: "invalidated", rejected: bearer("a") });
  });

  test("C3 a report during a flight joins it, and rejects what was current", async () => {
    const clock = testClock();
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { clock });
    const first = cache.getToken();
    exchanges[0]?.issue("a", 100);
    const a = await first;
    clock.advance(95);
    const renewal = cache.getToken();
    const report = cache.invalidate(a);
    exchanges[1]?.issue("b", 100);
    expect(await report).toBe(await renewal);
    expect(exchanges).toHaveLength(2);
  });

  test("C3 something that is no credential is refused, and changes nothing", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    await cache.getToken();
    await expect(cache.invalidate(undefined as never)).rejects.toThrow(TypeError);
    await cache.getToken();
    expect(calls).toHaveLength(1);
  });
});

describe("C4 expiry", () => {
  test("C4 invalidate() of an older credential does not get an expired one", async () => {
    const clock = testClock();
    const { issue } = numberedIssuer(100);
    const cache = new TokenCache(issue, { clock });
    const first = await cache.getToken();
    const second = await cache.invalidate(first);
    clock.advance(101);
    const third = await cache.invalidate(first);
    expect(third).toEqual(bearer("token-3"));
    expect(third).not.toBe(second);
  });

  test("C4 the callers of a flight get its result, however short it lives", async () => {
    const clock = testClock();
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { clock });
    const calls = [cache.getToken(), cache.getToken()];
    exchanges[0]?.issue("brief", 0.001);
    clock.advance(10);
    expect(await Promise.all(calls)).toEqual([bearer("brief"), bearer("brief")]);
  });
});

describe("C5 no usable lifetime", () => {
  test.each([[undefined], [null], [Number.NaN], ["soon"], [{}]])(
    "C5 a lifetime of %j keeps the credential until it is rejected",
    async (expiresIn) => {
      const clock = testClock();
      const { issue, calls } = numberedIssuer(expiresIn);
      const cache = new TokenCache(issue, { clock });
      const first = await cache.getToken();
      clock.advance(10 * 365 * 86_400);
      expect(await cache.getToken()).toBe(first);
      await cache.invalidate(first);
      expect(calls).toHaveLength(2);
    },
  );
});

test.each([[0], [-1], [-0.5], ["0"]])(
  "C5 a lifetime of %j counts as one second: servers round down",
  async (expiresIn) => {
    const clock = testClock();
    const { issue, calls } = numberedIssuer(expiresIn);
    const cache = new TokenCache(issue, { clock });
    const first = await cache.getToken();
    clock.advance(0.899);
    expect(await cache.getToken()).toBe(first);
    clock.advance(0.101);
    expect(await cache.getToken()).not.toBe(first);
    expect(calls).toHaveLength(2);
  },
);

describe("C6 freshness", () => {
  test("C6 a credential that lives one second is used for 0.9 s, with one exchange", async () => {
    const clock = testClock();
    const { issue, calls } = numberedIssuer(1);
    const cache = new TokenCache(issue, { clock });
    await cache.getToken();
    clock.advance(0.899);
    await cache.getToken();
    expect(calls).toHaveLength(1);
    clock.advance(0.001);
    await cache.getToken();
    expect(calls).toHaveLength(2);
    expect(calls[1]?.reason).toBe("expired");
  });

  test("C6 the lifetime counts from the arrival of the answer", async () => {
    const clock = testClock();
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue, { clock });
    const first = cache.getToken();
    clock.advance(20);
    exchanges[0]?.issue("a", 10);
    await first;
    clock.advance(8.9);
    await cache.getToken();
    expect(exchanges).toHaveLength(1);
  });

  test("C6 10¹² seconds overflow nothing", async () => {
    const clock = testClock();
    const { issue, calls } = numberedIssuer(1e12);
    const cache = new TokenCache(issue, { clock });
    await cache.getToken();
    clock.advance(1e11);
    await cache.getToken();
    expect(calls).toHaveLength(1);
    clock.advance(1e12);
    await cache.getToken();
    expect(calls).toHaveLength(2);
  });

  property.prop([fc.double({ min: 0.001, max: 1e9, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })])(
    "C6 a credential is fresh exactly while now < issuedAt + lifetime × ratio",
    async (lifetime, expiryRatio) => {
      const clock = testClock(0);
      const { issue, calls } = numberedIssuer(lifetime);
      const cache = new TokenCache(issue, { clock, expiryRatio });
      await cache.getToken();
      clock.now = lifetime * 1000 * expiryRatio * 0.999;
      await cache.getToken();
      expect(calls).toHaveLength(1);
      clock.now = lifetime * 1000 * expiryRatio;
      await cache.getToken();
      expect(calls).toHaveLength(2);
    },
  );

  test.each([[0], [-0.1], [1.1], [Number.NaN], [Number.POSITIVE_INFINITY], ["0.5"]])(
    "G3 an expiry ratio of %s is a ConfigError",
    async (expiryRatio) => {
      const error = await errorOf(() => new TokenCache(numberedIssuer().issue, { expiryRatio: expiryRatio as number }));
      expect(error).toMatchObject({ code: "config", issues: [{ path: "expiryRatio" }] });
    },
  );
});

describe("C7 failures", () => {
  test("C7 all callers of a failed flight get its error, and the next call flies again", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const calls = Array.from({ length: 100 }, () => cache.getToken());
    const down = new Error("down");
    exchanges[0]?.fail(down);
    const results = await Promise.allSettled(calls);
    expect(results.every((result) => result.status === "rejected" && result.reason === down)).toBe(true);
    const next = cache.getToken();
    exchanges[1]?.issue("a");
    expect(await next).toEqual(bearer("a"));
  });

  test("C7 a synchronous throw is a failed flight", async () => {
    let calls = 0;
    const cache = new TokenCache(() => {
      calls += 1;
      throw new Error("at once");
    });
    await expect(cache.getToken()).rejects.toThrow("at once");
    await expect(cache.getToken()).rejects.toThrow("at once");
    expect(calls).toBe(2);
  });

  test.each([
    ["nothing", undefined],
    ["no credential", {}],
    ["a bare string", { credential: "token" }],
    ["a credential of no known type", { credential: { type: "cookie", value: "x" } }],
    ["an empty token", { credential: { type: "bearer", token: "" } }],
    ["a token with a line break", { credential: { type: "bearer", token: "secret\r\nX-Evil: 1" } }],
  ])("A5 an issuer that gives %s fails with an AuthError that quotes nothing", async (_what, issued) => {
    const cache = new TokenCache(async () => issued as unknown as Issued);
    const error = await errorOf(() => cache.getToken());
    expect(error).toMatchObject({ code: "auth", retryable: false });
    expect(inspect(error, { depth: null })).not.toContain("secret");
  });
});

describe("C8 abort", () => {
  test("C8 an abort rejects its caller alone, also when that is the first one", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const leaving = new AbortController();
    const first = cache.getToken({ signal: leaving.signal });
    const second = cache.getToken({ signal: new AbortController().signal });
    const third = cache.getToken();
    const reason = new Error("changed my mind");
    leaving.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(exchanges[0]?.why.signal.aborted).toBe(false);
    exchanges[0]?.issue("a");
    expect(await Promise.all([second, third])).toEqual([bearer("a"), bearer("a")]);
    expect(exchanges).toHaveLength(1);
  });

  test("C8 when every caller has left, the flight goes on and its result is kept", async () => {
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const leaving = new AbortController();
    const only = cache.getToken({ signal: leaving.signal });
    leaving.abort();
    await expect(only).rejects.toBe(leaving.signal.reason);
    exchanges[0]?.issue("a");
    await vi.waitFor(async () => expect(await cache.getToken()).toEqual(bearer("a")));
    expect(exchanges).toHaveLength(1);
  });

  test("C8 a signal that is aborted already starts nothing", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    const signal = AbortSignal.abort("no");
    await expect(cache.getToken({ signal })).rejects.toBe("no");
    await expect(cache.invalidate(bearer("x"), { signal })).rejects.toBe("no");
    expect(calls).toHaveLength(0);
  });

  test("C8 a report by a caller that has left is not lost", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue);
    const stale = await cache.getToken();
    await expect(cache.invalidate(stale, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(calls).toHaveLength(1);
    expect(await cache.getToken()).toEqual(bearer("token-2"));
  });

  test("C8 a thousand callers with one signal put no crowd of listeners on it", async () => {
    const warnings: Error[] = [];
    const collect = (warning: Error) => warnings.push(warning);
    process.on("warning", collect);
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 1000 }, () => cache.getToken({ signal }));
    exchanges[0]?.issue("a");
    await Promise.all(calls);
    await new Promise(setImmediate);
    process.off("warning", collect);
    expect(warnings).toEqual([]);
  });

  test("C8 a flight runs in the async context in which the cache was made", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const cache = storage.run(
      "maker",
      () =>
        new TokenCache(async () => {
          await null;
          seen.push(storage.getStore());
          return { credential: bearer("a") };
        }),
    );
    await storage.run("caller", async () => {
      await cache.getToken();
      seen.push(storage.getStore());
    });
    expect(seen).toEqual(["maker", "caller"]);
  });
});

describe("C9 no unhandled rejection", () => {
  test("C9 whatever fails and nobody waits for", async () => {
    const unhandled: unknown[] = [];
    const collect = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", collect);
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const leaving = new AbortController();
    cache.getToken();
    cache.getToken({ signal: leaving.signal });
    cache.getToken({ signal: AbortSignal.abort() });
    cache.getToken({ signal: new AbortController().signal });
    cache.invalidate(bearer("x"));
    cache.invalidate(undefined as never);
    leaving.abort();
    exchanges[0]?.fail(new Error("down"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", collect);
    expect(unhandled).toEqual([]);
  });
});

describe("C10 the clock", () => {
  test("C10 a clock that jumps back behind issuedAt makes the credential count as expired", async () => {
    const clock = testClock();
    const { issue, calls } = numberedIssuer(3600);
    const cache = new TokenCache(issue, { clock });
    await cache.getToken();
    clock.advance(-1);
    expect(await cache.getToken()).toEqual(bearer("token-2"));
    clock.advance(3000);
    await cache.getToken();
    expect(calls).toHaveLength(2);
  });
});

describe("C11 state", () => {
  test("C11 two caches of the same token text know nothing of each other", async () => {
    const [a, b] = [numberedIssuer(3600), numberedIssuer(3600)];
    const [cacheA, cacheB] = [new TokenCache(a.issue), new TokenCache(b.issue)];
    const fromA = await cacheA.getToken();
    await cacheB.getToken();
    await cacheA.invalidate(fromA);
    await cacheB.getToken();
    expect([a.calls.length, b.calls.length]).toEqual([2, 1]);
  });
});

describe("H2 the deadline", () => {
  test("H2 an issuer that hangs and ignores its signal fails the flight after 30 s and frees the next caller", async () => {
    vi.useFakeTimers();
    const { issue, exchanges } = manualIssuer();
    const cache = new TokenCache(issue);
    const hung = errorOf(() => cache.getToken());
    await vi.advanceTimersByTimeAsync(29_999);
    expect(exchanges[0]?.why.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await hung).toMatchObject({ code: "transport", retryable: true });
    expect(exchanges[0]?.why.signal.aborted).toBe(true);
    const next = cache.getToken();
    exchanges[1]?.issue("b");
    expect(await next).toEqual(bearer("b"));
    exchanges[0]?.issue("too-late");
    await vi.advanceTimersByTimeAsync(0);
    expect(await cache.getToken()).toEqual(bearer("b"));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("S1 printing", () => {
  test("S1 a cache and what a user's own issuer gave it print no secret", async () => {
    const leaky = { type: "bearer", token: "s3cr3t-token" } as const;
    const cache = new TokenCache(async () => ({ credential: leaky, refreshToken: "s3cr3t-refresh" }));
    const credential = await cache.getToken();
    const printed = [cache, credential, { deep: [{ credential }] }].flatMap((value) => [
      inspect(value, { depth: null, showHidden: true }),
      inspect(value, { depth: null, customInspect: false }),
      JSON.stringify(value),
      `${value}`,
    ]);
    expect(printed.join("\n")).not.toContain("s3cr3t");
  });
});
