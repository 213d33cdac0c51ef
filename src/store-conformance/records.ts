/** Records: kept as they are, each under its key, and replaced by one atomic step (`read`, `write`). */

import assert from "node:assert/strict";
import type { Case, Stores } from "./case.js";
import { lockFree, lockOnceFree } from "./case.js";

const TEXTS = [
  "",
  "{}",
  "007",
  " with white space around \n",
  "\"quotes\", 'quotes' and \\backslashes\\",
  "umlauts äöü, 漢字, 🔑",
  "long ".repeat(50_000),
];

/** What a store may not take for one another, or for something of its own. */
const KEYS = ["a", "A", "a ", "a/b", "a\\b", "../", "a:b", "{a}", "}{", "%", "%41", "é", "e\u0301", "🔑", "*", "a'b"];

const NOT_SHARED =
  "what one object has written, another one cannot read right after it; for a store that is one object, say shared: false";

/** In which order the leases write: the latest first, and all of them mixed. */
const ORDERS = [
  [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  [8, 15, 2, 19, 11, 5, 17, 3, 20, 1, 13, 7, 10, 18, 4, 12, 16, 6, 14, 9],
];

export const records: readonly Case[] = [
  {
    name: "a key that was never written has no record",
    check: async ({ one, key }) => assert.equal(await one.read(key), undefined),
  },
  {
    name: "a record is read as it was written, by every store",
    async check({ one, other, key }) {
      for (const [index, text] of TEXTS.entries()) {
        const record = { fencingToken: index + 1, text };
        assert.equal(await one.write(key, record), true, "a record of a later lease was refused");
        assert.deepEqual({ ...(await one.read(key)) }, record);
        const seen = await other.read(key);
        assert(seen !== undefined, NOT_SHARED);
        assert.deepEqual({ ...seen }, record);
      }
    },
  },
  {
    name: "a store keeps no copy: what another has written is read at once",
    async check({ one, other, key }) {
      assert.equal(await one.read(key), undefined);
      for (const [fencingToken, [writer, reader]] of [[one, other] as const, [other, one] as const].entries()) {
        await writer.write(key, { fencingToken, text: `number ${fencingToken}` });
        assert.deepEqual({ ...(await reader.read(key)) }, { fencingToken, text: `number ${fencingToken}` });
      }
    },
  },
  {
    name: "keys are kept apart, however alike and however odd they are",
    async check({ one, other, key }) {
      const long = "x".repeat(300);
      const keys = [...KEYS, long, `${long}y`].flatMap((odd) => [`${odd}${key}`, `${key}${odd}`]);
      for (const odd of keys) await one.write(odd, { fencingToken: 1, text: odd });
      for (const odd of keys) assert.equal((await other.read(odd))?.text, odd, "a key has the record of another");
      for (const odd of keys) await lockFree(other, odd);
    },
  },
  {
    name: "a record is replaced by another of the same lease, and by one of a later lease",
    async check({ one, other, key }) {
      for (const [fencingToken, text] of [
        [5, "first"],
        [5, "second"],
        [6, "third"],
      ] as const) {
        assert.equal(await other.write(key, { fencingToken, text }), true, `${fencingToken} was refused`);
        assert.deepEqual({ ...(await one.read(key)) }, { fencingToken, text });
      }
    },
  },
  {
    name: "a record of an earlier lease is refused, and changes nothing",
    async check({ one, other, key }) {
      await one.write(key, { fencingToken: 10, text: "later" });
      // As text, 9 is more than 10.
      for (const fencingToken of [9, 1]) {
        assert.equal(await other.write(key, { fencingToken, text: "earlier" }), false, "write() did not give false");
        assert.deepEqual({ ...(await one.read(key)) }, { fencingToken: 10, text: "later" });
      }
    },
  },
  {
    name: "whoever lost the lease may still write, as long as no later lease has written",
    async check({ one, other, key }) {
      const first = await lockFree(one, key);
      await first.release();
      const second = await lockFree(other, key);
      const late = { fencingToken: first.fencingToken, text: "late" };
      assert.equal(await one.write(key, late), true, "it is the last write that counts, not the last lease");
      assert.deepEqual({ ...(await other.read(key)) }, late);
      assert.equal(await other.write(key, { fencingToken: second.fencingToken, text: "next" }), true);
      assert.equal(await one.write(key, late), false);
    },
  },
  {
    name: "of many writes at once, that of the latest lease stays: comparing and writing are one step",
    async check(stores) {
      for (const [index, order] of ORDERS.entries()) {
        await assertLatestStays({ ...stores, key: `${stores.key}-${index}` }, order);
      }
    },
  },
  {
    name: "of many writes at once over a record that is there, that of the latest lease stays, too",
    async check(stores) {
      for (const [index, order] of ORDERS.entries()) {
        const key = `${stores.key}-${index}`;
        await stores.one.write(key, { fencingToken: 0, text: "first" });
        await assertLatestStays({ ...stores, key }, order);
      }
    },
  },
  {
    name: "a record stays when leases are granted, released, and over",
    async check(stores) {
      const { one, other, key } = stores;
      const lease = await lockFree(one, key, 200);
      const record = { fencingToken: lease.fencingToken, text: "kept" };
      await one.write(key, record);
      const next = await lockOnceFree(stores, other);
      assert.deepEqual({ ...(await one.read(key)) }, record);
      await next.release();
      assert.deepEqual({ ...(await other.read(key)) }, record);
    },
  },
];

/** That the record of the latest lease stays, of writes under `fencingTokens` that are all on their way at once. */
async function assertLatestStays({ one, other, key }: Stores, fencingTokens: readonly number[]): Promise<void> {
  const latest = Math.max(...fencingTokens);
  const taken = await Promise.all(
    fencingTokens.map((fencingToken, index) => {
      return (index % 2 ? one : other).write(key, { fencingToken, text: `${fencingToken}` });
    }),
  );
  assert.equal(taken[fencingTokens.indexOf(latest)], true, "the record of the latest lease was refused");
  assert.deepEqual({ ...(await one.read(key)) }, { fencingToken: latest, text: `${latest}` });
}
