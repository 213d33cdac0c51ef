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
   * Replaces the record, unless a lease with a higher fencing token than `record.fencingToken` has written the one
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
  /** That of the lease under which it was written. */
  readonly fencingToken: number;
  /** What is kept, as it was given: tokens stand in it in clear. */
  readonly text: string;
}

/** The right to redeem the grant of one key. */
export interface Lease {
  /** A number higher than that of every lease on this key before; writes are checked by it. */
  readonly fencingToken: number;
  /** Milliseconds until somebody else may take over. */
  timeLeft(): number;
  /** Ends it, if it has not ended. */
  release(): Promise<void>;
}
