/** What a store must do so that one rotating grant survives many processes (D1, D2). */

/**
 * Keeps a record for each key. A store decides nothing: it does not know what a record says, and what
 * follows from it. All methods may be called concurrently, by many processes on one key.
 *
 * Methods reject if they cannot do their work; never does "there is none" stand for "I could not look".
 */
export interface TokenStore {
  /** The record as last written, or `undefined` if there is none. */
  read(key: string): Promise<StoredRecord | undefined>;

  /**
   * Replaces the record, unless a lease with a higher number than `record.lease` has written the one
   * that is there: then `false`. Comparing and writing are one atomic step, whoever holds the lock.
   */
  write(key: string, record: StoredRecord): Promise<boolean>;

  /**
   * A lease on the key for so many milliseconds, or `undefined` while somebody else holds one. It
   * does not wait. A lease ends when it is released, when its time is over, or when its owner is known
   * to be dead. Rejects if a record could not be written under it.
   */
  lock(key: string, milliseconds: number): Promise<Lease | undefined>;

  /** Ends the use of this object. Later calls reject. */
  close?(): Promise<void>;

  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A record as a store sees it. */
export interface StoredRecord {
  /** The number of the lease under which it was written. */
  readonly lease: number;
  readonly text: string;
}

/** The right to redeem the grant of one key. */
export interface Lease {
  /** Higher than that of every lease on this key before. */
  readonly number: number;
  /** Milliseconds until somebody else may take over. */
  timeLeft(): number;
  /** Ends it, if it has not ended. */
  release(): Promise<void>;
}
