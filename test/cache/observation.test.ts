import { AsyncLocalStorage } from "node:async_hooks";
import { channel, tracingChannel } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import { retrying } from "../../src/failure/retrying.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import type { Issue } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";

const down = new TransportError("down", { unsent: true });
const random = () => 0.999_999_999;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

type Event = Record<string, unknown>;

/** What is published while the test runs, as it was at that moment. */
function listen(): [string, Event][] {
  const heard: [string, Event][] = [];
  const names = ["retry", "gate", "stale-served"].map((name) => `faucet-auth:${name}`);
  const traced = ["start", "end", "error", "asyncStart", "asyncEnd"].map(
    (name) => `tracing:faucet-auth:flight:${name}`,
  );
  for (const name of [...names, ...traced]) {
    const hear = (event: unknown) => heard.push([name.replace(/.*faucet-auth:/, ""), { ...(event as Event) }]);
    channel(name).subscribe(hear);
    onTestFinished(() => {
      channel(name).unsubscribe(hear);
    });
  }
  return heard;
}

function numbered(): Issue {
  let n = 0;
  return async () => {
    n += 1;
    return { credential: Credential.bearer(`s3cr3t-${n}`), expiresIn: 100, refreshToken: "s3cr3t" };
  };
}

describe("diagnostic events", () => {
  test("a flight starts and ends, with all that is known of it", async () => {
    const heard = listen();
    const cache = new TokenCache(retrying(numbered()), { type: "my_idp", name: "sf", random });
    await Promise.all([cache.getToken(), cache.getToken(), cache.getToken()]);
    await cache.invalidate(await cache.getToken());
    const common = { type: "my_idp", name: "sf" };
    expect(heard).toEqual([
      ["flight:start", { ...common, reason: "initial", generation: 1, attempts: 0, waiters: 0 }],
      [
        "flight:end",
        { ...common, reason: "initial", generation: 1, attempts: 1, waiters: 3, duration: 0, outcome: "issued" },
      ],
      ["flight:start", { ...common, reason: "invalidated", generation: 2, attempts: 0, waiters: 0 }],
      [
        "flight:end",
        { ...common, reason: "invalidated", generation: 2, attempts: 1, waiters: 1, duration: 0, outcome: "issued" },
      ],
    ]);
  });

  test("retries, failures, the gate and what serves on are told", async () => {
    const heard = listen();
    let issue: Issue = numbered();
    const cache = new TokenCache(
      retrying((why) => issue(why), { retries: 1, random: () => 0.5 }),
      { random },
    );
    const token = await cache.getToken();
    issue = () => Promise.reject(down);
    await vi.advanceTimersByTimeAsync(90_000);
    const served = cache.getToken();
    await vi.advanceTimersByTimeAsync(200);
    await served;
    await cache.getToken();
    const failed = errorOf(() => cache.invalidate(token));
    await vi.advanceTimersByTimeAsync(200);
    await failed;
    issue = numbered();
    await vi.advanceTimersByTimeAsync(2000);
    await cache.getToken();
    const told = heard.map(([name, event]) => {
      const { reason, attempt, delay, why, state, consecutiveFailures, outcome, error, generation } = event;
      const fields = {
        reason,
        attempt,
        delay,
        why,
        state,
        consecutiveFailures,
        outcome,
        generation,
        down: error === down || undefined,
      };
      return [name, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))];
    });
    expect(told.slice(2)).toEqual([
      ["flight:start", { reason: "expired", generation: 2 }],
      ["retry", { reason: "expired", attempt: 1, delay: 100, down: true }],
      ["flight:error", { reason: "expired", generation: 2, outcome: "failed", down: true }],
      ["flight:end", { reason: "expired", generation: 2, outcome: "failed", down: true }],
      ["stale-served", { why: "failed", generation: 1 }],
      ["stale-served", { why: "failed", generation: 1 }],
      ["flight:start", { reason: "invalidated", generation: 2 }],
      ["retry", { reason: "invalidated", attempt: 1, delay: 100, down: true }],
      ["gate", { state: "blocked", consecutiveFailures: 2, down: true }],
      ["flight:error", { reason: "invalidated", generation: 2, outcome: "failed", down: true }],
      ["flight:end", { reason: "invalidated", generation: 2, outcome: "failed", down: true }],
      ["flight:start", { reason: "invalidated", generation: 2 }],
      ["gate", { state: "clear", consecutiveFailures: 0 }],
      ["flight:end", { reason: "invalidated", generation: 2, outcome: "issued" }],
    ]);
    expect(inspect(heard, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test("what is bound to the start channel reaches into the flight", async () => {
    const storage = new AsyncLocalStorage<unknown>();
    const { start } = tracingChannel("faucet-auth:flight");
    start.bindStore(storage, (event) => (event as { name: string }).name);
    onTestFinished(() => {
      start.unbindStore(storage);
    });
    let seen: unknown;
    const cache = new TokenCache(
      async () => {
        await null;
        seen = storage.getStore();
        return { credential: Credential.bearer("t") };
      },
      { name: "sf" },
    );
    await cache.getToken();
    expect(seen).toBe("sf");
  });
});

describe("status", () => {
  test("from empty to fresh, stale, expired, failing", async () => {
    let issue: Issue = numbered();
    const cache = new TokenCache((why) => issue(why), { name: "sf", random });
    const state = () => cache.status().state;
    expect(cache.status()).toEqual({
      name: "sf",
      state: "empty",
      generation: 0,
      inFlight: false,
      consecutiveFailures: 0,
      counts: { flights: 0, tokenRequests: 0, failures: 0, joined: 0, invalidations: 0 },
    });
    const [token] = await Promise.all([cache.getToken(), cache.getToken()]);
    const issuedAt = Date.now();
    expect(cache.status()).toMatchObject({
      state: "fresh",
      generation: 1,
      issuedAt,
      freshUntil: issuedAt + 90_000,
      expiresAt: issuedAt + 100_000,
      counts: { flights: 1, tokenRequests: 1, joined: 1 },
    });
    await vi.advanceTimersByTimeAsync(90_000);
    expect(state()).toBe("stale");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state()).toBe("expired");
    issue = () => Promise.reject(new AuthError("refused"));
    const failing = errorOf(() => cache.invalidate(token as Credential));
    expect(cache.status().inFlight).toBe(true);
    await failing;
    expect(cache.status()).toMatchObject({
      state: "failing",
      inFlight: false,
      consecutiveFailures: 1,
      lastError: { name: "AuthError", code: "auth", message: "sf: refused" },
      counts: { flights: 2, tokenRequests: 2, failures: 1, invalidations: 1 },
    });
    expect(cache.status().retryAt).toBeCloseTo(Date.now() + 30_000, 0);
    issue = numbered();
    await vi.advanceTimersByTimeAsync(30_000);
    await cache.getToken();
    expect(cache.status()).toMatchObject({ state: "fresh", generation: 2, consecutiveFailures: 0 });
    expect(cache.status()).not.toHaveProperty("lastError");
  });

  test("a rejected credential counts as expired; retries count as token requests", async () => {
    let attempts = 0;
    const issue: Issue = async () => {
      attempts += 1;
      if (attempts < 3) throw down;
      return { credential: Credential.bearer("t") };
    };
    const cache = new TokenCache(retrying(issue), { random });
    const first = cache.getToken();
    await vi.runAllTimersAsync();
    const token = await first;
    expect(cache.status()).toMatchObject({ state: "fresh", counts: { flights: 1, tokenRequests: 3 } });
    expect(cache.status()).not.toHaveProperty("expiresAt");
    cache.invalidate(token, { signal: AbortSignal.abort() });
    expect(cache.status()).toMatchObject({ state: "expired", counts: { invalidations: 1 } });
  });

  test("S1 it is safe to log: no credential, and of foreign errors no text", async () => {
    let issue: Issue = numbered();
    const cache = new TokenCache((why) => issue(why));
    const token = await cache.getToken();
    issue = () => Promise.reject(new RangeError("s3cr3t"));
    await errorOf(() => cache.invalidate(token));
    expect(JSON.stringify(cache.status())).not.toContain("s3cr3t");
    expect(cache.status().lastError).toEqual({ name: "RangeError" });
  });
});
