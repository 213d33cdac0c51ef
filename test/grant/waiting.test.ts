/** How a grant waits for the lease of another: by the word of its store, where that can tell (D1). */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { ConfigError, MemoryTokenStore } from "../../src/index.js";
import { Credential } from "../../src/values/credential.js";
import { errorOf } from "../support/errors.js";
import { playedIdp, processOf } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

type Wait = (milliseconds: number, signal: AbortSignal) => Promise<boolean>;

/** A store that waits as told, with a lease on the record that another holds. */
async function heldStore(wait: Wait | undefined) {
  const store = new MemoryTokenStore();
  const held = await store.lock("test", 3_600_000);
  const lock = vi.spyOn(store, "lock");
  const waits = vi.fn((_key: string, milliseconds: number, signal: AbortSignal) => wait?.(milliseconds, signal));
  return { store: wait === undefined ? store : Object.assign(store, { waitForRelease: waits }), held, lock, waits };
}

/** Resolves after that time, or when its signal is aborted. */
const untilThen: Wait = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(() => resolve(true), milliseconds);
    signal.addEventListener("abort", () => resolve(true));
  });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

test("D1 whoever waits asks for the lease when the store says so, and from time to time in case that was lost", async () => {
  let release = () => {};
  const { store, held, lock, waits } = await heldStore((milliseconds, signal) =>
    Promise.race([
      untilThen(milliseconds, signal),
      new Promise<boolean>((resolve) => {
        release = () => resolve(true);
      }),
    ]),
  );
  const issued = processOf(playedIdp(), store).refresh(initial);
  await seconds(30);
  // Ten milliseconds apart at first, as before, it would have been more than a hundred.
  expect(lock.mock.calls.length).toBeLessThanOrEqual(13);
  expect(waits.mock.calls.every(([key, milliseconds]) => key === "test" && milliseconds <= 5000)).toBe(true);
  await held?.release();
  release();
  await seconds(0.02);
  expect(await issued).toMatchObject({ credential: Credential.bearer("t1") });
});

test.each([
  ["none", undefined],
  ["one that cannot tell", async (): Promise<boolean> => false],
  ["one that fails", (): Promise<boolean> => Promise.reject(new Error("down"))],
] as const)("D1 with %s, the lease is asked for again and again", async (_which, wait) => {
  const { store, held, lock } = await heldStore(wait);
  const issued = processOf(playedIdp(), store).refresh(initial);
  await seconds(10);
  expect(lock.mock.calls.length).toBeGreaterThan(40);
  await held?.release();
  await seconds(0.25);
  expect(await issued).toMatchObject({ credential: Credential.bearer("t1") });
});

test("D1 a store that answers at once, or never, makes no grant spin or hang", async () => {
  const hasty = await heldStore(async () => true);
  const ready = processOf(playedIdp(), hasty.store).refresh(initial);
  await seconds(1);
  expect(hasty.lock.mock.calls.length).toBeLessThanOrEqual(200);
  await hasty.held?.release();
  await seconds(0.02);
  await ready;

  const mute = await heldStore(() => new Promise(() => {}));
  const issued = processOf(playedIdp(), mute.store).refresh(initial);
  await seconds(1);
  await mute.held?.release();
  await seconds(15);
  expect(await issued).toMatchObject({ credential: Credential.bearer("t1") });
});

test("D1 a grant that is closed waits no longer", async () => {
  const { store } = await heldStore(untilThen);
  const grant = processOf(playedIdp(), store);
  const error = errorOf(() => grant.refresh(initial));
  await seconds(1);
  grant.stopWaiting();
  await seconds(0.1);
  expect(await error).toMatchObject({ code: "closed" });
});

test("H10 what a store loads first has no deadline, and a driver that is missing is a fault, not a store that is away", async () => {
  const idp = playedIdp();
  const store = new MemoryTokenStore();
  let load = () => {};
  const open = vi.fn(() => new Promise<void>((resolve) => (load = resolve)));
  const issued = processOf(idp, Object.assign(store, { open })).refresh(initial);
  await seconds(20);
  open.mockResolvedValue(undefined);
  load();
  await seconds(0);
  expect(await issued).toMatchObject({ credential: Credential.bearer("t1") });

  open.mockRejectedValue(new ConfigError("RedisTokenStore", [{ path: "", message: "install redis" }]));
  const grant = processOf(idp, store, undefined, { refreshToken: undefined });
  expect(await errorOf(() => grant.refresh(initial))).toMatchObject({ code: "config" });
  open.mockRejectedValue(Object.assign(new Error("s3cr3t"), { code: "EIO" }));
  const error = await errorOf(() => processOf(idp, store).refresh(initial));
  expect(error).toMatchObject({ code: "store", message: expect.stringContaining("EIO") });
  expect(error.message).not.toContain("s3cr3t");
});
