/** Leases whose holders do not come back: they end by their time, and what was counted stays counted. */

import assert from "node:assert/strict";
import { assertHeld, assertOneGets, type Case, lockFree, lockOnceFree, pause } from "./case.js";

/** A short lease, in milliseconds. */
const SHORT_MS = 300;

export const leasesOverTime: readonly Case[] = [
  {
    name: "a lease that nobody releases ends by its time, though others ask all the while",
    async check(stores) {
      await lockFree(stores.one, stores.key, SHORT_MS);
      await lockOnceFree(stores, stores.other);
    },
  },
  {
    name: "of many who ask at once for a lease that ended by its time, one gets it",
    async check(stores) {
      await lockFree(stores.one, stores.key, SHORT_MS);
      await pause(SHORT_MS + 100);
      await assertOneGets(stores);
    },
  },
  {
    name: "timeLeft() is 0 by the time at which another takes over",
    async check(stores) {
      const lost = await lockFree(stores.one, stores.key, SHORT_MS);
      await lockOnceFree(stores, stores.other);
      // Clocks of two machines do not run at one and the same rate.
      assert(lost.timeLeft() <= SHORT_MS / 20, `${lost.timeLeft()} ms are left of a lease that another has`);
    },
  },
  {
    name: "the fencing token rises after a lease that ended by its time, too",
    async check(stores) {
      const lost = await lockFree(stores.one, stores.key, SHORT_MS);
      const next = await lockOnceFree(stores, stores.other);
      assert(next.fencingToken > lost.fencingToken, `${next.fencingToken} came after ${lost.fencingToken}`);
    },
  },
  {
    name: "whoever lost the lease cannot end that of the next",
    async check(stores) {
      const lost = await lockFree(stores.one, stores.key, SHORT_MS);
      await lockOnceFree(stores, stores.other);
      await lost.release();
      await assertHeld(stores.one, stores.key, "release() has ended the lease of another");
    },
  },
];
