/**
 * Redeems a grant for one audience, under a lease (A3, D2 to D5, D7): ask, and then save what came of it, be it a
 * token, a refresh token beside an unusable one, an answer that came too late, or a failure.
 */

import { withDeadline } from "../failure/deadline.js";
import type { Gate } from "../failure/gate.js";
import { asWrongAnswer, refusesAudience } from "../failure/policy.js";
import { retrying } from "../failure/retrying.js";
import type { Lease } from "../store/token-store.js";
import { type FaucetError, nameProvider } from "../values/errors.js";
import type { AccessToken, IssueContext } from "../values/issued.js";
import { adoptable, type Recorded, type Refresh } from "./adoption.js";
import { againOnceChanged } from "./again-once-changed.js";
import type { AudienceGate } from "./audience-gate.js";
import type { HeldSecrets, IssuerOptions } from "./grant-options.js";
import { LeaseTooShort } from "./lease.js";
import { Presentation } from "./presentation.js";
import { consentOf, fingerprintsOf, refreshTokenOf, seenWith, subjectOf, subjectOfRefusal, tokenOf } from "./record.js";
import { recordFailure } from "./recorded-failure.js";
import type { RefreshTokenEnd } from "./refresh-token-end.js";
import type { Kept } from "./repository.js";
import { isStoreError } from "./stored-repository.js";
import { type Answer, rotated, withRefusal, withToken } from "./succession.js";
import type { Turns } from "./turns.js";

/** What a redeemer shares with others. */
interface RedeemerParts {
  readonly gate: AudienceGate;
  readonly lateAnswers: Turns;
  readonly refreshTokenEnd: RefreshTokenEnd;
}

/** Redeems for one audience. The caller has the lease, and its turn. */
export class Redeemer {
  readonly #options: IssuerOptions;
  readonly #parts: RedeemerParts;

  constructor(options: IssuerOptions, parts: RedeemerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The token that the IdP gives, once it is on record. Throws `LeaseTooShort` before a request that the lease would not outlast. */
  async redeem(found: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { audience, timeoutSecs } = this.#options;
    const { kept, madeKey } = await this.#withKey(found, lease);
    const accessToken = tokenOf(kept.record, audience)?.accessToken;
    const presentation = new Presentation(this.#options, kept, (refreshToken, why) =>
      this.#attempt({ refreshToken, accessToken, recorded: kept.record.refreshToken, madeKey }, refresh, why, lease),
    );
    let answer: Answer;
    try {
      answer = await withDeadline((why) => presentation.ask(why), timeoutSecs)(refresh);
    } catch (error) {
      if (error instanceof LeaseTooShort || isStoreError(error)) throw error;
      return this.#fail(error, refusesAudience(error), presentation.current, lease, refresh);
    }
    const { refusal } = presentation;
    let { current } = presentation;
    // Saving is no part of the deadline: the IdP has done its work.
    const { brought } = answer;
    if ("token" in brought) return this.#save({ ...answer, refusal }, brought.token, current, lease, refresh);
    current = await this.#saveRotation({ ...answer, refusal }, current, lease);
    // The IdP has taken the grant: what is wrong with the token says nothing of other audiences.
    return this.#fail(brought.unusable, true, current, lease, refresh);
  }

  /** Tokens that take no refresh token can be had without a store (D3). The gate is this process's own then. */
  async redeemWithoutStore(refresh: Refresh, why: FaucetError): Promise<Recorded> {
    const { repository, retries, random, timeoutSecs, defaultExpiresIn, clock, madeKey } = this.#options;
    const { gate } = this.#parts;
    repository.reportUnavailable(why);
    gate.noteLook(clock());
    await this.#clearIfChanged();
    const blocked = gate.errorAt(clock());
    if (blocked !== undefined) throw blocked;
    const held = { refreshToken: undefined, accessToken: undefined, madeKey: await madeKey?.make() };
    const fail = (failure: unknown, isOfAudience: boolean): never => {
      this.#gateOf(isOfAudience).fail(failure, clock());
      throw failure;
    };
    const ask = retrying((whyNow: IssueContext) => this.#attempt(held, refresh, whyNow), { retries, random });
    const { brought, arrivedAt } = await withDeadline(
      againOnceChanged(ask, this.#options, { spends: false }),
      timeoutSecs,
    )(refresh).catch((failure: unknown) => fail(failure, refusesAudience(failure)));
    if ("unusable" in brought) return fail(brought.unusable, true);
    gate.clear();
    const { credential, expiresIn = defaultExpiresIn, baseUrl } = brought.token;
    return { credential, expiresIn, issuedAt: arrivedAt, baseUrl, revision: undefined };
  }

  /**
   * With the key that tokens are to be bound to (P6). A refresh token may be bound to it as soon as that is presented, so that
   * the key is on record before.
   */
  async #withKey(kept: Kept, lease: Lease): Promise<{ readonly kept: Kept; readonly madeKey: string | undefined }> {
    const { madeKey, repository, refreshToken: configured } = this.#options;
    if (madeKey === undefined) return { kept, madeKey: undefined };
    const { name } = madeKey;
    const known = kept.record.keys[name];
    if (known !== undefined) return { kept, madeKey: known };
    const made = await madeKey.make();
    const record = { ...kept.record, keys: { ...kept.record.keys, [name]: made } };
    const isPresented = refreshTokenOf(record, configured) !== undefined;
    if (!isPresented) return { kept: { ...kept, record }, madeKey: made };
    // Where a later lease has written, this one is over, and its key may be another one.
    if (!(await repository.save(record, lease))) throw new LeaseTooShort();
    return { kept: { record, fencingToken: lease.fencingToken }, madeKey: made };
  }

  /** Where no record says what a failure was about, this process knows it (V2). */
  async #clearIfChanged(): Promise<void> {
    const { inputs } = this.#options;
    const { gate } = this.#parts;
    if (gate.failure === undefined) return;
    await inputs.look();
    if (inputs.mark(gate.failure) !== inputs.mark()) gate.clear();
  }

  /** One token request. An answer that comes after the flight was given up is saved all the same (A3). */
  async #attempt(held: HeldSecrets, { onAttempt }: Refresh, why: IssueContext, lease?: Lease): Promise<Answer> {
    const { requestToken, mayHaveRefreshTokens, clock } = this.#options;
    const { refreshToken: presented } = held;
    if (lease !== undefined && lease.timeLeft() < (why.timeLeft?.() ?? 0)) throw new LeaseTooShort();
    onAttempt?.();
    const brought = await requestToken(held, why).catch((error: unknown) => {
      throw presented === undefined ? asWrongAnswer(error) : error;
    });
    const answer = { brought, presented, arrivedAt: clock() };
    const isOfGrant = presented !== undefined || mayHaveRefreshTokens === true;
    if (why.signal.aborted && lease !== undefined && isOfGrant) this.#saveLater(answer, lease);
    return answer;
  }

  /** Hands out the token once it is on record; or what a later lease has put there (D2). */
  async #save(answer: Answer, token: AccessToken, { record }: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { audience, defaultExpiresIn, repository } = this.#options;
    const { arrivedAt } = answer;
    const place = { audience, arrivedAt, fencingToken: lease.fencingToken };
    const next = withToken(rotated(record, answer, this.#options), token, place);
    const isSaved = await repository.save(next, lease);
    this.#parts.gate.clear();
    this.#parts.refreshTokenEnd.follow(next, arrivedAt);
    const issued = {
      credential: token.credential,
      expiresIn: token.expiresIn ?? defaultExpiresIn,
      baseUrl: token.baseUrl,
      issuedAt: token.issuedAt ?? arrivedAt,
    };
    if (isSaved) return { ...issued, revision: next.revision };
    return (await this.#latest(refresh)) ?? { ...issued, revision: undefined };
  }

  /** The refresh token beside an unusable token has replaced the other all the same (A3). */
  async #saveRotation(answer: Answer, current: Kept, lease: Lease): Promise<Kept> {
    if (answer.brought.refreshToken === undefined) return current;
    const record = rotated(current.record, answer, this.#options);
    const isSaved = await this.#options.repository.save(record, lease);
    return isSaved ? { record, fencingToken: lease.fencingToken } : current;
  }

  /** Unless the grant has moved on meanwhile. */
  #saveLater(answer: Answer, lease: Lease): void {
    const saving = this.#parts.lateAnswers.take(async () => {
      const current = await this.#options.repository.read();
      if (refreshTokenOf(current.record, this.#options.refreshToken) !== answer.presented) return;
      const { brought } = answer;
      if ("unusable" in brought) await this.#saveRotation(answer, current, lease);
      else await this.#save(answer, brought.token, current, lease, { reason: "expired", held: undefined });
    });
    saving.catch(() => {});
  }

  /**
   * Blocks the gate, and leaves the failure beside the record (D7): for all, or for this audience alone. A token that
   * came there meanwhile is better than the error.
   */
  async #fail(error: unknown, isOfAudience: boolean, kept: Kept, lease: Lease, refresh: Refresh): Promise<Recorded> {
    const { refreshToken: configured, audience, name, repository, clock } = this.#options;
    const { record, fencingToken } = kept;
    const presented = { configured, mark: this.#options.inputs.mark(error) };
    const subject = isOfAudience ? subjectOfRefusal(record, audience, configured) : subjectOf(record, presented);
    const state = this.#gateOf(isOfAudience).fail(error, clock(), subject);
    const about = isOfAudience ? { refreshToken: consentOf(record, configured) } : fingerprintsOf(record, presented);
    const failure = recordFailure(error, state, { fencingToken: lease.fencingToken, ...about });
    // What concerns all is the grant's error, whichever audience met with it.
    if (!isOfAudience) nameProvider(error, name.name);
    // Where the configured token supersedes nothing, it is seen now, and superseded by the next that is not (D5).
    const seen = record.refreshToken === undefined ? seenWith(record, configured) : record.seen;
    const next = isOfAudience ? withRefusal(record, audience, failure) : { ...record, failure };
    const isRecorded = await repository.annotate({ record: { ...next, seen }, fencingToken });
    const good = isRecorded ? adoptable(this.#options, record, refresh, "stale") : await this.#latest(refresh);
    if (good === undefined) throw error;
    return good;
  }

  #gateOf(isOfAudience: boolean): Gate {
    return isOfAudience ? this.#parts.gate.own : this.#parts.gate.grant;
  }

  /** What others have put into the store, if it can be read. */
  async #latest(refresh: Refresh): Promise<Recorded | undefined> {
    const kept = await this.#options.repository.read().catch(() => undefined);
    return kept && adoptable(this.#options, kept.record, refresh, "stale");
  }
}
