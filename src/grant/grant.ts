/**
 * The coordination around a record (D1 to D7): a flight looks at the record, adopts what others have
 * fetched, or redeems the grant under a lease and saves what that brought before it is handed out. The
 * same for every store, the private memory of a provider among them.
 */

import { pause, stopwatch, type UntimedContext } from "../failure/deadline.js";
import { lockDelay } from "../failure/policy.js";
import { StoreError } from "../values/errors.js";
import type { Issued } from "../values/issued.js";
import type { GrantFlight, GrantOptions } from "./grant-options.js";
import { LeasedRedemption, LeaseLapsed } from "./leased-redemption.js";
import { type GrantRecord, newRecord } from "./record.js";
import { ANSWER_MS, isStoreError, RecordKeeper } from "./record-keeper.js";
import { type NotedFailure, note } from "./recorded-failure.js";
import { adoptable, standingError } from "./settlement.js";
import { askIdp } from "./token-exchange.js";

/** What a lease lasts longer than the requests that it covers: a slow store's time to lock, and to read again. */
const LEASE_MARGIN_SECS = (2 * ANSWER_MS) / 1000;

/** An issuer over the record of a grant. */
export class RecordedGrant {
  readonly #grant: GrantOptions;
  readonly #keeper: RecordKeeper;
  readonly #leaseSecs: number;
  #last: LeasedRedemption | undefined;
  /** The last failure without the store. */
  #failedAlone: NotedFailure | undefined;

  constructor(grant: GrantOptions) {
    this.#grant = grant;
    this.#keeper = new RecordKeeper(grant);
    this.#leaseSecs = grant.timeoutSecs + LEASE_MARGIN_SECS;
  }

  /** Counts up with each answer that has brought a token, also a late one; another one is another grant (F4). */
  get generation(): number {
    return this.#keeper.generation;
  }

  /** Gets the next token, from the record or from the IdP. It keeps the deadline itself (H2). */
  async issue(why: UntimedContext): Promise<Issued> {
    const flight = { why, requests: 0 };
    try {
      return await this.#fly(flight).catch((error) => this.#goWithout(flight, error));
    } finally {
      if (flight.requests === 0) why.onSpared?.();
    }
  }

  /** Writes what the store has not taken yet. Rejects with a `StoreError` if it still does not. */
  async close(): Promise<void> {
    await this.#last?.saved();
    await this.#keeper.flush();
  }

  async #fly(flight: GrantFlight): Promise<Issued> {
    await this.#keeper.flush();
    const limit = 2 * this.#leaseSecs;
    const timeLeft = stopwatch(limit);
    let failedBefore: number | undefined;
    for (;;) {
      const { record } = await this.#keeper.read();
      failedBefore ??= record.failure?.lease ?? 0;
      const issued = this.#settle(record, flight.why, failedBefore) ?? (await this.#redeemAlone(flight, failedBefore));
      if (issued !== undefined) return issued;
      const waited = limit * 1000 - timeLeft();
      if (timeLeft() === 0) throw this.#notLocked(limit);
      await pause(lockDelay(waited, this.#grant.random));
    }
  }

  /** What the record answers: a token, an error that it throws, or nothing. */
  #settle(record: GrantRecord, why: UntimedContext, failedBefore: number): Issued | undefined {
    const fresh = adoptable(this.#grant, record, why, "fresh");
    if (fresh !== undefined) return fresh;
    const error = standingError(this.#grant, record, failedBefore);
    if (error === undefined) return undefined;
    // One that is good to its end serves where the next cannot be had (F3).
    const good = adoptable(this.#grant, record, why, "stale");
    if (good === undefined) throw error;
    return good;
  }

  /** Under a lease: the record again, and only then the IdP (D1). `undefined` if there was no lease, or not for long enough. */
  async #redeemAlone(flight: GrantFlight, failedBefore: number): Promise<Issued | undefined> {
    const lease = await this.#keeper.lock(this.#leaseSecs * 1000);
    if (lease === undefined) return undefined;
    try {
      const kept = await this.#keeper.read();
      const settled = this.#settle(kept.record, flight.why, failedBefore);
      if (settled !== undefined) return settled;
      this.#last = new LeasedRedemption(this.#grant, this.#keeper, { lease, kept, flight });
      return await this.#last.redeem();
    } catch (error) {
      if (error instanceof LeaseLapsed) return undefined;
      throw error;
    } finally {
      await this.#keeper.release(lease);
    }
  }

  #notLocked(limit: number): StoreError {
    const why = "others hold it, or its store is too slow";
    return new StoreError(`${this.#grant.identity.key} could not be locked for long enough within ${limit} s: ${why}`);
  }

  /** Tokens that take no refresh token can be had without a store (D3). */
  async #goWithout(flight: GrantFlight, error: unknown): Promise<Issued> {
    const { refreshToken, strict, defaultExpiresIn, clock, random } = this.#grant;
    if (!isStoreError(error) || refreshToken !== undefined || strict) throw error;
    this.#keeper.warn(error);
    // The gate is this process's own then (F4).
    const gated = standingError(this.#grant, { ...newRecord(), failure: this.#failedAlone }, Number.POSITIVE_INFINITY);
    if (gated !== undefined) throw gated;
    const held = { refreshToken, accessToken: undefined };
    try {
      const { answer } = await askIdp(this.#grant, flight, { held, take: (answer) => ({ answer }) });
      const { brought } = answer;
      if ("unusable" in brought) throw brought.unusable;
      const { credential, expiresIn } = brought.token;
      this.#failedAlone = undefined;
      return { credential, expiresIn: expiresIn ?? defaultExpiresIn, issuedAt: answer.arrivedAt };
    } catch (failure) {
      const now = clock();
      this.#failedAlone = note(failure, this.#failedAlone, { lease: 0, presents: undefined, now, random });
      throw failure;
    }
  }
}
