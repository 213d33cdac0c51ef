/** One gate for a grant: a failure draws its cool-down once, and a `retryAt` that was given is kept (F4a). */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import { Gate } from "../../src/failure/gate.js";
import { gateError } from "../../src/failure/gate-error.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import { errorOf } from "../support/errors.js";
import { places, playedIdp, processOf } from "../support/fleet.js";
import { seeded } from "../support/simulation.js";

const refused = () => new AuthError("refused", { status: 401, error: "invalid_client" });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

describe.each(places)("a record %s", (_where, open) => {
  test("F4a at the instant that callers were given, the IdP is asked, in every one of many runs", async () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const [idp, place, random] = [playedIdp(), open(), seeded(seed)];
      idp.answer = () => Promise.reject(seed % 2 === 0 ? refused() : new TransportError("down", { unsent: true }));
      const options = { random, retries: 0 };
      const caches = Array.from(
        { length: 2 },
        () => new TokenCache(processOf(idp, place, "r0", options).issue, { random }),
      );
      for (let failures = 0; failures < 3; failures += 1) {
        await errorOf(() => caches[failures % 2]?.getToken() as Promise<Credential>);
      }
      for (const cache of caches) {
        const { retryAt } = await errorOf(() => cache.getToken());
        if (retryAt === undefined) continue;
        vi.setSystemTime(retryAt as number);
        const before = idp.presented.length;
        expect((await errorOf(() => cache.getToken())).retryAt).toBeUndefined();
        expect(idp.presented).toHaveLength(before + 1);
      }
    }
  });

  test("F4a two caches of one grant are given the same instant", async () => {
    const [idp, place] = [playedIdp(), open()];
    idp.answer = () => Promise.reject(refused());
    const grant = processOf(idp, place);
    const [first, second] = [new TokenCache(grant.issue), new TokenCache(grant.issue)];
    await errorOf(() => first.getToken());
    const { retryAt } = await errorOf(() => first.getToken());
    expect(await errorOf(() => second.getToken())).toMatchObject({ retryAt });
    expect(idp.presented).toHaveLength(1);
  });
});

test.each([[Number.NaN], [-1], [2], [Number.POSITIVE_INFINITY]])(
  "F4 a source of chance that gives %s blocks for half to all of the time",
  (odd) => {
    const gate = new Gate({ random: () => odd });
    gate.fail(refused(), 0);
    expect(gate.retryAt).toBeGreaterThanOrEqual(15_000);
    expect(gate.retryAt).toBeLessThanOrEqual(30_000);
  },
);

describe("F4 the error of a gate", () => {
  class Private extends Error {
    readonly #tenant = "t1";
    readonly retryable = false;
    get tenant(): string {
      return this.#tenant;
    }
  }

  test("F4 of a class with private fields can be read: it is one of ours, retryable as the failure was", () => {
    const error = gateError(new Private("mine"), 5) as AuthError;
    expect(error).toMatchObject({ code: "auth", retryable: false, retryAt: 5 });
    expect(() => JSON.stringify(error)).not.toThrow();
    expect(Object.keys(error).map((key) => Reflect.get(error, key))).toBeDefined();
  });

  test("F4 of what is no error keeps whether it may pass", () => {
    expect(gateError({ retryable: false }, 5)).toMatchObject({ code: "auth", retryable: false });
    expect(gateError("text", 5)).toMatchObject({ code: "transport", retryable: true });
    const foreign = { message: "of another realm", retryable: false };
    expect(gateError(foreign, 5)).toMatchObject({ retryable: false, retryAt: 5, cause: foreign });
  });
});

describe("fake timers", () => {
  test("C9 a wait under fake timers ends with them: nothing is re-armed, and nothing is left", async () => {
    const cache = new TokenCache(() => new Promise(() => {}), { timeoutSecs: 7 });
    const waiting = errorOf(() => cache.getToken());
    await vi.runAllTimersAsync();
    expect(await waiting).toMatchObject({ code: "transport" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("C9 timers may be plain numbers, as those of browsers are", async () => {
    const { setTimeout } = globalThis;
    const numbers = ((...given: Parameters<typeof setTimeout>) =>
      Number(setTimeout(...given))) as unknown as typeof setTimeout;
    globalThis.setTimeout = numbers;
    try {
      const cache = new TokenCache(async () => ({ credential: Credential.bearer("t") }));
      expect(await cache.getToken()).toEqual(Credential.bearer("t"));
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  });
});
