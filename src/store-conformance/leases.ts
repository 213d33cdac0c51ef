/** Leases: who gets one, who does not, and under which number (`lock`, `release`). */

import assert from "node:assert/strict";
import { assertHeld, assertOneGets, type Case, inTime, LONG_MS, lockFree, pause } from "./case.js";

export const leases: readonly Case[] = [
  {
    name: "a lease excludes others until it is released",
    async check({ one, other, key }) {
      const lease = await lockFree(one, key);
      await assertHeld(other, key, "a lease was given twice");
      await assertHeld(one, key, "a lease was given twice by the same store");
      await lease.release();
      await lockFree(other, key);
    },
  },
  {
    name: "a lease lasts for its time: milliseconds are no other unit",
    async check({ one, other, key }) {
      const lease = await lockFree(one, key);
      await pause(LONG_MS / 1000 + 100);
      await assertHeld(other, key, "a lease was over long before its time");
      assert(lease.timeLeft() > 0, "timeLeft() says that a lease is over long before its time");
    },
  },
  {
    name: "lock() does not wait for the lease of another",
    async check({ one, other, key, patienceMs }) {
      await lockFree(one, key);
      const answer = await inTime(patienceMs, "lock() beside the lease of another", other.lock(key, LONG_MS));
      assert.equal(answer, undefined);
    },
  },
  {
    name: "of many who ask at once, one gets the lease",
    check: assertOneGets,
  },
  {
    name: "of many who ask at once for a lease that was released, one gets it",
    async check(stores) {
      await (await lockFree(stores.one, stores.key)).release();
      await assertOneGets(stores);
    },
  },
  {
    name: "leases of different keys do not exclude each other",
    async check({ one, other, key }) {
      await lockFree(one, key);
      await lockFree(one, `${key}-2`);
      await lockFree(other, `${key}-3`);
    },
  },
  {
    name: "the fencing token rises with every lease",
    async check({ one, other, key }) {
      let last = 0;
      for (const store of [one, other, one, one, other]) {
        const lease = await lockFree(store, key);
        assert(Number.isSafeInteger(lease.fencingToken), "a fencing token is a whole number");
        assert(lease.fencingToken > last, `${lease.fencingToken} came after ${last}`);
        last = lease.fencingToken;
        await lease.release();
      }
    },
  },
  {
    name: "the fencing token is higher than that of the record",
    async check({ one, other, key }) {
      await one.write(key, { fencingToken: 41, text: "" });
      const { fencingToken } = await lockFree(other, key);
      assert(fencingToken > 41, `a lease has number ${fencingToken}, and the record 41`);
    },
  },
  {
    name: "release() may be called again, and ends no lease of another",
    async check({ one, other, key }) {
      const first = await lockFree(one, key);
      await first.release();
      await first.release();
      await lockFree(other, key);
      await first.release();
      await assertHeld(one, key, "release() has ended the lease of another");
    },
  },
  {
    name: "timeLeft() never says more than what was asked for, falls, and is 0 after release()",
    async check({ one, key }) {
      const lease = await lockFree(one, key);
      const before = lease.timeLeft();
      assert(before <= LONG_MS, `${before} ms are left of ${LONG_MS} ms`);
      await pause(50);
      assert(lease.timeLeft() < before, "timeLeft() does not fall");
      await lease.release();
      assert.equal(lease.timeLeft(), 0, "time is left after release()");
    },
  },
];
