/** Where the record of a grant is kept: what a grant needs of that place, whatever it is. */

import { pause } from "../failure/deadline.js";
import { lockDelay } from "../failure/policy.js";
import type { Lease } from "../store/token-store.js";
import type { FaucetError } from "../values/errors.js";
import { type GrantRecord, NOTHING_KNOWN } from "./record.js";

/** A record, and the fencing token under which it was written. */
export interface Kept {
  readonly record: GrantRecord;
  readonly fencingToken: number;
}

/** Keeps the record of one grant. What goes wrong there is a `StoreError`. */
export interface GrantRepository {
  read(): Promise<Kept>;
  /** A lease for so many milliseconds, `undefined` while another holds one. */
  lock(milliseconds: number): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;
  /**
   * Waits before the next try, after so many milliseconds of waiting: until the lease is free, as far as that is told,
   * or soon after `isClosing`.
   */
  waitForRelease(waited: number, isClosing: () => boolean): Promise<void>;
  /**
   * Saves what an exchange brought. `false` if a later lease has written (D2). What the store does not take
   * is published, and saved later (D3); where `strict` is configured, it rejects then.
   */
  save(record: GrantRecord, lease: Lease): Promise<boolean>;
  /** Leaves a failure beside the record; `false` if the record has changed since it was read. */
  annotate(kept: Kept): Promise<boolean>;
  /** Saves what could not be saved when it came. */
  flush(): Promise<void>;
  /** Warns that a token is fetched without the record. */
  reportUnavailable(error: FaucetError): void;
}

/** The record of a provider without a store: nobody else sees it, so it needs no text, no clock and no owner. */
export class PrivateRepository implements GrantRepository {
  #kept: Kept = { record: NOTHING_KNOWN, fencingToken: 0 };
  #lastFencingToken = 0;
  #holder: Lease | undefined;

  async read(): Promise<Kept> {
    return this.#kept;
  }

  async lock(): Promise<Lease | undefined> {
    if (this.#holder !== undefined) return undefined;
    this.#lastFencingToken += 1;
    const lease: Lease = {
      fencingToken: this.#lastFencingToken,
      timeLeft: () => Number.POSITIVE_INFINITY,
      release: () => this.release(lease),
    };
    this.#holder = lease;
    return lease;
  }

  async release(lease: Lease): Promise<void> {
    if (this.#holder === lease) this.#holder = undefined;
  }

  /** Nobody else has a lease for longer than a flight takes: it is asked for again. */
  waitForRelease(waited: number): Promise<void> {
    return pause(lockDelay(waited, Math.random));
  }

  async save(record: GrantRecord, { fencingToken }: Lease): Promise<boolean> {
    return this.#write({ record, fencingToken });
  }

  async annotate(kept: Kept): Promise<boolean> {
    return this.#write(kept);
  }

  async flush(): Promise<void> {}

  reportUnavailable(): void {}

  #write(kept: Kept): boolean {
    if (this.#kept.fencingToken > kept.fencingToken) return false;
    this.#kept = kept;
    return true;
  }
}
