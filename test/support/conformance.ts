/** The conformance suite as tests of vitest. */

import { test } from "vitest";
import type { TokenStore } from "../../src/index.js";
import { type StoreConformanceOptions, storeConformance } from "../../src/store-conformance/index.js";

/** What every store must do, as tests of the stores that `makeStore` gives. They run at once. */
export function testConformance(
  makeStore: () => TokenStore | Promise<TokenStore>,
  options?: StoreConformanceOptions,
): void {
  const cases = storeConformance(makeStore, options).map(({ name, run }) => [name, run] as const);
  test.concurrent.each(cases)("R1 D2 %s", (_name, run) => run());
}
