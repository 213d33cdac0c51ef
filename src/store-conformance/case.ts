/** What a case is, and what cases have in common. */

import assert from "node:assert/strict";
import type { Lease, TokenStore } from "faucet-auth";

/** One thing that a store must do. */
export interface Case {
  readonly name: string;
  readonly check: (stores: Stores) => Promise<void>;
}

/** Two stores with the same records, as in two processes; of a store that is one object, one and the same. */
export interface Stores {
  readonly one: TokenStore;
  readonly other: TokenStore;
  /** What the keys of this case begin with: nobody has used one like it. */
  readonly key: string;
  readonly patienceMs: number;
  /** Whether `one` is this case's own, so that it may be closed. */
  readonly mayClose: boolean;
}

/** So long that no case sees its end, in milliseconds. */
export const LONG_MS = 600_000;

/** A lease on `key` that nobody holds. */
export async function lockFree(store: TokenStore, key: string, milliseconds: number = LONG_MS): Promise<Lease> {
  const lease = await store.lock(key, milliseconds);
  assert(lease !== undefined, "a lease that nobody holds was not given");
  return lease;
}

/** The lease on `key` as soon as it can be had. */
export async function lockOnceFree(stores: Stores, store: TokenStore, milliseconds: number = LONG_MS): Promise<Lease> {
  const { key, patienceMs } = stores;
  const end = performance.now() + patienceMs;
  for (;;) {
    const lease = await store.lock(key, milliseconds);
    if (lease !== undefined) return lease;
    assert(performance.now() < end, `a lease that was to be over was not given within ${patienceMs} ms`);
    await pause(10);
  }
}

/** That of twenty who ask at once one gets the lease on `key`, as soon as it can be had. */
export async function assertOneGets(stores: Stores): Promise<void> {
  const { one, other, key, patienceMs } = stores;
  const end = performance.now() + patienceMs;
  for (;;) {
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).lock(key, LONG_MS));
    const given = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    assert(given.length <= 1, `${given.length} leases were given at once`);
    if (given.length === 1) return;
    assert(performance.now() < end, `a lease that was to be free was not given within ${patienceMs} ms`);
    await pause(10);
  }
}

/** That others hold the lease on `key`. */
export async function assertHeld(store: TokenStore, key: string, why: string): Promise<void> {
  assert.equal(await store.lock(key, LONG_MS), undefined, why);
}

/** What `work` gives, if it does so in time. */
export async function inTime<T>(patienceMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: `${what} took longer than ${patienceMs} ms` }));
    }, patienceMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
