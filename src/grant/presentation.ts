/**
 * What a flight presents to the IdP: the refresh token that is good, as far as is known; and where that is refused,
 * what is left to try (D4): another one that is on record by now, or a login.
 */

import { refusesGrant } from "../failure/policy.js";
import { causedBy, retrying } from "../failure/retrying.js";
import type { AuthError } from "../values/errors.js";
import type { IssueContext } from "../values/issued.js";
import { againOnceChanged, hasTimeToRotate } from "./again-once-changed.js";
import type { IssuerOptions } from "./grant-options.js";
import { LeaseTooShort } from "./lease.js";
import { otherThan, refreshTokenOf } from "./record.js";
import type { Kept } from "./repository.js";
import type { Answer } from "./succession.js";

/** One token request that presents a refresh token, or none. */
export type Attempt = (refreshToken: string | undefined, why: IssueContext) => Promise<Answer>;

/** One flight's way through what there is to present. */
export class Presentation {
  readonly #options: IssuerOptions;
  readonly #attempt: Attempt;
  #current: Kept;
  #refusal: unknown;

  constructor(options: IssuerOptions, kept: Kept, attempt: Attempt) {
    this.#options = options;
    this.#current = kept;
    this.#attempt = attempt;
  }

  /** The record as it was last read. */
  get current(): Kept {
    return this.#current;
  }

  /** How the grant was refused before another refresh token was presented, if it was. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** What the IdP answers in the end. */
  async ask(why: IssueContext): Promise<Answer> {
    const { refreshToken: configured, retries, random } = this.#options;
    const presented = refreshTokenOf(this.#current.record, configured);
    const policy = { retries, random, presentsRefreshToken: presented !== undefined };
    try {
      const ask = retrying((each: IssueContext) => this.#present(presented, each), policy);
      return await againOnceChanged(ask, this.#options, { spends: presented !== undefined })(why);
    } catch (failure) {
      if (presented === undefined || failure instanceof LeaseTooShort || !this.#isRefusal(failure)) throw failure;
      return this.#askWithAnother(presented, failure, why);
    }
  }

  async #askWithAnother(presented: string, failure: unknown, why: IssueContext): Promise<Answer> {
    const { repository, refreshToken: configured, logsIn } = this.#options;
    // Another process may have saved a late answer: then its refresh token is the good one.
    this.#current = await repository.read().catch(() => this.#current);
    const other = otherThan(presented, this.#current.record, configured);
    if (other === undefined || !hasTimeToRotate(why, this.#options)) {
      if (logsIn) return this.#logIn(failure, why);
      throw failure;
    }
    this.#refusal = failure;
    this.#announce(failure, why);
    try {
      return await this.#present(other, why);
    } catch (second) {
      if (logsIn && this.#isRefusal(second)) return this.#logIn(second, why);
      throw second;
    }
  }

  /** Once in a flight, and with its retries: it spends nothing. */
  async #logIn(refusal: unknown, why: IssueContext): Promise<Answer> {
    const { retries, random } = this.#options;
    this.#announce(refusal, why);
    const onRetry: IssueContext["onRetry"] = (retry) =>
      why.onRetry?.({ ...retry, attempt: retries + 1 + retry.attempt });
    const ask = retrying((each: IssueContext) => this.#attempt(undefined, each), { retries, random });
    try {
      return await againOnceChanged(ask, this.#options, { spends: false })({ ...why, onRetry });
    } catch (failure) {
      throw causedBy(failure, refusal);
    }
  }

  async #present(refreshToken: string | undefined, why: IssueContext): Promise<Answer> {
    const answer = await this.#attempt(refreshToken, why);
    const { brought } = answer;
    const isNothing = "unusable" in brought && brought.refreshToken === undefined;
    // Logins of an API's own say no in many ways, and one of them is a success without a token.
    if (isNothing && refreshToken !== undefined && this.#options.logsIn) throw brought.unusable;
    return answer;
  }

  /** A page to log in at, in place of an answer that can be read, is one too. */
  #isRefusal(failure: unknown): boolean {
    return refusesGrant(failure) || (this.#options.logsIn === true && (failure as AuthError)?.unreadable === true);
  }

  #announce(failure: unknown, { onRetry }: IssueContext): void {
    onRetry?.({ attempt: this.#options.retries + 1, delay: 0, failure });
  }
}
