/** What a database must do so that `databaseStore` makes a token store of it. */

import type { StoredRecord } from "./token-store.js";

/**
 * The steps of a token store that only the database can take, each of them atomic: one statement, script or
 * transaction. `signal` is aborted once nobody waits for the answer any more: let go of the connection then, since
 * it may hang. What a method throws becomes a StoreError that quotes nothing of it.
 */
export interface TokenDatabase {
  /** What messages call it, such as `Redis at db.example:6379`; without user and password. */
  readonly name: string;

  /** The record as last written, never by way of a replica; `undefined` if there is none. */
  read(key: string, signal: AbortSignal): Promise<StoredRecord | undefined>;

  /** Puts the record in place, and gives `false` where the one that is there has a higher `fencingToken`. */
  write(key: string, record: StoredRecord, signal: AbortSignal): Promise<boolean>;

  /**
   * Gives the lease to `holder` for so many milliseconds by the database's own clock, unless another one's lasts,
   * and says its fencing token: higher than that of every lease before, and than that of the record. That number must
   * outlive the lease. `undefined` if another holds it.
   */
  lock(key: string, holder: string, milliseconds: number, signal: AbortSignal): Promise<number | undefined>;

  /** Ends the lease if it is still this holder's, and lets those know who listen. */
  release(key: string, holder: string, signal: AbortSignal): Promise<void>;

  /** For how many milliseconds the lease on the key will last, by the database's clock; 0 if nobody holds one. Needed beside `listen`. */
  leaseTimeLeft?(key: string, signal: AbortSignal): Promise<number>;

  /**
   * Opens a connection on which releases are heard; `undefined` if there can be none, such as behind a pooler: then
   * waiting processes ask again and again. Calls `lost` when it has ended unasked.
   */
  listen?(lost: () => void, signal: AbortSignal): Promise<ReleaseListener | undefined>;

  /** Lets go of all connections that are the database's own. */
  close?(): Promise<void>;
}

/** A connection on which releases are heard. It must hold no process open. */
export interface ReleaseListener {
  /** Calls `released` whenever a lease on the key is released, from the moment on at which this resolves. */
  follow(key: string, released: () => void): Promise<void>;
  /** Ends the connection. */
  close(): void;
}
