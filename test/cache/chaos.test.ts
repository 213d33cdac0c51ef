import { afterAll, beforeAll, expect, test } from "vitest";
import { chaos } from "../support/chaos.js";

/** `CHAOS_SEEDS=1000 npx vitest run --config test/vitest.config.ts test/cache/chaos` for a long run. */
const MANY = Number(process.env.CHAOS_SEEDS ?? 24);
const FEW = 1;

const unhandled: unknown[] = [];
const collect = (reason: unknown) => unhandled.push(reason);

beforeAll(() => {
  process.on("unhandledRejection", collect);
});
afterAll(() => {
  process.off("unhandledRejection", collect);
});

const title = "C1 C4 C9 F2 F3 F4 H2 a day of every failure, with strict single-use refresh tokens";

test(`${title}, in one seed`, () => liveThrough(1, FEW));

test(`${title}, in many seeds`, { tags: ["slow"], timeout: 3_600_000 }, () => liveThrough(FEW + 1, MANY));

/** Lives the day of each of these seeds, one after the other. */
async function liveThrough(first: number, last: number): Promise<void> {
  const failed: unknown[] = [];
  for (let seed = first; seed <= last; seed += 1) {
    const { calls, served, violations } = await chaos(seed);
    if (violations.length > 0 || calls < 98_000 || served === 0) {
      failed.push({ seed, calls, served, violations: violations.slice(0, 5) });
    }
  }
  expect(failed).toEqual([]);
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
}
