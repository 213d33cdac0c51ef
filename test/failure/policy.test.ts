import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  afterFailure,
  CLEAR,
  type GateState,
  isRetryable,
  isRetryableAnswer,
  renewalInstant,
  replaceableAge,
  retryDelay,
} from "../../src/failure/policy.js";
import { AuthError, ConfigError, TransportError } from "../../src/values/errors.js";

const retryable = new TransportError("no answer", { unsent: true });
const terminal = new AuthError("refused", { status: 400 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const instant = fc.integer({ min: 0, max: 4e12 });
const failures = fc.array(fc.constantFrom(retryable, terminal, new Error("foreign")), { minLength: 1, maxLength: 40 });

function gateAfter(all: readonly unknown[], now = 0, random = () => 0.999_999): GateState {
  return all.reduce<GateState>((state, failure) => afterFailure(state, failure, now, random), CLEAR);
}

describe("F1 what is retryable", () => {
  test.each([[408], [429], [500], [502], [503], [599]])("F1 HTTP %i is", (status) => {
    expect(isRetryableAnswer(status)).toBe(true);
  });

  property.prop([fc.integer({ min: 100, max: 499 }).filter((status) => status !== 408 && status !== 429)])(
    "F1 every other status below 500 is terminal, unless the code says it is not",
    (status) => {
      expect(isRetryableAnswer(status)).toBe(false);
      expect(isRetryableAnswer(status, "invalid_grant")).toBe(false);
      expect(isRetryableAnswer(status, "server_error")).toBe(true);
      expect(isRetryableAnswer(status, "temporarily_unavailable")).toBe(true);
      expect(isRetryableAnswer(status, "unknown_error")).toBe(true);
    },
  );

  test("F1 an error says it of itself; one that says nothing may be tried again", () => {
    expect([retryable, new Error("x"), "text", undefined, null].map(isRetryable)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect([terminal, new ConfigError("x", []), { retryable: false }].map(isRetryable)).toEqual([false, false, false]);
  });
});

describe("F2 the wait before the next attempt", () => {
  const attempt = { failure: retryable, attempt: 1, retries: 2, timeLeft: 30_000, lostAnswers: 0 };

  property.prop([chance, fc.integer({ min: 1, max: 10 })])(
    "F2 full jitter from 200 ms, doubling, at most 5 s",
    (random, n) => {
      const delay = retryDelay({ ...attempt, attempt: n, retries: 10 }, () => random);
      expect(delay).toBeCloseTo(random * Math.min(5000, 200 * 2 ** (n - 1)), 6);
    },
  );

  property.prop([
    chance,
    fc.nat(10),
    fc.integer({ min: 1, max: 20 }),
    fc.nat(60_000),
    fc.option(fc.nat(100)),
    fc.nat(3),
  ])(
    "F2 never more attempts than allowed, never a wait beyond the deadline, never less than Retry-After",
    (random, retries, n, timeLeft, retryAfter, lostAnswers) => {
      const failure = new AuthError("busy", { status: 503, retryable: true, retryAfter: retryAfter ?? undefined });
      const delay = retryDelay({ failure, attempt: n, retries, timeLeft, lostAnswers }, () => random);
      if (n > retries) expect(delay).toBeUndefined();
      if (delay === undefined) return;
      expect(delay).toBeLessThan(timeLeft);
      expect(delay).toBeGreaterThanOrEqual((retryAfter ?? 0) * 1000);
    },
  );

  test("F2 a terminal failure is not tried again", () => {
    expect(retryDelay({ ...attempt, failure: terminal }, Math.random)).toBeUndefined();
  });

  test("F2 Retry-After is obeyed when it fits, and ends the flight when it does not", () => {
    const busy = (retryAfter: number) => new AuthError("busy", { status: 429, retryable: true, retryAfter });
    expect(retryDelay({ ...attempt, failure: busy(7) }, () => 0.5)).toBe(7000);
    expect(retryDelay({ ...attempt, failure: busy(30) }, () => 0.5)).toBeUndefined();
  });

  test("F2 the first lost answer of a refresh is retried at once, the next after a backoff; one that was never sent too", () => {
    const lost = { ...attempt, lostAnswers: 1, failure: new TransportError("reset") };
    expect(retryDelay(lost, () => 0.5)).toBe(0);
    expect(retryDelay({ ...lost, attempt: 2, lostAnswers: 2 }, () => 0.5)).toBe(200);
    expect(retryDelay({ ...lost, failure: retryable }, () => 0.5)).toBe(100);
    expect(retryDelay({ ...lost, failure: new AuthError("busy", { status: 503, retryable: true }) }, () => 0.5)).toBe(
      100,
    );
    expect(retryDelay({ ...lost, timeLeft: 0 }, () => 0.5)).toBeUndefined();
  });

  test("F2 what must fail again in the same way is not tried again", () => {
    const untrusted = new TransportError("certificate", { unsent: true, retryable: false });
    expect(retryDelay({ ...attempt, failure: untrusted }, () => 0.5)).toBeUndefined();
  });
});

describe("F4 the gate", () => {
  test("F4 retryable: the first failure costs nothing, then 1 s doubling to 60 s", () => {
    const closed = Array.from({ length: 9 }, (_, n) => gateAfter(Array(n + 1).fill(retryable)).blockedUntil / 1000);
    expect(closed.map(Math.round)).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test("F4 terminal: closes at once, 30 s doubling to 15 min", () => {
    const closed = Array.from({ length: 7 }, (_, n) => gateAfter(Array(n + 1).fill(terminal)).blockedUntil / 1000);
    expect(closed.map(Math.round)).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  property.prop([failures, instant, chance])("F4 jitter takes at most half of a cool-down", (all, now, random) => {
    const full = gateAfter(all, now).blockedUntil - now;
    const some = gateAfter(all, now, () => random).blockedUntil - now;
    expect(some).toBeLessThanOrEqual(full + 1);
    expect(some).toBeGreaterThanOrEqual(full / 2 - 1);
    expect(full).toBeLessThanOrEqual(15 * 60_000);
  });

  property.prop([failures, fc.double({ min: 0.001, max: 1e7, noNaN: true })])(
    "F4 a longer Retry-After, up to 1 h, counts from the first failure on",
    (all, retryAfter) => {
      const failure = new AuthError("busy", { status: 503, retryable: true, retryAfter });
      const closed = gateAfter([...all, failure]).blockedUntil;
      expect(closed).toBeGreaterThanOrEqual(Math.min(retryAfter, 3600) * 1000);
      expect(gateAfter([failure]).blockedUntil).toBe(Math.ceil(Math.min(retryAfter, 3600) * 1000));
      expect(closed).toBeLessThanOrEqual(3_600_000);
    },
  );

  property.prop([failures, instant, chance])(
    "F3 a renewal waits at least as long as the gate, and never not at all",
    (all, now, random) => {
      const gate = gateAfter(all, now, () => random);
      expect(gate.renewAfter).toBeGreaterThanOrEqual(gate.blockedUntil);
      expect(gate.renewAfter).toBeGreaterThanOrEqual(now + 500);
      expect(gate.failuresInARow).toBe(all.length);
    },
  );
});

describe("F5 and F6", () => {
  test("F5 three rejections are believed at once, then 10 s, 20, 40, at most 60", () => {
    expect(Array.from({ length: 9 }, (_, n) => replaceableAge(n) / 1000)).toEqual([0, 0, 0, 10, 20, 40, 60, 60, 60]);
  });

  property.prop([instant, fc.nat(1e9), chance])(
    "F6 the instant of renewal is in the first half of what is left",
    (freshUntil, left, random) => {
      const at = renewalInstant(freshUntil, freshUntil + left, () => random);
      expect(at).toBeGreaterThanOrEqual(freshUntil);
      expect(at).toBeLessThanOrEqual(freshUntil + left / 2);
    },
  );
});
