/** The lifetime of a token in an answer, and whether it can be meant (A2, A4, A7). */

import type { HttpAnswer } from "../http/exchange.js";
import { type LifetimeFormat, lifetimeFrom, nameOfFormat } from "../http/lifetime.js";
import type { AnswerSettings } from "./answer-config.js";
import { type Member, memberAt } from "./answer-member.js";

/** The settings that decide it. */
export type ExpirySettings = Pick<AnswerSettings, "expiry_path" | "expiry_format"> & {
  /** The seconds that are assumed where an answer has no lifetime. */
  readonly default_expires_in: number | undefined;
};

/** Where the lifetime stands, how it is written, and what is to be thought of it. */
export class Expiry {
  readonly #member: Member;
  readonly #format: LifetimeFormat;
  readonly #assumed: number | undefined;

  constructor({ expiry_path, expiry_format, default_expires_in }: ExpirySettings) {
    this.#member = memberAt(expiry_path, "expires_in");
    this.#format = expiry_format;
    this.#assumed = default_expires_in;
  }

  /** What is written; by default a JWT is the token itself. */
  find(body: unknown, token: unknown): Promise<unknown> {
    return this.#isOfToken ? Promise.resolve(token) : this.#member.find(body);
  }

  /** The seconds from the answer's arrival, if `written` says so. Throws an `AuthError` for a number without its digits. */
  secondsOf(written: unknown, answer: HttpAnswer): number | undefined {
    return lifetimeFrom(written, { at: this.#isOfToken ? "exp" : this.#member.at, format: this.#format }, answer);
  }

  /** Why `written` can hardly be meant as it was read, in words that do not quote it. */
  doubtOf(written: unknown, seconds: number | undefined): string | undefined {
    if (seconds === undefined) return this.#isExpected(written) ? this.#noLifetime() : undefined;
    return seconds > LONGEST_LIFETIME_SECS ? `${this.#subject} ${this.#decades()}` : undefined;
  }

  get #isOfToken(): boolean {
    return this.#format === "jwt" && !this.#member.isConfigured;
  }

  /** RFC 6749 leaves it to the server whether to say how long a token lives. */
  #isExpected(written: unknown): boolean {
    return this.#member.isConfigured || this.#isOfToken || (written !== undefined && written !== null);
  }

  get #subject(): string {
    if (this.#isOfToken) return "the token is";
    const { at, isConfigured } = this.#member;
    return isConfigured ? `expiry_path ${at} selects` : `${at} is`;
  }

  #noLifetime(): string {
    const assumed = this.#assumed;
    const then = assumed === undefined ? "the token is used until an API refuses it" : `${assumed} s are assumed`;
    const place = this.#isOfToken ? "" : " in the answer";
    return `${this.#subject} no ${nameOfFormat(this.#format)}${place}; ${then}`;
  }

  #decades(): string {
    if (this.#isOfToken) return "one for decades";
    const mending = MENDING[this.#format];
    return `a lifetime of decades${mending === undefined ? "" : `: ${mending}`}`;
  }
}

/** An instant since the epoch is the usual mistake, and would be taken for decades. */
const LONGEST_LIFETIME_SECS = 10 * 366 * 24 * 3600;

const MENDING: Partial<Readonly<Record<LifetimeFormat, string>>> = {
  seconds: "an instant needs expiry_format: epoch_seconds, or epoch_milliseconds",
  milliseconds: "an instant needs expiry_format: epoch_milliseconds",
  epoch_seconds: "an instant in milliseconds needs expiry_format: epoch_milliseconds",
};
