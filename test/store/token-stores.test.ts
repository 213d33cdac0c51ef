/** What every store of ours promises, whatever it keeps its records in (D2). */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { encryptedStore, FileTokenStore, MemoryTokenStore, type TokenStore } from "../../src/index.js";
import { newFolder } from "../fleet/processes.js";
import { type TestClock, testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";

const KEY = Buffer.alloc(32, 7);

async function folder(): Promise<string> {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Time passes for both clocks alike. */
const at = (clock = testClock()) => ({ clock, monotonicClock: clock });

const kinds = {
  MemoryTokenStore: async (clock?: TestClock) => new MemoryTokenStore(at(clock)),
  FileTokenStore: async (clock?: TestClock) => new FileTokenStore(await folder(), at(clock)),
  "an encrypted MemoryTokenStore": async (clock?: TestClock) =>
    encryptedStore(new MemoryTokenStore(at(clock)), { key: KEY }),
  "an encrypted FileTokenStore": async (clock?: TestClock) =>
    encryptedStore(new FileTokenStore(await folder(), at(clock)), { key: KEY }),
};

describe.each(Object.entries(kinds))("%s", (_name, open) => {
  test("reads what was written, for each key its own", async () => {
    const store = await open();
    expect(await store.read("a")).toBeUndefined();
    expect(await store.write("a", { fencingToken: 1, text: "one" })).toBe(true);
    expect(await store.write("A", { fencingToken: 2, text: "two" })).toBe(true);
    expect(await store.read("a")).toEqual({ fencingToken: 1, text: "one" });
    expect(await store.read("A")).toEqual({ fencingToken: 2, text: "two" });
  });

  test("D2 a write fails only if a later lease has written", async () => {
    const store = await open();
    for (const [lease, taken] of [
      [5, true],
      [5, true],
      [4, false],
      [6, true],
      [5, false],
    ] as const) {
      expect(await store.write("k", { fencingToken: lease, text: `${lease}` })).toBe(taken);
    }
    expect(await store.read("k")).toEqual({ fencingToken: 6, text: "6" });
  });

  test("D2 a lease excludes others until it is released, and its number only rises", async () => {
    const store = await open();
    const first = await store.lock("k", 1000);
    expect(first?.fencingToken).toBe(1);
    expect(await store.lock("k", 1000)).toBeUndefined();
    expect(await store.lock("other", 1000)).toBeDefined();
    await first?.release();
    await first?.release();
    expect((await store.lock("k", 1000))?.fencingToken).toBe(2);
  });

  test("D2 one that is over is taken over, and its holder cannot end the next", async () => {
    const clock = testClock();
    const store = await open(clock);
    const slept = await store.lock("k", 1000);
    clock.advance(0.999);
    expect(slept?.timeLeft()).toBeCloseTo(1, 0);
    expect(await store.lock("k", 1000)).toBeUndefined();
    clock.advance(0.001);
    expect(slept?.timeLeft()).toBe(0);
    expect((await store.lock("k", 1000))?.fencingToken).toBe(2);
    await slept?.release();
    expect(await store.lock("k", 1000)).toBeUndefined();
    // It has lost the lease, but nobody wrote after it.
    expect(await store.write("k", { fencingToken: 1, text: "late" })).toBe(true);
  });

  test("D2 a lease that is written keeps its number above what the record has", async () => {
    const store = await open();
    await store.write("k", { fencingToken: 41, text: "" });
    expect((await store.lock("k", 1000))?.fencingToken).toBe(42);
  });

  test("D2 of many who lock at once, one gets the lease", async () => {
    const store = await open();
    const leases = await Promise.all(Array.from({ length: 20 }, () => store.lock("k", 60_000)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test("close() ends its use", async () => {
    const store = (await open()) as Required<TokenStore>;
    await store.close();
    await store[Symbol.asyncDispose]();
    for (const use of [
      () => store.read("k"),
      () => store.write("k", { fencingToken: 1, text: "" }),
      () => store.lock("k", 1),
    ]) {
      expect(await errorOf(use)).toMatchObject({ code: "closed", name: "ClosedError" });
    }
  });

  test("S1 it prints no record and no key", async () => {
    const store = await open();
    await store.write("k", { fencingToken: 1, text: "s3cr3t" });
    const printed = inspect(store, { depth: null, showHidden: true }) + JSON.stringify(store);
    expect(printed).not.toMatch(/s3cr3t|\\u0007|07 07/);
  });
});

describe("leases of our own stores", () => {
  test("close() releases what is held", async () => {
    const path = await folder();
    const store = new FileTokenStore(path);
    await store.lock("k", 60_000);
    await store.close();
    expect((await new FileTokenStore(path).lock("k", 1000))?.fencingToken).toBe(2);
  });

  test("close() leaves no lease to a lock that is on its way", async () => {
    const path = await folder();
    const store = new FileTokenStore(path);
    const locking = errorOf(() => store.lock("k", 60_000));
    await store.close();
    expect(await locking).toMatchObject({ code: "closed" });
    expect(await new FileTokenStore(path).lock("k", 1000)).toBeDefined();
  });

  test("D2 nothing prolongs a lease: one whose holder forgot it ends by its time", async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const store = new MemoryTokenStore();
    const lease = await store.lock("k", 9000);
    await vi.advanceTimersByTimeAsync(8999);
    expect(await store.lock("k", 9000)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(lease?.timeLeft()).toBe(0);
    expect((await store.lock("k", 9000))?.fencingToken).toBe(2);
  });

  test("D2 there is no time left of a lease that was released", async () => {
    const lease = await new MemoryTokenStore().lock("k", 60_000);
    await lease?.release();
    expect(lease?.timeLeft()).toBe(0);
  });

  test("D2 a lease without a number of milliseconds is refused, before it is written", async () => {
    const path = await folder();
    for (const bad of [Number.NaN, -1, undefined as never]) {
      expect(await errorOf(() => new FileTokenStore(path).lock("k", bad))).toBeInstanceOf(RangeError);
    }
    expect(await new FileTokenStore(path).lock("k", Number.POSITIVE_INFINITY)).toMatchObject({ fencingToken: 1 });
    expect(await new FileTokenStore(path).lock("k", 1000)).toBeUndefined();
  });

  test("D6 what could not be read again is not written", async () => {
    const path = await folder();
    const store = new FileTokenStore(path, { clock: () => Number.NaN });
    await new FileTokenStore(path).write("k", { fencingToken: 1, text: "kept" });
    const record = { fencingToken: Number.NaN, text: "lost" };
    for (const use of [() => store.lock("k", 1000), () => store.write("k", record)]) {
      expect(await errorOf(use)).toMatchObject({ code: "store", retryable: false });
    }
    expect((await new FileTokenStore(path).read("k"))?.text).toBe("kept");
  });

  test("a close() that failed can be called again, and releases what is left", async () => {
    const path = await folder();
    const store = new FileTokenStore(path);
    for (const key of ["a", "b"]) await store.lock(key, 60_000);
    await writeFile(join(path, "a", "1.json"), "");
    expect(await errorOf(() => store.close())).toMatchObject({ code: "store" });
    const other = new FileTokenStore(path);
    expect(await other.lock("b", 1000)).toMatchObject({ fencingToken: 2 });
    await rm(join(path, "a", "1.json"));
    expect(await other.lock("a", 1000)).toBeUndefined();
    await store.close();
    expect(await other.lock("a", 1000)).toMatchObject({ fencingToken: 2 });
    expect(await errorOf(() => store.read("a"))).toMatchObject({ code: "closed" });
  });

  test.each([
    [{ clok: Date.now }, "options.clok"],
    [{ clock: 5 }, "options.clock"],
    [null, "options"],
  ] as const)("G5 the options %j are a fault", async (options, path) => {
    for (const open of [
      () => new MemoryTokenStore(options as never),
      () => new FileTokenStore("p", options as never),
    ]) {
      expect(await errorOf(open)).toMatchObject({ code: "config", issues: [{ path }] });
    }
  });
});
