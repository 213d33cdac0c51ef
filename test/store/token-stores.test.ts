/** What every store of ours promises, whatever it keeps its records in (D2). */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type ClosableTokenStore,
  encryptedStore,
  FileTokenStore,
  MemoryTokenStore,
  type TokenStore,
} from "../../src/index.js";
import { newFolder } from "../fleet/processes.js";
import { testClock } from "../support/clock.js";
import { testConformance } from "../support/conformance.js";
import { errorOf } from "../support/errors.js";

const KEY = Buffer.alloc(32, 7);

async function folder(): Promise<string> {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** New objects on one and the same folder, as in several processes. */
async function filesIn(path: Promise<string>): Promise<FileTokenStore> {
  return new FileTokenStore(await path);
}

const shared = newFolder();
afterAll(async () => rm(await shared, { recursive: true, force: true }));

const kinds: readonly (readonly [string, () => Promise<TokenStore>])[] = [
  ["MemoryTokenStore", async () => new MemoryTokenStore()],
  ["FileTokenStore", () => filesIn(shared)],
  ["an encrypted MemoryTokenStore", async () => encryptedStore(new MemoryTokenStore(), { key: KEY })],
  ["an encrypted FileTokenStore", async () => encryptedStore(await filesIn(shared), { key: KEY })],
];

describe.each(kinds)("%s", (name, makeStore) => {
  testConformance(makeStore, { shared: name.includes("File") });

  test("close() ends its use", async () => {
    const store = (await makeStore()) as ClosableTokenStore;
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
    const store = await makeStore();
    await store.write("k", { fencingToken: 1, text: "s3cr3t" });
    const printed = inspect(store, { depth: null, showHidden: true }) + JSON.stringify(store);
    expect(printed).not.toMatch(/s3cr3t|\\u0007|07 07/);
  });
});

describe("leases of our own stores", () => {
  test("D2 one that is over is taken over, to the millisecond", async () => {
    const clock = testClock();
    const store = new MemoryTokenStore({ clock, monotonicClock: clock });
    const slept = await store.lock("k", 1000);
    clock.advance(0.999);
    expect(slept?.timeLeft()).toBeCloseTo(1, 0);
    expect(await store.lock("k", 1000)).toBeUndefined();
    clock.advance(0.001);
    expect(slept?.timeLeft()).toBe(0);
    expect((await store.lock("k", 1000))?.fencingToken).toBe(2);
  });

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
