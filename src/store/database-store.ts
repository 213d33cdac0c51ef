/**
 * Token stores over databases that keep the time of leases by their own clock (D2): what all of them need is here,
 * so that a database has only its atomic steps to give.
 */

import { randomUUID } from "node:crypto";
import { within } from "../failure/deadline.js";
import { wallClock } from "../values/clock.js";
import { ClosedError, FaucetError, StoreError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import { lateStore } from "./late-store.js";
import { monotonicClock } from "./liveness.js";
import { ReleaseWaits } from "./release-waits.js";
import { codeOf } from "./system-error.js";
import type { TokenDatabase } from "./token-database.js";
import type { Lease, StoredRecord, TokenStore } from "./token-store.js";

/** A database that takes longer, in milliseconds, does not answer. A grant waits a little longer for its store. */
const ANSWER_MS = 4000;

/** A century, in milliseconds. No database can count to infinity. */
const LONGEST_LEASE_MS = 100 * 365 * 86_400_000;

/**
 * Makes a token store of a database. It gives leases their time and their end, sets every step a deadline, releases
 * a lease that nobody waits for any more, waits for the releases of others, and closes. `load` is called when the
 * store is first used; what it loads and opens lazily costs nothing before.
 * @example const store = databaseStore(async () => new MyDatabase(await import("my-driver")));
 */
export function databaseStore(load: () => TokenDatabase | Promise<TokenDatabase>): Required<TokenStore> {
  return lateStore(async () => new DatabaseStore(await load()));
}

/** Whoever wraps it refuses calls after `close()`. */
class DatabaseStore implements Required<TokenStore> {
  readonly #database: TokenDatabase;
  readonly #waits: ReleaseWaits;
  /** The leases that were granted and not released, and what the clock leaves of each. */
  readonly #held = new Map<Lease, () => number>();
  readonly #locking = new Set<Promise<unknown>>();
  /** What may have been granted though no answer came: nobody else can release it. */
  readonly #unclaimed = new Set<Claim>();
  #closed = false;

  constructor(database: TokenDatabase) {
    this.#database = database;
    this.#waits = new ReleaseWaits(database, (work) => this.#ask("watched", work));
  }

  async open(): Promise<void> {}

  async read(key: string): Promise<StoredRecord | undefined> {
    const record = await this.#ask("read", (signal) => this.#database.read(key, signal));
    if (record !== undefined) this.#checkFencingToken(record.fencingToken);
    return record;
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    this.#checkFencingToken(record.fencingToken);
    return this.#ask("written", (signal) => this.#database.write(key, record, signal));
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    if (!(milliseconds >= 0)) throw new RangeError("a lease lasts for a number of milliseconds, zero or more");
    const locking = this.#lock(key, Math.min(milliseconds, LONGEST_LEASE_MS));
    this.#locking.add(locking);
    return locking.finally(() => this.#locking.delete(locking));
  }

  waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    return this.#waits.wait(key, milliseconds, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waits.close();
    await Promise.allSettled(this.#locking);
    const held = [...this.#held].filter(([, timeLeft]) => timeLeft() > 0);
    // What was perhaps never granted is no reason to fail.
    await this.#releaseUnclaimed().catch(() => {});
    const releases = await Promise.allSettled(held.map(([lease]) => lease.release()));
    const failed = releases.find((release) => release.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await this.#database.close?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is left is counted from before the request: the database cannot have begun earlier. It counts whole milliseconds. */
  async #lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    handled(this.#releaseUnclaimed());
    const claim = { key, holder: randomUUID(), timeLeft: countdown(milliseconds) };
    const fencingToken = await this.#grant(claim, Math.max(1, Math.ceil(milliseconds)));
    if (fencingToken === undefined) return undefined;
    this.#checkFencingToken(fencingToken);
    const lease = this.#hold(claim, fencingToken);
    // close() waits for this, and releases what is held by then.
    if (this.#closed) throw new ClosedError("the token store");
    return lease;
  }

  async #grant(claim: Claim, milliseconds: number): Promise<number | undefined> {
    const { key, holder } = claim;
    try {
      return await this.#ask("locked", (signal) => this.#database.lock(key, holder, milliseconds, signal));
    } catch (error) {
      this.#unclaimed.add(claim);
      if (!this.#closed) handled(this.#releaseUnclaimed());
      throw error;
    }
  }

  #hold(claim: Claim, fencingToken: number): Lease {
    let isReleased = false;
    const lease: Lease = {
      fencingToken,
      timeLeft: () => (isReleased ? 0 : claim.timeLeft()),
      release: async () => {
        isReleased = true;
        if (!this.#held.has(lease)) return;
        await this.#release(claim);
        this.#held.delete(lease);
      },
    };
    this.#held.set(lease, claim.timeLeft);
    return lease;
  }

  /** Those that are over need nobody to end them. */
  async #releaseUnclaimed(): Promise<void> {
    for (const claim of this.#unclaimed) {
      if (claim.timeLeft() > 0) await this.#release(claim);
      this.#unclaimed.delete(claim);
    }
  }

  /** What could not be compared would let anything be written. */
  #checkFencingToken(fencingToken: number): void {
    if (Number.isSafeInteger(fencingToken)) return;
    throw new StoreError(`${this.#database.name}: ${fencingToken} is no fencing token`, { retryable: false });
  }

  #release({ key, holder }: Claim): Promise<void> {
    return this.#ask("released", (signal) => this.#database.release(key, holder, signal));
  }

  async #ask<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    // Its name may be known only once it was reached.
    const subject = (): string => `${this.#database.name} cannot be ${what}`;
    const late = (): Error => new StoreError(`${subject()}: no answer within ${ANSWER_MS / 1000} s`);
    try {
      return await within(ANSWER_MS, late, work);
    } catch (error) {
      if (FaucetError.is(error)) throw error;
      // Its message may quote the record.
      throw new StoreError(`${subject()} (${codeOf(error) ?? "no reason given"})`);
    }
  }
}

/** A request for a lease, granted or not. */
interface Claim {
  readonly key: string;
  readonly holder: string;
  /** What the clock leaves of it, in milliseconds. */
  readonly timeLeft: () => number;
}

/** By the clock that says less: a host that was suspended sees it by the wall clock alone. */
function countdown(milliseconds: number): () => number {
  const [since, monotonicSince] = [wallClock(), monotonicClock()];
  return () => Math.max(0, milliseconds - Math.max(monotonicClock() - monotonicSince, wallClock() - since));
}
