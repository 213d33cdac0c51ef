/**
 * Gets the tokens of one audience of a grant (D1 to D9): look at the record; adopt what others have got, or in one's
 * turn take the lease, look again, redeem, save, release, and only then hand out. The same wherever the record is kept.
 */

import { stopwatch } from "../failure/deadline.js";
import type { Gate } from "../failure/gate.js";
import { gated, type HostedIssue } from "../failure/issuer.js";
import { ClosedError } from "../values/errors.js";
import { answerOf, lastFailure, type Recorded, type Refresh } from "./adoption.js";
import { AudienceGate } from "./audience-gate.js";
import type { IssuerOptions } from "./grant-options.js";
import { LEASE_MARGIN_SECS, LeaseTooShort, notLocked } from "./lease.js";
import { type GrantRecord, tokenOf } from "./record.js";
import { Redeemer } from "./redeemer.js";
import type { RefreshTokenEnd } from "./refresh-token-end.js";
import type { Kept } from "./repository.js";
import { isStoreError } from "./stored-repository.js";
import type { Turns } from "./turns.js";

/** What all audiences of a grant share; the gate of the audience is its own. */
export interface SharedParts {
  readonly grantGate: Gate;
  readonly audienceGate: Gate;
  /** In these, flights redeem the grant: never two of this process at once. */
  readonly turns: Turns;
  /** In these, answers are saved whose flights were given up. */
  readonly lateAnswers: Turns;
  readonly refreshTokenEnd: RefreshTokenEnd;
}

/** An issuer of one audience. */
export class GrantIssuer {
  readonly #options: IssuerOptions;
  readonly #leaseSecs: number;
  readonly #gate: AudienceGate;
  readonly #turns: Turns;
  readonly #refreshTokenEnd: RefreshTokenEnd;
  readonly #redeemer: Redeemer;

  constructor(options: IssuerOptions, shared: SharedParts) {
    this.#options = options;
    this.#leaseSecs = options.timeoutSecs + LEASE_MARGIN_SECS;
    this.#gate = new AudienceGate(shared.grantGate, shared.audienceGate);
    this.#turns = shared.turns;
    this.#refreshTokenEnd = shared.refreshTokenEnd;
    this.#redeemer = new Redeemer(options, { ...shared, gate: this.#gate });
  }

  /** As a cache calls it. It keeps the deadline itself, since waiting for a lease is no part of it (H2). */
  issue(): HostedIssue {
    let held: number | undefined;
    return gated(async (flight) => {
      const { revision, ...issued } = await this.refresh({ ...flight, held });
      held = revision;
      return issued;
    }, this.#gate);
  }

  /** The next token, from the record or from the IdP. Looks again until it gets the one or the other. */
  async refresh(refresh: Refresh): Promise<Recorded> {
    const { name, repository, audience, inputs, isClosing } = this.#options;
    const limitSecs = 2 * this.#leaseSecs;
    const timeLeft = stopwatch(limitSecs);
    try {
      let failedBefore: number | undefined;
      for (;;) {
        const { record } = await this.#read();
        if (this.#gate.failure !== undefined || record.failure !== undefined) await inputs.look();
        const before = failedBefore ?? lastFailure(record, audience);
        failedBefore = before;
        const recorded =
          this.#look(record, refresh, before) ??
          (await this.#turns.take(() => this.#redeemUnderLease(refresh, before)));
        if (recorded !== undefined) return recorded;
        if (isClosing()) throw new ClosedError(name.name);
        if (timeLeft() === 0) throw notLocked(name.key, limitSecs);
        await repository.waitForRelease(limitSecs * 1000 - timeLeft(), isClosing);
      }
    } catch (error) {
      const { refreshToken, mayHaveRefreshTokens, strict } = this.#options;
      const isNeeded = refreshToken !== undefined || mayHaveRefreshTokens === true || strict;
      if (!isStoreError(error) || isNeeded || isClosing()) throw error;
      return this.#redeemer.redeemWithoutStore(refresh, error);
    }
  }

  /** Once what the store has not taken yet is saved: it may be the refresh token that is good now. */
  async #read(): Promise<Kept> {
    const { repository, audience, readKey, prepare } = this.#options;
    await repository.flush();
    const kept = await repository.read();
    // A bound token can be adopted only by whoever has its key. One that cannot be read is told by the request that needs it.
    const token = tokenOf(kept.record, audience);
    if (readKey !== undefined && token?.boundTo) await readKey().catch(() => {});
    if (prepare !== undefined && token !== undefined) await prepare().catch(() => {});
    return kept;
  }

  #look(record: GrantRecord, refresh: Refresh, failedBefore: number): Recorded | undefined {
    this.#refreshTokenEnd.follow(record, this.#options.clock());
    return answerOf(record, { options: this.#options, gate: this.#gate, refresh, failedBefore });
  }

  /** `undefined` if there was no lease, or not for long enough. */
  async #redeemUnderLease(refresh: Refresh, failedBefore: number): Promise<Recorded | undefined> {
    const { repository, isClosing } = this.#options;
    const lease = isClosing() ? undefined : await repository.lock(this.#leaseSecs * 1000);
    if (lease === undefined) return undefined;
    try {
      const kept = await this.#read();
      return this.#look(kept.record, refresh, failedBefore) ?? (await this.#redeemer.redeem(kept, lease, refresh));
    } catch (error) {
      if (error instanceof LeaseTooShort) return undefined;
      throw error;
    } finally {
      await repository.release(lease);
    }
  }
}
