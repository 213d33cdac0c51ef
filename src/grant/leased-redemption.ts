/** A grant redeemed under one lease, and what that leaves on record (A3, D1, D2, D7). */

import { thisProcess } from "../store/liveness.js";
import type { Lease } from "../store/token-store.js";
import { type AuthError, FaucetError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { AccessToken, IssueContext, Issued, Redemption } from "../values/issued.js";
import type { GrantFlight, GrantOptions } from "./grant-options.js";
import { type GrantRecord, markOf, refreshTokenOf, seenWith } from "./record.js";
import { isStoreError, type KeptRecord, type RecordKeeper } from "./record-keeper.js";
import { note } from "./recorded-failure.js";
import { adoptable } from "./settlement.js";
import { type Answer, askIdp } from "./token-exchange.js";

/** What a redemption starts from. */
export interface RedemptionStart {
  readonly lease: Lease;
  /** The record as read under that lease. */
  readonly kept: KeptRecord;
  readonly flight: GrantFlight;
}

/** The lease would not outlast the request: lock and read again (D2). */
export class LeaseLapsed extends Error {
  readonly retryable = false;
}

/** One redemption. Answers that come after its end are saved too: they may hold the only good refresh token. */
export class LeasedRedemption {
  readonly #grant: GrantOptions;
  readonly #keeper: RecordKeeper;
  readonly #lease: Lease;
  readonly #flight: GrantFlight;
  /** What the store holds, as far as it is known here. */
  #kept: KeptRecord;
  /** The newest request whose answer was saved. */
  #newest = 0;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(grant: GrantOptions, keeper: RecordKeeper, { lease, kept, flight }: RedemptionStart) {
    this.#grant = grant;
    this.#keeper = keeper;
    this.#lease = lease;
    this.#kept = kept;
    this.#flight = flight;
  }

  /** The new token, on record. Rejects with `LeaseLapsed` where nothing was sent, for want of time. */
  async redeem(): Promise<Issued> {
    const { record } = this.#kept;
    const held = { refreshToken: refreshTokenOf(record, this.#grant.refreshToken), accessToken: record.accessToken };
    try {
      const { saved } = await askIdp(this.#grant, this.#flight, {
        held,
        take: (answer) => ({ saved: this.#saveInTurn(answer) }),
        beforeSending: (why) => this.#checkLease(why),
        otherThan: (refused, failure) => this.#otherThan(refused, failure),
      });
      // Saving is no part of the deadline: the IdP has done its work.
      return await saved;
    } catch (error) {
      if (error instanceof LeaseLapsed || isStoreError(error)) throw error;
      return this.#fail(error);
    }
  }

  /** The end of what is being saved. */
  saved(): Promise<unknown> {
    return this.#saving;
  }

  #checkLease({ timeLeft }: IssueContext): void {
    if (this.#lease.timeLeft() < (timeLeft?.() ?? 0)) throw new LeaseLapsed("the lease would end before the request");
  }

  /** What the store holds where a refresh token is refused: somebody may have saved a late answer (D4). */
  async #otherThan(refused: string | undefined, failure: unknown): Promise<string | undefined> {
    if (!FaucetError.is(failure) || (failure as AuthError).error !== "invalid_grant") return undefined;
    this.#kept = await this.#keeper.read().catch(() => this.#kept);
    const { refreshToken } = this.#kept.record;
    return refreshToken === refused ? undefined : refreshToken;
  }

  /** In the order of arrival, one after the other. */
  #saveInTurn(answer: Answer): Promise<Issued> {
    const saved = handled(this.#saving.then(() => this.#save(answer)));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #save(answer: Answer): Promise<Issued> {
    const { brought, number, presented, arrivedAt } = answer;
    // A later request has been answered before: what this one brought is superseded.
    if (number < this.#newest) return usable(brought);
    this.#newest = number;
    const { record } = this.#kept;
    const { refreshToken: configured, defaultExpiresIn } = this.#grant;
    const refreshToken = configured && (brought.refreshToken ?? presented);
    const rotated = { ...record, refreshToken, seen: seenWith(record, configured) };
    const { text: accessToken, credential, expiresIn } = await this.#usable(answer, rotated);
    // A lease's number is nobody else's, so no other token can have this one.
    const generation = Math.max(record.generation + 1, this.#lease.fencingToken);
    const token = { accessToken, issuedAt: arrivedAt, expiresIn, issuedTo: processName(), failure: undefined };
    const isKept = await this.#put({ ...rotated, ...token, generation });
    const issued = { credential, expiresIn: expiresIn ?? defaultExpiresIn, issuedAt: arrivedAt };
    return isKept ? { ...issued, generation } : ((await this.#latest()) ?? issued);
  }

  /** The token of an answer. The refresh token beside one that is unusable has replaced the other all the same (A3). */
  async #usable({ brought }: Answer, rotated: GrantRecord): Promise<AccessToken> {
    if ("unusable" in brought && brought.refreshToken !== undefined && rotated.refreshToken !== undefined) {
      await this.#put(rotated);
    }
    return usable(brought);
  }

  /** `false` if a later lease has written (D2). What the store does not take is told, and written later (D3). */
  async #put(record: GrantRecord): Promise<boolean> {
    try {
      if (!(await this.#keeper.save(record, this.#lease))) return false;
      this.#kept = { record, lease: this.#lease.fencingToken };
    } catch (error) {
      this.#keeper.tellUnsaved(error as FaucetError);
      if (this.#grant.strict) throw error;
    }
    return true;
  }

  /** Leaves the failure beside the record (D7). A token that came there meanwhile is better than the error. */
  async #fail(error: unknown): Promise<Issued> {
    await this.#saving;
    const { record, lease } = this.#kept;
    const { refreshToken, clock, random } = this.#grant;
    const presents = markOf(record, refreshToken);
    const failure = note(error, record.failure, { lease: this.#lease.fencingToken, presents, now: clock(), random });
    // Where it supersedes nothing, it is seen now, and superseded by the next that is not (D5).
    const seen = record.refreshToken === undefined ? seenWith(record, refreshToken) : record.seen;
    const isNoted = await this.#keeper.annotate({ record: { ...record, seen, failure }, lease });
    const good = isNoted ? this.#adoptable(record) : await this.#latest();
    if (good === undefined) throw error;
    return good;
  }

  /** What others have put into the store, if it tells. */
  async #latest(): Promise<Issued | undefined> {
    const kept = await this.#keeper.read().catch(() => undefined);
    return kept && this.#adoptable(kept.record);
  }

  #adoptable(record: GrantRecord): Issued | undefined {
    return adoptable(this.#grant, record, this.#flight.why, "stale");
  }
}

function usable(brought: Redemption): AccessToken {
  if ("unusable" in brought) throw brought.unusable;
  return brought.token;
}

function processName(): string {
  const { host, pid } = thisProcess();
  return `${host} ${pid}`;
}
