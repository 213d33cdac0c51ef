/**
 * One grant, and how it is refreshed (A3, D1 to D7): look at the record; adopt what others have got, or
 * take the lease, look again, redeem, save, release, and only then hand out. The same wherever the
 * record is kept.
 */

import { stopwatch, withDeadline } from "../failure/deadline.js";
import { Gate, type GatedIssue, gated } from "../failure/gate.js";
import { asWrongAnswer, refusesRefreshToken } from "../failure/policy.js";
import { retrying } from "../failure/retrying.js";
import type { Lease } from "../store/token-store.js";
import { reliable } from "../values/clock.js";
import { ClosedError, type FaucetError } from "../values/errors.js";
import type { AccessToken, IssueContext } from "../values/issued.js";
import { adoptable, answerOf, type Recorded, type Refresh } from "./adoption.js";
import type { GrantOptions, HeldSecrets } from "./grant-options.js";
import { LEASE_MARGIN_SECS, LeaseTooShort, notLocked } from "./lease.js";
import { fingerprintOfNext, type GrantRecord, otherThan, refreshTokenOf, seenWith, subjectOf } from "./record.js";
import { recordFailure } from "./recorded-failure.js";
import { RefreshTokenEnd } from "./refresh-token-end.js";
import type { Kept } from "./repository.js";
import { isStoreError } from "./stored-repository.js";
import { type Answer, rotated, withToken } from "./succession.js";

/** How often a process that is held off looks at a shared record: another may have got a token. */
const RECHECK_MS = 1000;

/** A grant. It owns the one gate of it (F4a). */
export class Grant {
  readonly #options: GrantOptions;
  readonly #leaseSecs: number;
  readonly #gate: Gate;
  readonly refreshTokenEnd: RefreshTokenEnd;
  #saving: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(options: GrantOptions) {
    const { random, isShared, timeoutSecs } = options;
    this.#options = { ...options, clock: reliable(options.clock) };
    this.refreshTokenEnd = new RefreshTokenEnd(options.name);
    this.#leaseSecs = timeoutSecs + LEASE_MARGIN_SECS;
    this.#gate = new Gate({ random, ...(isShared && { recheckMs: RECHECK_MS }) });
  }

  /** An issuer for one cache. It keeps the deadline itself, since waiting for a lease is no part of it (H2). */
  issuer(): GatedIssue {
    let held: number | undefined;
    return gated(async (flight) => {
      const { revision, ...issued } = await this.refresh({ ...flight, held });
      held = revision;
      return issued;
    }, this.#gate);
  }

  /** Lets go of a flight that waits for others to give up the lease. One that has its turn goes on. */
  stopWaiting(): void {
    this.#closing.abort();
  }

  /** Saves what the store has not taken yet. Rejects with a `StoreError` if it still does not; then it may be called again. */
  async close(): Promise<void> {
    await this.#saving;
    await this.#options.repository.flush();
  }

  /** The next token, from the record or from the IdP. Looks again until it gets the one or the other. */
  async refresh(refresh: Refresh): Promise<Recorded> {
    const { repository } = this.#options;
    const limitSecs = 2 * this.#leaseSecs;
    const timeLeft = stopwatch(limitSecs);
    try {
      await repository.flush();
      let failedBefore: number | undefined;
      for (;;) {
        const { record } = await repository.read();
        failedBefore ??= record.failure?.fencingToken ?? 0;
        const recorded =
          this.#look(record, refresh, failedBefore) ?? (await this.#redeemUnderLease(refresh, failedBefore));
        if (recorded !== undefined) return recorded;
        if (this.#closing.signal.aborted) throw new ClosedError(this.#options.name.name);
        if (timeLeft() === 0) throw notLocked(this.#options.name.key, limitSecs);
        await repository.waitForRelease(limitSecs * 1000 - timeLeft(), this.#closing.signal);
      }
    } catch (error) {
      const { refreshToken, strict } = this.#options;
      if (!isStoreError(error) || refreshToken !== undefined || strict || this.#closing.signal.aborted) throw error;
      return this.#redeemWithoutStore(refresh, error);
    }
  }

  #look(record: GrantRecord, refresh: Refresh, failedBefore: number): Recorded | undefined {
    this.refreshTokenEnd.follow(record, this.#options.clock());
    return answerOf(record, { options: this.#options, gate: this.#gate, refresh, failedBefore });
  }

  /** `undefined` if there was no lease, or not for long enough. */
  async #redeemUnderLease(refresh: Refresh, failedBefore: number): Promise<Recorded | undefined> {
    const { repository } = this.#options;
    const lease = await repository.lock(this.#leaseSecs * 1000);
    if (lease === undefined) return undefined;
    try {
      const kept = await repository.read();
      return this.#look(kept.record, refresh, failedBefore) ?? (await this.#redeem(kept, lease, refresh));
    } catch (error) {
      if (error instanceof LeaseTooShort) return undefined;
      throw error;
    } finally {
      await repository.release(lease);
    }
  }

  async #redeem(kept: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { refreshToken: configured, audience, retries, random, timeoutSecs } = this.#options;
    const presented = refreshTokenOf(kept.record, configured);
    const accessToken = kept.record.tokens[audience]?.accessToken;
    const present = (refreshToken: string | undefined) => (why: IssueContext) =>
      this.#attempt({ refreshToken, accessToken }, refresh, why, lease);
    const attempts = retrying(present(presented), { retries, random, presentsRefreshToken: configured !== undefined });
    let current = kept;
    let refusal: unknown;
    try {
      const answer = await withDeadline(async (why) => {
        try {
          return await attempts(why);
        } catch (failure) {
          if (configured === undefined || !refusesRefreshToken(failure)) throw failure;
          // Another process may have saved a late answer: then its refresh token is the good one (D4).
          current = await this.#options.repository.read().catch(() => kept);
          const other = otherThan(presented, current.record, configured);
          // One that is cut off in its rotation would be lost: the next flight presents it.
          if (other === undefined || (why.timeLeft?.() ?? 0) < (timeoutSecs * 1000) / (retries + 1)) throw failure;
          refusal = failure;
          why.onRetry?.({ attempt: retries + 1, delay: 0, failure });
          return present(other)(why);
        }
      }, timeoutSecs)(refresh);
      // Saving is no part of the deadline: the IdP has done its work.
      const { brought } = answer;
      if ("token" in brought) return await this.#save({ ...answer, refusal }, brought.token, current, lease, refresh);
      current = await this.#saveRotation({ ...answer, refusal }, current, lease);
      throw brought.unusable;
    } catch (error) {
      if (error instanceof LeaseTooShort || isStoreError(error)) throw error;
      return this.#fail(error, current, lease, refresh);
    }
  }

  /** One token request. An answer that comes after the flight was given up is saved all the same (A3). */
  async #attempt(held: HeldSecrets, { onAttempt }: Refresh, why: IssueContext, lease?: Lease): Promise<Answer> {
    const { requestToken, clock } = this.#options;
    const { refreshToken: presented } = held;
    if (lease !== undefined && lease.timeLeft() < (why.timeLeft?.() ?? 0)) throw new LeaseTooShort();
    onAttempt?.();
    const brought = await requestToken(held, why.signal).catch((error: unknown) => {
      throw presented === undefined ? asWrongAnswer(error) : error;
    });
    const answer = { brought, presented, arrivedAt: clock() };
    if (why.signal.aborted && lease !== undefined && presented !== undefined) this.#saveLater(answer, lease);
    return answer;
  }

  /** Hands out the token once it is on record; or what a later lease has put there (D2). */
  async #save(answer: Answer, token: AccessToken, { record }: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { refreshToken: configured, audience, defaultExpiresIn, repository } = this.#options;
    const { arrivedAt } = answer;
    const place = { audience, arrivedAt, fencingToken: lease.fencingToken };
    const next = withToken(rotated(record, answer, configured), token, place);
    const isSaved = await repository.save(next, lease);
    this.#gate.clear();
    this.refreshTokenEnd.follow(next, arrivedAt);
    const issued = {
      credential: token.credential,
      expiresIn: token.expiresIn ?? defaultExpiresIn,
      issuedAt: arrivedAt,
    };
    if (isSaved) return { ...issued, revision: next.revision };
    return (await this.#latest(refresh)) ?? { ...issued, revision: undefined };
  }

  /** The refresh token beside an unusable token has replaced the other all the same (A3). */
  async #saveRotation(answer: Answer, current: Kept, lease: Lease): Promise<Kept> {
    if (answer.brought.refreshToken === undefined) return current;
    const record = rotated(current.record, answer, this.#options.refreshToken);
    const isSaved = await this.#options.repository.save(record, lease);
    return isSaved ? { record, fencingToken: lease.fencingToken } : current;
  }

  /** Unless the grant has moved on meanwhile. */
  #saveLater(answer: Answer, lease: Lease): void {
    const saving = this.#saving.then(async () => {
      const current = await this.#options.repository.read();
      if (refreshTokenOf(current.record, this.#options.refreshToken) !== answer.presented) return;
      const { brought } = answer;
      if ("unusable" in brought) await this.#saveRotation(answer, current, lease);
      else await this.#save(answer, brought.token, current, lease, { reason: "expired", held: undefined });
    });
    this.#saving = saving.catch(() => {});
  }

  /** Blocks the gate, and leaves the failure beside the record (D7). A token that came there meanwhile is better than the error. */
  async #fail(error: unknown, { record, fencingToken }: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { refreshToken: configured, repository, clock } = this.#options;
    const state = this.#gate.fail(error, clock(), subjectOf(record, this.#options.refreshToken));
    const place = { fencingToken: lease.fencingToken, refreshToken: fingerprintOfNext(record, configured) };
    // Where the configured token supersedes nothing, it is seen now, and superseded by the next that is not (D5).
    const seen = record.refreshToken === undefined ? seenWith(record, configured) : record.seen;
    const annotated = { ...record, seen, failure: recordFailure(error, state, place) };
    const isRecorded = await repository.annotate({ record: annotated, fencingToken });
    const good = isRecorded ? adoptable(this.#options, record, refresh, "stale") : await this.#latest(refresh);
    if (good === undefined) throw error;
    return good;
  }

  /** What others have put into the store, if it can be read. */
  async #latest(refresh: Refresh): Promise<Recorded | undefined> {
    const kept = await this.#options.repository.read().catch(() => undefined);
    return kept && adoptable(this.#options, kept.record, refresh, "stale");
  }

  /** Tokens that take no refresh token can be had without a store (D3). The gate is this process's own then. */
  async #redeemWithoutStore(refresh: Refresh, why: FaucetError): Promise<Recorded> {
    const { repository, retries, random, timeoutSecs, defaultExpiresIn, clock } = this.#options;
    repository.reportUnavailable(why);
    this.#gate.noteLook(clock());
    const blocked = this.#gate.errorAt(clock());
    if (blocked !== undefined) throw blocked;
    const held = { refreshToken: undefined, accessToken: undefined };
    try {
      const ask = retrying((whyNow: IssueContext) => this.#attempt(held, refresh, whyNow), { retries, random });
      const { brought, arrivedAt } = await withDeadline(ask, timeoutSecs)(refresh);
      if ("unusable" in brought) throw brought.unusable;
      this.#gate.clear();
      const { credential, expiresIn = defaultExpiresIn } = brought.token;
      return { credential, expiresIn, issuedAt: arrivedAt, revision: undefined };
    } catch (failure) {
      this.#gate.fail(failure, clock());
      throw failure;
    }
  }
}
