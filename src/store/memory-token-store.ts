/** The store that lives as long as its object, and needs nothing but memory. */

import { ConfigError } from "../values/errors.js";
import { type Change, type LeaseState, UNUSED } from "./lease-state.js";
import { faultsOfStoreOptions, LeasedStore, type Medium, type StoreOptions } from "./leased-store.js";
import type { ClosableTokenStore, Lease, StoredRecord } from "./token-store.js";

/**
 * Keeps records as long as the object lives: for tests, and for providers of one process that share a grant.
 * @example new OAuth2RefreshProvider(config, { name: "crm", store: new MemoryTokenStore() })
 */
export class MemoryTokenStore implements ClosableTokenStore {
  readonly #store: LeasedStore;

  /** @throws ConfigError if an option is misspelt or no function. */
  constructor(options: StoreOptions = {}) {
    const faults = faultsOfStoreOptions(options);
    if (faults.length > 0) throw new ConfigError("MemoryTokenStore", faults);
    this.#store = new LeasedStore(new MemoryMedium(), options);
  }

  /** The record as last written, or `undefined` if there is none. */
  read(key: string): Promise<StoredRecord | undefined> {
    return this.#store.read(key);
  }

  /** Replaces the record; `false` if a lease with a higher fencing token has written the one that is there. */
  write(key: string, record: StoredRecord): Promise<boolean> {
    return this.#store.write(key, record);
  }

  /** A lease on the key for so many milliseconds, or `undefined` while another holds one. */
  lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    return this.#store.lock(key, milliseconds);
  }

  /** Releases the leases that were taken through this object. Later calls reject with a `ClosedError`. */
  close(): Promise<void> {
    return this.#store.close();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

/** States in a map. Several stores may share it, as processes share a folder. */
export class MemoryMedium implements Medium {
  readonly #states = new Map<string, LeaseState>();

  async load(key: string): Promise<LeaseState> {
    return this.#states.get(key) ?? UNUSED;
  }

  async advance(key: string, change: Change): Promise<boolean> {
    const next = change(this.#states.get(key) ?? UNUSED);
    if (next !== undefined) this.#states.set(key, next);
    return next !== undefined;
  }
}
