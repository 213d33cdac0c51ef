/** What `databaseStore` adds to the steps of a database: deadlines, leases that end, waiting, closing (D2, D3, R1). */

import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { databaseStore } from "../../src/index.js";
import { testConformance } from "../support/conformance.js";
import { errorOf } from "../support/errors.js";
import { MapDatabase, MapServer } from "../support/map-database.js";

const never = () => new Promise<never>(() => {});
const unheeded = () => new AbortController().signal;
const open = (server: MapServer) => databaseStore(() => new MapDatabase(server));

describe("R1 a store over a database", () => {
  const server = new MapServer();
  testConformance(() => open(server));
});

describe("R1 one over a database without a word of releases", () => {
  const server = new MapServer();
  const makeStore = () => databaseStore(() => Object.assign(new MapDatabase(server), { listen: undefined as never }));
  testConformance(makeStore);
});

describe("steps of a database", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
  });
  afterEach(() => vi.useRealTimers());

  test("R3 a step without an answer is given up, and its connection with it", async () => {
    const server = new MapServer();
    for (const kind of ["read", "write", "lock", "release"]) {
      const store = open(server);
      let isAborted = false;
      const lease = kind === "release" ? await store.lock("r", 60_000) : undefined;
      server.before.set(kind, (signal) => {
        signal.addEventListener("abort", () => {
          isAborted = true;
        });
        return never();
      });
      const steps = {
        read: () => store.read("k"),
        write: () => store.write("k", { fencingToken: 1, text: "" }),
        lock: () => store.lock("k", 1000),
        release: async () => lease?.release(),
      };
      const error = errorOf(() => steps[kind as keyof typeof steps]());
      await vi.advanceTimersByTimeAsync(4000);
      expect(await error).toMatchObject({
        code: "store",
        retryable: true,
        message: expect.stringContaining("the map"),
      });
      expect(isAborted).toBe(true);
      server.before.clear();
    }
  });

  test("S1 what a database throws is quoted nowhere", async () => {
    const server = new MapServer();
    server.before.set("write", () => {
      throw Object.assign(new Error('duplicate: "s3cr3t"'), {
        code: "23505",
        detail: "s3cr3t",
        parameters: ["s3cr3t"],
      });
    });
    const error = await errorOf(() => open(server).write("k", { fencingToken: 1, text: "s3cr3t" }));
    expect(error).toMatchObject({ code: "store", message: "the map cannot be written (23505)" });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test("D2 a lease that was granted after nobody waited for it any more is released", async () => {
    const server = new MapServer();
    server.after.set("lock", () => new Promise((resolve) => setTimeout(resolve, 5000)));
    const error = errorOf(() => open(server).lock("k", 60_000));
    await vi.advanceTimersByTimeAsync(4000);
    expect(await error).toMatchObject({ code: "store" });
    server.after.clear();
    expect(await open(server).lock("k", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("D2 where that cannot be said at once, it is said before the next", async () => {
    const server = new MapServer();
    const store = open(server);
    const down = () => {
      throw new Error("down");
    };
    server.after.set("lock", down);
    server.before.set("release", down);
    expect(await errorOf(() => store.lock("k", 60_000))).toMatchObject({ code: "store" });
    server.after.clear();
    server.before.clear();
    expect(await open(server).lock("k", 1000)).toBeUndefined();
    expect(await store.lock("other", 1000)).toBeDefined();
    expect(await open(server).lock("k", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("D2 what is left of a lease is counted from before it was asked for", async () => {
    const server = new MapServer();
    server.before.set("lock", () => new Promise((resolve) => setTimeout(resolve, 3000)));
    const locking = open(server).lock("k", 10_000);
    await vi.advanceTimersByTimeAsync(3000);
    expect((await locking)?.timeLeft()).toBe(7000);
    await vi.advanceTimersByTimeAsync(6999);
    expect((await locking)?.timeLeft()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await locking)?.timeLeft()).toBe(0);
  });

  test("D2 a host that was suspended counts by the wall clock, which went on", async () => {
    const lease = await open(new MapServer()).lock("k", 10_000);
    vi.setSystemTime(Date.now() + 9000);
    expect(lease?.timeLeft()).toBe(1000);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(lease?.timeLeft()).toBe(10_000);
  });

  test("D2 a lease without a number of milliseconds is refused, and an endless one is not", async () => {
    const server = new MapServer();
    for (const bad of [Number.NaN, -1, undefined as never]) {
      expect(await errorOf(() => open(server).lock("k", bad))).toBeInstanceOf(RangeError);
    }
    expect(server.asked).toEqual({});
    expect(await open(server).lock("k", Number.POSITIVE_INFINITY)).toMatchObject({ fencingToken: 1 });
    expect(await open(server).lock("k", 0.5)).toBeUndefined();
  });

  test("D6 what could not be compared is neither written nor believed", async () => {
    const server = new MapServer();
    for (const fencingToken of [Number.NaN, 1.5, 2 ** 53]) {
      const error = await errorOf(() => open(server).write("k", { fencingToken, text: "" }));
      expect(error).toMatchObject({ code: "store", retryable: false });
    }
    expect(server.asked).toEqual({});
    server.row("k").record = { fencingToken: Number.NaN, text: "" };
    expect(await errorOf(() => open(server).read("k"))).toMatchObject({ code: "store", retryable: false });
  });
});

describe("the end of a store over a database", () => {
  test("D2 close() releases what is held, and a lease that is on its way", async () => {
    const server = new MapServer();
    const store = open(server);
    await store.lock("held", 60_000);
    let answer = () => {};
    server.after.set("lock", () => new Promise<void>((resolve) => (answer = resolve)));
    const locking = errorOf(() => store.lock("asked", 60_000));
    await vi.waitFor(() => expect(server.asked.lock).toBe(2));
    const closing = store.close();
    answer();
    expect(await locking).toMatchObject({ code: "closed" });
    await closing;
    server.after.clear();
    expect(await open(server).lock("held", 1000)).toMatchObject({ fencingToken: 2 });
    expect(await open(server).lock("asked", 1000)).toMatchObject({ fencingToken: 2 });
    expect(server.closed).toBe(1);
    for (const use of [
      () => store.read("k"),
      () => store.lock("k", 1),
      () => store.waitForRelease("k", 1, unheeded()),
    ]) {
      expect(await errorOf(use)).toMatchObject({ code: "closed", name: "ClosedError" });
    }
  });

  test("a close() that failed can be called again, and has not let go of the database before", async () => {
    const server = new MapServer();
    const store = open(server);
    await store.lock("k", 60_000);
    server.before.set("release", () => {
      throw new Error("down");
    });
    expect(await errorOf(() => store.close())).toMatchObject({ code: "store" });
    expect(server.closed).toBe(0);
    server.before.clear();
    await store.close();
    expect(server.closed).toBe(1);
    expect(await open(server).lock("k", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("a store that was never used, or whose database does not load, closes all the same", async () => {
    const load = vi.fn(() => Promise.reject(new Error("missing")));
    await databaseStore(load).close();
    expect(load).not.toHaveBeenCalled();
    const store = databaseStore(load);
    await expect(store.open()).rejects.toThrow("missing");
    await expect(store.read("k")).rejects.toThrow("missing");
    expect(load).toHaveBeenCalledTimes(2);
    await store.close();
  });

  test("C9 close() lets go of those who wait", async () => {
    const server = new MapServer();
    await open(server).lock("k", 60_000);
    const store = open(server);
    const waiting = store.waitForRelease("k", 60_000, unheeded());
    await vi.waitFor(() => expect(server.asked.leaseTimeLeft).toBe(1));
    await store.close();
    expect(await waiting).toBe(true);
    expect(server.followers.size).toBe(0);
  });
});

describe("waiting for a release", () => {
  test("R1 a hundred who wait in one process share a connection, and hear of their own key only", async () => {
    const server = new MapServer();
    const [a, b] = [await open(server).lock("a", 60_000), await open(server).lock("b", 60_000)];
    const store = open(server);
    const waiting = Array.from({ length: 100 }, (_, n) => store.waitForRelease(n % 2 ? "a" : "b", 60_000, unheeded()));
    await vi.waitFor(() => expect(server.asked.leaseTimeLeft).toBe(100));
    expect(server.asked).toMatchObject({ listen: 1, follow: 2 });
    await a?.release();
    expect(await Promise.all(waiting.filter((_, n) => n % 2))).toEqual(Array(50).fill(true));
    let isOver = false;
    const others = Promise.all(waiting).then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    await b?.release();
    await others;
  });

  test("R3 a connection that is lost wakes those who wait, and the next is made when it is needed", async () => {
    const server = new MapServer();
    await open(server).lock("k", 60_000);
    const store = open(server);
    const waiting = store.waitForRelease("k", 60_000, unheeded());
    await vi.waitFor(() => expect(server.asked.leaseTimeLeft).toBe(1));
    server.dropListeners();
    expect(await waiting).toBe(true);
    const again = store.waitForRelease("k", 60_000, AbortSignal.timeout(50));
    expect(await again).toBe(true);
    expect(server.asked.listen).toBe(2);
  });

  describe("by a clock", () => {
    beforeEach(() => {
      vi.useFakeTimers({ now: 1_700_000_000_000 });
    });
    afterEach(() => vi.useRealTimers());

    test.each(["listen", "follow", "leaseTimeLeft"])(
      "R3 where %s fails it says so, and tries again later",
      async (kind) => {
        const server = new MapServer();
        await open(server).lock("k", 600_000);
        const store = open(server);
        server.before.set(kind, () => {
          throw new Error("down");
        });
        expect(await store.waitForRelease("k", 60_000, unheeded())).toBe(false);
        server.before.clear();
        const asked = { ...server.asked };
        await vi.advanceTimersByTimeAsync(9999);
        expect(await store.waitForRelease("k", 60_000, unheeded())).toBe(false);
        expect(server.asked).toEqual(asked);
        await vi.advanceTimersByTimeAsync(1);
        const waiting = store.waitForRelease("k", 5000, unheeded());
        await vi.advanceTimersByTimeAsync(5000);
        expect(await waiting).toBe(true);
      },
    );

    test("R3 a listener that hangs is given up after a step's deadline", async () => {
      const server = new MapServer();
      const store = open(server);
      server.before.set("listen", never);
      const waiting = store.waitForRelease("k", 60_000, unheeded());
      await vi.advanceTimersByTimeAsync(4000);
      expect(await waiting).toBe(false);
    });

    test("a listener that nobody needs any more is closed after some seconds", async () => {
      const server = new MapServer();
      await open(server).lock("k", 600_000);
      const store = open(server);
      const waiting = store.waitForRelease("k", 5000, unheeded());
      await vi.advanceTimersByTimeAsync(5000);
      await waiting;
      await vi.advanceTimersByTimeAsync(9999);
      expect(server.followers.size).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(server.followers.size).toBe(0);
    });
  });
});
