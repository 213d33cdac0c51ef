import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { withDeadline } from "../../src/failure/deadline.js";
import { asWrongAnswer } from "../../src/failure/policy.js";
import { type RetryPolicy, retrying } from "../../src/failure/retrying.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import type { Issue, IssueContext, Issued, Retry } from "../../src/values/issued.js";

const issued: Issued = { credential: Credential.bearer("t") };
const down = new TransportError("down", { unsent: true });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Runs `issue` as a flight of 30 s; says what came of each attempt, when, and how it ended. */
async function fly(issue: (attempt: number, why: IssueContext) => Promise<Issued>, policy: RetryPolicy = {}) {
  const began = performance.now();
  const starts: number[] = [];
  const retries: Retry[] = [];
  const counted: Issue = (why) => {
    starts.push(performance.now() - began);
    return issue(starts.length, why);
  };
  const flight = withDeadline(retrying(counted, { random: () => 0.5, ...policy }), 30);
  const outcome = flight({ reason: "initial", onRetry: (retry) => retries.push(retry) }).then(
    () => "issued",
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  return { starts, retries, outcome: await outcome, seconds: (performance.now() - began) / 1000 };
}

describe("F2 retries", () => {
  test("F2 twice by default, with backoff, then the last failure", async () => {
    const { starts, outcome, retries } = await fly(() => Promise.reject(down));
    expect(starts).toEqual([0, 100, 300]);
    expect(outcome).toBe(down);
    expect(retries).toEqual([
      { attempt: 1, delay: 100, failure: down },
      { attempt: 2, delay: 200, failure: down },
    ]);
  });

  test("F2 a later attempt may succeed", async () => {
    const { starts, outcome } = await fly((attempt) => (attempt < 3 ? Promise.reject(down) : Promise.resolve(issued)));
    expect(outcome).toBe("issued");
    expect(starts).toHaveLength(3);
  });

  test("F2 a synchronous throw is a failed attempt", async () => {
    const { starts } = await fly(() => {
      throw down;
    });
    expect(starts).toHaveLength(3);
  });

  test.each([
    [0, 1],
    [5, 6],
  ])("F2 retries: %i means %i attempts", async (retries, attempts) => {
    expect((await fly(() => Promise.reject(down), { retries })).starts).toHaveLength(attempts);
  });

  test("F2 a terminal failure ends the flight at once", async () => {
    expect((await fly(() => Promise.reject(new AuthError("no")))).starts).toHaveLength(1);
  });

  test("F2 Retry-After is waited for", async () => {
    const busy = new AuthError("busy", { status: 429, retryable: true, retryAfter: 12 });
    expect((await fly((n) => (n === 1 ? Promise.reject(busy) : Promise.resolve(issued)))).starts).toEqual([0, 12_000]);
  });

  test("F2 a Retry-After beyond the deadline ends the flight with an error that tells it", async () => {
    const busy = new AuthError("busy", { status: 429, retryable: true, retryAfter: 31 });
    const { outcome, seconds, starts } = await fly(() => Promise.reject(busy));
    expect(outcome).toMatchObject({ retryAfter: 31 });
    expect(starts).toHaveLength(1);
    expect(seconds).toBe(0);
  });
});

test.each([[-1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY]])("G2 retries: %s is a ConfigError", (retries) => {
  expect(() => retrying(async () => issued, { retries })).toThrow(/retries: must be a whole number/);
});

describe("H2 the shares of attempts", () => {
  test("H2 after an equal share of the time the next attempt begins beside it; all of them end with the flight", async () => {
    const aborted: boolean[] = [];
    const { starts, outcome, seconds } = await fly((_n, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(true));
      return new Promise(() => {});
    });
    expect(starts.map((start) => Math.round(start / 100) / 10)).toEqual([0, 10, 20]);
    expect(outcome).toMatchObject({ code: "transport" });
    expect(seconds).toBeCloseTo(30, 5);
    expect(aborted).toHaveLength(3);
  });

  test("H2 an attempt with a refresh token has all that is left", async () => {
    const { starts, outcome } = await fly(() => new Promise(() => {}), { presentsRefreshToken: true });
    expect(starts).toEqual([0]);
    expect(outcome).toMatchObject({ message: "no token within 30 s" });
  });

  test("F2 a refresh whose answer was lost is retried at once", async () => {
    const lost = new TransportError("reset");
    const { starts } = await fly(() => Promise.reject(lost), { presentsRefreshToken: true, retries: 3 });
    expect(starts).toEqual([0, 0, 200, 600]);
  });

  test("F2 so is one whose success could not be read, and only a refresh", async () => {
    const unreadable = new AuthError("HTTP 200, but not JSON", { status: 200, unreadable: true, retryable: true });
    const { starts } = await fly((n) => (n < 2 ? Promise.reject(unreadable) : Promise.resolve(issued)), {
      presentsRefreshToken: true,
    });
    expect(starts).toEqual([0, 0]);
    expect(asWrongAnswer(unreadable)).toMatchObject({ status: 200, unreadable: true, retryable: false });
  });

  test("F2 a refusal after a lost answer gets one more try after a pause, and names the loss", async () => {
    const lost = new TransportError("reset");
    const refused = () => new AuthError("already being processed", { status: 400, error: "invalid_grant" });
    const answers = [lost, refused(), refused()];
    const policy = { presentsRefreshToken: true, retries: 1 };
    const { starts, outcome } = await fly((n) => Promise.reject(answers[n - 1]), policy);
    expect(starts).toEqual([0, 0, 750]);
    expect(outcome).toMatchObject({ error: "invalid_grant", cause: lost });
    const recovered = await fly((n) => (n < 3 ? Promise.reject(answers[n - 1]) : Promise.resolve(issued)), policy);
    expect(recovered.outcome).toBe("issued");
  });

  test("H2 a refresh is not begun with less than a share left: cutting off a slow rotation loses it", async () => {
    const busy = new AuthError("HTTP 504", { status: 504, retryable: true });
    const policy = { presentsRefreshToken: true };
    const slow = () => new Promise<Issued>((_resolve, reject) => setTimeout(reject, 21_000, busy));
    expect(await fly(slow, policy)).toMatchObject({ starts: [0], outcome: busy });
    const quicker = () => new Promise<Issued>((_resolve, reject) => setTimeout(reject, 9000, busy));
    expect((await fly(quicker, policy)).starts).toEqual([0, 9100, 18_300]);
  });

  test("H2 a slow IdP is waited for: the first answer counts, and the others are let go of", async () => {
    const signals: AbortSignal[] = [];
    const { starts, outcome, seconds, retries } = await fly((_n, { signal }) => {
      signals.push(signal);
      return new Promise((resolve) => setTimeout(resolve, 12_000, issued));
    });
    expect({ starts, outcome, seconds: Math.round(seconds) }).toEqual({
      starts: [0, 10_000],
      outcome: "issued",
      seconds: 22,
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(retries).toMatchObject([{ attempt: 1, delay: 0, failure: { code: "transport" } }]);
  });

  test("H2 a refusal counts as an answer, though another attempt is under way", async () => {
    const refused = new AuthError("no", { status: 401, error: "invalid_client" });
    const { starts, outcome } = await fly((n) => (n === 1 ? new Promise(() => {}) : Promise.reject(refused)));
    expect({ starts, outcome }).toEqual({ starts: [0, 10_000], outcome: refused });
  });

  test("H2 F2 where one attempt has failed, the other is still waited for, and the next begins after the backoff", async () => {
    const { starts, outcome } = await fly((n) => {
      if (n === 1) return new Promise((resolve) => setTimeout(resolve, 15_000, issued));
      return Promise.reject(down);
    });
    expect({ starts, outcome }).toEqual({ starts: [0, 10_000, 10_200], outcome: "issued" });
  });

  test("H2 a wait is cut off by the deadline", async () => {
    const { outcome, seconds } = await fly(
      (n) => (n === 1 ? new Promise((_resolve, reject) => setTimeout(reject, 29_950, down)) : Promise.resolve(issued)),
      { presentsRefreshToken: true },
    );
    expect(outcome).toBe(down);
    expect(seconds).toBeCloseTo(29.95, 3);
  });

  test("H2 a success that comes in the same turn as a failure counts", async () => {
    const settle: ((n: number) => void)[] = [];
    const { outcome } = await fly(
      (n) => {
        if (n === 1) return new Promise((_resolve, reject) => settle.push(() => reject(down)));
        setTimeout(() => settle[0]?.(1), 1000);
        return new Promise((resolve) => setTimeout(resolve, 1000, issued));
      },
      { retries: 1 },
    );
    expect(outcome).toBe("issued");
  });

  test("F2 a Retry-After that does not fit ends the flight, though another attempt is under way", async () => {
    const busy = new AuthError("busy", { status: 429, retryable: true, retryAfter: 600 });
    const { outcome, seconds } = await fly((n) => (n === 1 ? new Promise(() => {}) : Promise.reject(busy)));
    expect(outcome).toBe(busy);
    expect(Math.round(seconds)).toBe(10);
  });
});
