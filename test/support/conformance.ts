/** The conformance suite as tests of vitest. */

import { test } from "vitest";
import type { TokenStore } from "../../src/index.js";
import { storeConformance } from "../../src/store-conformance/index.js";

/** What every store must do, as tests of the stores that `makeStore` gives. They run at once. */
export function testConformance(makeStore: () => TokenStore | Promise<TokenStore>): void {
  const cases = storeConformance(makeStore).map(({ name, run }) => [name, run] as const);
  test.concurrent.each(cases)("R1 D2 %s", (_name, run) => run());
}
