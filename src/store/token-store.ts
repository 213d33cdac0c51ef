/** What a store must do so that one rotating grant survives many processes. */

/**
 * Keeps a record for each key. A store decides nothing: it does not know what a record says, nor what
 * follows from it. All methods may be called concurrently, by many processes on one key.
 *
 * Methods reject if they cannot do their work: `undefined` from `read` always means that there is no
 * record, never that the store could not look.
 */
export interface TokenStore {
  /**
   * Loads what the store needs, such as the driver of a database. Called before each use: the time that it takes
   * counts for no deadline. Rejects with a ConfigError if the store can never be used.
   */
  open?(): Promise<void>;

  /**
   * Gives the record as last written, or `undefined` if there is none.
   * @throws StoreError, or an error of your own, if that cannot be known.
   */
  read(key: string): Promise<StoredRecord | undefined>;

  /**
   * Replaces the record, unless a lease with a higher fencing token than `record.fencingToken` has written the one
   * that is there: then it gives `false`. Comparing and writing are one atomic step, whoever holds the lease.
   */
  write(key: string, record: StoredRecord): Promise<boolean>;

  /**
   * Takes a lease on the key for so many milliseconds, or gives `undefined` while another holds one. It does not
   * wait. A lease ends when it is released, or when its time is over, or as soon as its holder is known to
   * be dead, whichever comes first; nothing prolongs it. Rejects if a record could not be written under it.
   */
  lock(key: string, milliseconds: number): Promise<Lease | undefined>;

  /**
   * Waits until the lease on the key has ended, as far as the store is told, or for so many milliseconds, or until
   * `signal` is aborted, and gives `true`; it may do so early, and whoever waits looks again. Gives `false`
   * if it cannot tell at the moment: then it is asked by `lock` again and again, as a store without this method is. A
   * release between a `lock` that gave `undefined` and the call of this method is not missed. It holds no process open.
   */
  waitForRelease?(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean>;

  /**
   * Ends the use of this object: later calls of the other methods reject. It waits for nothing but the release
   * of its own leases. If it rejects, it can be called again.
   */
  close?(): Promise<void>;

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A store that can be closed, as all of ours can. */
export interface ClosableTokenStore extends TokenStore {
  /** Ends the use of this object: later calls of the other methods reject. If it rejects, it can be called again. */
  close(): Promise<void>;

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A record as a store sees it. */
export interface StoredRecord {
  /** That of the lease under which it was written. */
  readonly fencingToken: number;
  /** What is kept, as it was given. Tokens stand in it in clear, unless the store is wrapped by `encryptedStore`. */
  readonly text: string;
}

/** The right to refresh the grant of one key. */
export interface Lease {
  /** A number higher than that of every lease on this key before. Writes are checked by it. */
  readonly fencingToken: number;
  /** Gives the milliseconds until somebody else may take over; 0 from then on, and after `release()`. */
  timeLeft(): number;
  /** Ends the lease, if it has not ended. May be called again. */
  release(): Promise<void>;
}
