/** Keeps the record of one grant in a store, and keeps what the store would not take (D2, D3). */

import { pause, stopwatch, within } from "../failure/deadline.js";
import { PERSIST_MS, persistDelay } from "../failure/policy.js";
import type { Lease, StoredRecord } from "../store/token-store.js";
import { FaucetError, StoreError } from "../values/errors.js";
import { tellAtRisk, tellSafe, warnOfStore } from "./grant-at-risk.js";
import type { GrantOptions } from "./grant-options.js";
import { type GrantRecord, newRecord, parseRecord, recordText } from "./record.js";
import type { NotedFailure } from "./recorded-failure.js";

/** A store that takes longer, in milliseconds, does not answer. */
export const ANSWER_MS = 5000;

/** A record, and the number of the lease that wrote it. */
export interface KeptRecord {
  readonly record: GrantRecord;
  readonly lease: number;
}

/** The record of one grant in its store. What goes wrong there is a `StoreError`. */
export class RecordKeeper {
  readonly #grant: GrantOptions;
  readonly #key: string;
  #known: GrantRecord | undefined;
  #unsaved: StoredRecord | undefined;
  /** A failure that could not be left beside the record: its gate is this process's own then. */
  #unnoted: GrantRecord | undefined;
  #hasWarned = false;

  constructor(grant: GrantOptions) {
    this.#grant = grant;
    this.#key = grant.identity.key;
  }

  /** The generation of the last record known, saved or not; 0 if there is none. */
  get generation(): number {
    return this.#known?.generation ?? 0;
  }

  /** The record. Where there is none, the last one known: a store that was emptied brings no spent token back (D3). */
  async read(): Promise<KeptRecord> {
    const stored = await this.#ask("read", ANSWER_MS, () => this.#grant.store.read(this.#key));
    this.#known = stored === undefined ? (this.#known ?? newRecord()) : parseRecord(stored.text, this.#key);
    const { failure = this.#failureUnnoted(this.#known) } = this.#known;
    return { record: { ...this.#known, failure }, lease: stored?.fencingToken ?? 0 };
  }

  /** A lease for so many milliseconds, `undefined` if another holds one. */
  async lock(milliseconds: number): Promise<Lease | undefined> {
    let isLate = false;
    const locking = this.#ask("locked", ANSWER_MS, async () => {
      const lease = await this.#grant.store.lock(this.#key, milliseconds);
      // Nobody is there any more to release it.
      if (isLate) await lease?.release();
      return lease;
    });
    return locking.catch((error) => {
      isLate = true;
      throw error;
    });
  }

  /** Ends a lease. One that cannot be released ends by itself. */
  async release(lease: Lease): Promise<void> {
    await this.#ask("released", ANSWER_MS, () => lease.release()).catch(() => {});
  }

  /**
   * Saves what an exchange brought. `false` if a later lease has written. Tries again while the lease
   * lasts, for some seconds; then rejects, and `flush` has it to write.
   */
  async save(record: GrantRecord, lease: Lease): Promise<boolean> {
    const stored = { fencingToken: lease.fencingToken, text: recordText(record) };
    const timeLeft = stopwatch(Math.min(PERSIST_MS, lease.timeLeft()) / 1000);
    this.#known = record;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const saved = await this.#write(stored);
        this.#unsaved = undefined;
        this.#unnoted = undefined;
        return saved;
      } catch (error) {
        const delay = persistDelay(attempt, this.#grant.random);
        if (delay >= timeLeft()) {
          this.#unsaved = stored;
          throw error;
        }
        await pause(delay);
      }
    }
  }

  /** Leaves a failure beside the record that it was read with; `false` if that has changed. */
  async annotate({ record, lease }: KeptRecord): Promise<boolean> {
    try {
      this.#unnoted = undefined;
      return await this.#write({ fencingToken: lease, text: recordText(record) });
    } catch {
      this.#unnoted = record;
      return true;
    }
  }

  /** Writes what could not be saved, unless a later lease has written meanwhile. */
  async flush(): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return;
    await this.#write(unsaved);
    this.#unsaved = undefined;
    tellSafe(this.#grant.identity);
  }

  /** Tells that what the IdP has answered is not stored. Without a refresh token, nothing is lost by that. */
  tellUnsaved(error: FaucetError): void {
    if (this.#grant.refreshToken === undefined) this.warn(error);
    else tellAtRisk(this.#grant.identity, error);
  }

  /** Warns, once, that tokens are fetched without the store. */
  warn(error: FaucetError): void {
    if (!this.#hasWarned) warnOfStore(this.#grant.identity, error);
    this.#hasWarned = true;
  }

  #failureUnnoted({ generation }: GrantRecord): NotedFailure | undefined {
    return this.#unnoted?.generation === generation ? this.#unnoted.failure : undefined;
  }

  #write(stored: StoredRecord): Promise<boolean> {
    return this.#ask("written", ANSWER_MS, () => this.#grant.store.write(this.#key, stored));
  }

  async #ask<T>(what: string, milliseconds: number, work: () => Promise<T>): Promise<T> {
    const subject = `the store of ${this.#key} cannot be ${what}`;
    const late = (): Error => new StoreError(`${subject}: no answer within ${milliseconds / 1000} s`);
    try {
      return await within(milliseconds, late, work);
    } catch (error) {
      if (isStoreError(error)) throw error;
      // What a store of a user's own throws may quote the record.
      throw new StoreError(`${subject} (${codeOf(error)})`);
    }
  }
}

/** Whether `error` is of a store, and not of an IdP. */
export function isStoreError(error: unknown): error is FaucetError {
  return FaucetError.is(error) && (error.code === "store" || error.code === "closed");
}

/** A code of the system, or the name of the error's class: text that nobody composed. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const told = [code, name].find((text) => typeof text === "string" && /^\w{1,60}$/.test(text));
  return typeof told === "string" ? told : "no reason given";
}
