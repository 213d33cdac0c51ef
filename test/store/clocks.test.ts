/** By which clock the age of a lease is measured (D2, C10). */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { LeasedStore } from "../../src/store/leased-store.js";
import { thisProcess } from "../../src/store/liveness.js";
import { MemoryMedium } from "../../src/store/memory-token-store.js";
import { testClock } from "../support/clock.js";

/** A folder that two hosts share, each with clocks of its own. */
function twoHosts() {
  const medium = new MemoryMedium();
  const host = (name: string, now?: number) => {
    const clocks = { clock: testClock(now), monotonicClock: testClock(Math.random() * 1e6) };
    const store = new LeasedStore(medium, clocks, () => ({ ...thisProcess(), host: name, monotonicEpoch: name }));
    return { ...clocks, store };
  };
  return { host };
}

/** Another process of this host; it cannot see whether the first one lives. */
function neighbour(medium: MemoryMedium, clocks: { clock: () => number; monotonicClock: () => number }) {
  return new LeasedStore(medium, clocks, () => ({ ...thisProcess(), pidNamespace: "another" }));
}

test("D2 on one boot a step of the wall clock takes no lease from its holder; its age does", async () => {
  const [medium, clock, monotonicClock] = [new MemoryMedium(), testClock(), testClock(5)];
  const other = neighbour(medium, { clock, monotonicClock });
  await new LeasedStore(medium, { clock, monotonicClock }).lock("k", 40_000);
  for (const step of [60, 3600, -7200]) {
    clock.advance(step);
    expect(await other.lock("k", 1000)).toBeUndefined();
    // Nor for somebody who sees it for the first time.
    expect(await neighbour(medium, { clock, monotonicClock }).lock("k", 1000)).toBeUndefined();
  }
  monotonicClock.advance(39.999);
  expect(await other.lock("k", 1000)).toBeUndefined();
  monotonicClock.advance(0.001);
  expect(await neighbour(medium, { clock, monotonicClock }).lock("k", 1000)).toMatchObject({ fencingToken: 2 });
});

test("D2 between hosts a lease that is first seen is as old as the wall clock says", async () => {
  const { host } = twoHosts();
  const [a, b] = [host("a"), host("b")];
  await a.store.lock("k", 1000);
  b.clock.advance(0.999);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  const c = host("c", b.clock.now + 1);
  expect(await c.store.lock("k", 1000)).toMatchObject({ fencingToken: 2 });
});

test("D2 between hosts a step of the wall clock takes no lease that was seen before", async () => {
  const { host } = twoHosts();
  const [a, b] = [host("a"), host("b")];
  await a.store.lock("k", 40_000);
  b.clock.advance(1);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.clock.advance(3600);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.monotonicClock.advance(38.999);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.monotonicClock.advance(0.001);
  expect(await b.store.lock("k", 1000)).toMatchObject({ fencingToken: 2 });
});

test("D2 C10 a lease of a host whose clock is ahead lasts no longer than its time, from when it was seen", async () => {
  const { host } = twoHosts();
  const [a, b] = [host("a", 1_700_000_000_000 + 3_600_000), host("b")];
  await a.store.lock("k", 1000);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.monotonicClock.advance(0.999);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.monotonicClock.advance(0.001);
  expect(await b.store.lock("k", 1000)).toMatchObject({ fencingToken: 2 });
});

test("D2 what was seen of one lease says nothing of the next", async () => {
  const { host } = twoHosts();
  const [a, b] = [host("a"), host("b")];
  const first = await a.store.lock("k", 1000);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
  b.monotonicClock.advance(1);
  await first?.release();
  await a.store.lock("k", 1000);
  expect(await b.store.lock("k", 1000)).toBeUndefined();
});

test("D2 its holder trusts the clock that leaves less: a host that was suspended, or whose clock was set back", async () => {
  const [clock, monotonicClock] = [testClock(), testClock(5)];
  const open = () => new LeasedStore(new MemoryMedium(), { clock, monotonicClock }).lock("k", 1000);
  const suspended = await open();
  clock.advance(0.4);
  monotonicClock.advance(0.1);
  expect(suspended?.timeLeft()).toBeCloseTo(600);
  const setBack = await open();
  clock.advance(-60);
  monotonicClock.advance(0.7);
  expect(setBack?.timeLeft()).toBeCloseTo(300);
});

const ifLinux = test.skipIf(!existsSync("/proc/self/stat"));

ifLinux("D2 the monotonic clock is one for all processes of a boot", async () => {
  const before = process.hrtime.bigint();
  const { stdout } = await promisify(execFile)(process.execPath, ["-p", "String(process.hrtime.bigint())"]);
  expect(BigInt(stdout)).toBeGreaterThan(before);
  expect(BigInt(stdout)).toBeLessThan(process.hrtime.bigint());
  expect(thisProcess().monotonicEpoch).toContain(thisProcess().boot);
});
