import { afterAll, beforeAll, expect, test } from "vitest";
import { chaos } from "../support/chaos.js";

/** `CHAOS_SEEDS=1000 npx vitest run --config test/vitest.config.ts test/cache/chaos` for a long run. */
const SEEDS = Number(process.env.CHAOS_SEEDS ?? 24);

const unhandled: unknown[] = [];
const collect = (reason: unknown) => unhandled.push(reason);

beforeAll(() => {
  process.on("unhandledRejection", collect);
});
afterAll(() => {
  process.off("unhandledRejection", collect);
});

test("C1 C4 C9 F2 F3 F4 H2 a day of every failure, with strict single-use refresh tokens, in many seeds", {
  timeout: 3_600_000,
}, async () => {
  const failed: unknown[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { calls, served, violations } = await chaos(seed);
    if (violations.length > 0 || calls < 98_000 || served === 0) {
      failed.push({ seed, calls, served, violations: violations.slice(0, 5) });
    }
  }
  expect(failed).toEqual([]);
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
