/** The suite as a list of cases, and what each of them is given. */

import { randomUUID } from "node:crypto";
import { ConfigError, type ConfigFault, faultOfRecord, type TokenStore } from "faucet-auth";
import type { Case } from "./case.js";
import { closing } from "./closing.js";
import { leases } from "./leases.js";
import { leasesOverTime } from "./leases-over-time.js";
import { records } from "./records.js";
import { waiting } from "./waiting.js";

/** A test by itself. */
export interface StoreConformanceCase {
  /** What the store must do. */
  readonly name: string;
  /** Resolves if it does; rejects with an AssertionError that says what it has done instead. */
  run(): Promise<void>;
}

/** How the cases are run. */
export interface StoreConformanceOptions {
  /**
   * After how many milliseconds something counts as not happening, such as the end of a lease of half a second.
   * @default 15000
   */
  readonly patienceMs?: number | undefined;
  /**
   * Whether two objects of the store have their records in common, as in two processes. `false` only for a store that is
   * one object, such as one in memory: nothing is then known of what two of them would do.
   * @default true
   */
  readonly shared?: boolean | undefined;
}

const PATIENCE_MS = 15_000;

const OPTIONS: readonly string[] = ["patienceMs", "shared"];

/**
 * The cases that a token store must pass, for vitest, jest and node:test alike. `makeStore` is called for each case, and
 * twice: it gives a new object each time, and two of them share their records, as in two processes. Of a store that is one
 * object (`shared: false`), one stands for both. Keys are new ones, so that the cases may run on a database that is in use,
 * and at once. They close what `makeStore` gives.
 *
 * @throws ConfigError if `makeStore` is no function, or an option is unknown or no good.
 * @example
 * for (const { name, run } of storeConformance(() => new MyStore(url))) test(name, run);
 */
export function storeConformance(
  makeStore: () => TokenStore | Promise<TokenStore>,
  options: StoreConformanceOptions = {},
): StoreConformanceCase[] {
  const faults = [...faultsOfStore(makeStore), ...faultsOfOptions(options)];
  if (faults.length > 0) throw new ConfigError("storeConformance", faults);
  const { patienceMs = PATIENCE_MS, shared = true } = options;
  return [...records, ...leases, ...leasesOverTime, ...waiting, ...closing].map(({ name, check }) => ({
    name,
    run: () => withStores(makeStore, { patienceMs, shared }, check),
  }));
}

function faultsOfStore(makeStore: unknown): readonly ConfigFault[] {
  return typeof makeStore === "function"
    ? []
    : [{ path: "makeStore", message: "must be a function that gives a new store each time" }];
}

function faultsOfOptions(options: unknown): readonly ConfigFault[] {
  const fault = faultOfRecord(options, `must be an object; its keys may be ${OPTIONS.join(", ")}`);
  if (fault !== undefined) return [{ path: "options", message: fault }];
  const unknown = Object.keys(options as object).filter((key) => !OPTIONS.includes(key));
  const faults = unknown.map((key) => ({
    path: `options.${key}`,
    message: `unknown option; there are: ${OPTIONS.join(", ")}`,
  }));
  const { patienceMs = PATIENCE_MS, shared = true } = options as Readonly<Record<string, unknown>>;
  const isDuration = typeof patienceMs === "number" && Number.isFinite(patienceMs) && patienceMs > 0;
  if (!isDuration) {
    faults.push({ path: "options.patienceMs", message: "must be a number of milliseconds above zero" });
  }
  if (typeof shared !== "boolean") faults.push({ path: "options.shared", message: "must be true or false" });
  return faults;
}

async function withStores(
  makeStore: () => TokenStore | Promise<TokenStore>,
  { patienceMs, shared }: { readonly patienceMs: number; readonly shared: boolean },
  check: Case["check"],
): Promise<void> {
  const one = await makeStore();
  const another = await makeStore();
  // An object that is given each time is still needed.
  const mayClose = one !== another;
  // What waits may hold no process open, and a case is no reason to end.
  const awake = setInterval(() => {}, 60_000);
  try {
    await one.open?.();
    await another.open?.();
    const key = `conformance-${randomUUID()}`;
    await check({ one, other: shared ? another : one, key, patienceMs, mayClose });
  } finally {
    clearInterval(awake);
    if (mayClose) await Promise.allSettled([one.close?.(), another.close?.()]);
  }
}
