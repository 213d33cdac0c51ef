import { afterAll, beforeAll, expect, test } from "vitest";
import { chaos } from "../support/chaos.js";

/** `CHAOS_SEEDS=1000 npx vitest run --config test/vitest.config.ts test/cache/chaos` for a long run. */
const MANY = Number(process.env.CHAOS_SEEDS ?? 24);

const unhandled: unknown[] = [];
const collect = (reason: unknown) => unhandled.push(reason);

beforeAll(() => {
  process.on("unhandledRejection", collect);
});
afterAll(() => {
  process.off("unhandledRejection", collect);
});

const title = "C1 C4 C9 F2 F3 F4 H2 a day of every failure, with strict single-use refresh tokens";

test(`${title}, for a few connectors, with each kind of record`, () => liveThrough([0, 1], 10_000));

test(`${title}, in many seeds`, { tags: ["slow"], timeout: 3_600_000 }, () => {
  return liveThrough(
    Array.from({ length: MANY }, (_, seed) => seed),
    100_000,
  );
});

/** Lives the day of each of these seeds, one after the other. */
async function liveThrough(seeds: readonly number[], expectedCalls: number): Promise<void> {
  const failed: unknown[] = [];
  for (const seed of seeds) {
    const { calls, served, violations } = await chaos(seed, expectedCalls);
    if (violations.length > 0 || calls < expectedCalls * 0.95 || served === 0) {
      failed.push({ seed, calls, served, violations: violations.slice(0, 5) });
    }
  }
  expect(failed).toEqual([]);
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
}
