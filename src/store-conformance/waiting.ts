/** Waiting for leases of others, in stores that can be told of their end (`waitForRelease`). */

import assert from "node:assert/strict";
import type { TokenStore } from "faucet-auth";
import { assertHeld, type Case, inTime, LONG_MS, lockFree, pause, type Stores } from "./case.js";

/** How often a wait may end early in half a second. */
const MOST_EARLY_ENDS = 20;

export const waiting: readonly Case[] = [
  {
    name: "whoever waits for a lease is told of its release",
    async check({ one, other, key, patienceMs }) {
      const lease = await lockFree(one, key);
      await Promise.all([waitUntilFree(other, { key, patienceMs }), pause(200).then(() => lease.release())]);
    },
  },
  {
    name: "a release between lock() and waitForRelease() is not missed",
    async check({ one, other, key, patienceMs }) {
      const lease = await lockFree(one, key);
      await assertHeld(other, key, "a lease was given twice");
      await lease.release();
      await waitOnce(other, { key, patienceMs }, LONG_MS);
    },
  },
  {
    name: "whoever waits hears of a lease that ends by its time, too",
    async check({ one, other, key, patienceMs }) {
      await lockFree(one, key, 300);
      await waitUntilFree(other, { key, patienceMs });
    },
  },
  {
    name: "waitForRelease() ends after its time, and when its signal is aborted",
    async check({ one, other, key, patienceMs }) {
      await lockFree(one, key);
      await waitOnce(other, { key, patienceMs }, 100);
      const controller = new AbortController();
      await Promise.all([
        waitOnce(other, { key, patienceMs }, LONG_MS, controller.signal),
        pause(50).then(() => controller.abort()),
      ]);
      await waitOnce(other, { key, patienceMs }, LONG_MS, AbortSignal.abort());
    },
  },
  {
    name: "waitForRelease() waits while another has the lease",
    async check({ one, other, key, patienceMs }) {
      await lockFree(one, key);
      const end = performance.now() + 500;
      let ends = 0;
      while (performance.now() < end && (await waitOnce(other, { key, patienceMs }, 250))) ends += 1;
      assert(ends <= MOST_EARLY_ENDS, `it ended ${ends} times within half a second, and the lease was held`);
    },
  },
];

/** `false` if the store cannot tell, and wants to be polled. */
async function waitOnce(
  store: TokenStore,
  { key, patienceMs }: Pick<Stores, "key" | "patienceMs">,
  milliseconds: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const waited = (async () => store.waitForRelease?.(key, milliseconds, signal))();
  return (await inTime(patienceMs, `waitForRelease() for ${milliseconds} ms`, waited)) ?? false;
}

/** As a grant does. A wait may end early, but the last one must not be cut off by its own time. */
async function waitUntilFree(store: TokenStore, stores: Pick<Stores, "key" | "patienceMs">): Promise<void> {
  const end = performance.now() + stores.patienceMs;
  while ((await store.lock(stores.key, LONG_MS)) === undefined) {
    assert(performance.now() < end, "a lease that has ended was not given");
    if (!(await waitOnce(store, stores, LONG_MS))) return;
  }
}
