/** A store in the memory of a process: private to a provider, or shared by several. */

import { type Change, type LeaseState, UNUSED } from "./lease-state.js";
import { LeasedStore, type StoreOptions } from "./leased-store.js";

/** Keeps records as long as the object lives: for tests, and for providers of one process that share a grant. */
export class MemoryTokenStore extends LeasedStore {
  readonly #states = new Map<string, LeaseState>();

  constructor(options: StoreOptions = {}) {
    super(options);
  }

  protected async load(key: string): Promise<LeaseState> {
    return this.#states.get(key) ?? UNUSED;
  }

  protected async advance(key: string, change: Change): Promise<boolean> {
    const next = change(this.#states.get(key) ?? UNUSED);
    if (next !== undefined) this.#states.set(key, next);
    return next !== undefined;
  }
}
