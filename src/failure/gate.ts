/**
 * The gate: what failures have led to, and whether the IdP may be asked now (F3, F4). There is one for
 * a grant, whoever asks, and no other place draws a cool-down.
 */

import { FaucetError } from "../values/errors.js";
import { gateError } from "./gate-error.js";
import { afterFailure, boundedRandom, CLEAR, type GateState, type Random } from "./policy.js";

/** How a gate decides. */
export interface GateOptions {
  readonly random: Random;
  /**
   * How long a look at the record of the grant counts, in milliseconds. After that a caller may look
   * again, since another process may have got a token. By default nobody else can have.
   */
  readonly recheckMs?: number;
}

/** How far apart the clocks of hosts may be that share a record. A larger step back is a clock that has jumped (C10). */
const SKEW_MS = 10_000;

/** A failed flight as a record has it. */
export interface KnownFailure {
  readonly state: GateState;
  readonly failure: unknown;
}

/** A gate as those see it who ask whether they may go on, and why not. */
export interface GateView {
  readonly failuresInARow: number;
  /** The last failure since the last success. */
  readonly failure: unknown;
  /** When the IdP may be asked again after the last failure; `undefined` if at once. */
  readonly retryAt: number | undefined;
  /** Until when the IdP is left alone; `undefined` while it may be asked. */
  blockedUntil(now: number): number | undefined;
  /** Whether a caller that holds nothing is refused without a look at the record. */
  refuses(now: number): boolean;
  /** Whether a credential that is still good is not to be renewed yet, and until when. */
  holdsRenewalUntil(now: number): number | undefined;
  /** What callers get while it blocks: a new error of the failure's class, with `retryAt`; `undefined` while it is clear. */
  errorAt(now: number): Error | undefined;
}

/**
 * A circuit breaker. It is clear until flights fail, and then blocks for a cool-down; one success clears
 * it. A clock that jumps back behind the last failure clears it too (C10).
 */
export class Gate implements GateView {
  readonly #random: Random;
  readonly #recheckMs: number;
  #state: GateState = CLEAR;
  #failure: unknown;
  /** What had failed, as the grant names it: while it is still that, the failure stands. */
  #subject: unknown;
  #checkedAt = 0;

  constructor({ random, recheckMs = Number.POSITIVE_INFINITY }: GateOptions) {
    this.#random = boundedRandom(random);
    this.#recheckMs = recheckMs;
  }

  get failuresInARow(): number {
    return this.#state.failuresInARow;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get retryAt(): number | undefined {
    const { failedAt, blockedUntil } = this.#state;
    return failedAt < blockedUntil ? blockedUntil : undefined;
  }

  blockedUntil(now: number): number | undefined {
    const { failedAt, blockedUntil } = this.#state;
    return failedAt - SKEW_MS <= now && now < blockedUntil ? blockedUntil : undefined;
  }

  refuses(now: number): boolean {
    return this.blockedUntil(now) !== undefined && !this.#isRecheckDue(now);
  }

  holdsRenewalUntil(now: number): number | undefined {
    const { failedAt, renewAfter } = this.#state;
    const isHeld = failedAt - SKEW_MS <= now && now < renewAfter && !this.#isRecheckDue(now);
    return isHeld ? renewAfter : undefined;
  }

  errorAt(now: number): Error | undefined {
    const retryAt = this.blockedUntil(now);
    return retryAt === undefined ? undefined : gateError(this.#failure, retryAt);
  }

  /** Takes in a failed flight, which draws its cool-down here, once (F4a). `subject` is what failed. */
  fail(failure: unknown, now: number, subject?: unknown): GateState {
    this.#state = afterFailure(this.#state, failure, now, this.#random);
    this.#failure = originOf(failure);
    this.#subject = subject;
    this.#checkedAt = now;
    return this.#state;
  }

  /** A look at the record that failed counts as one too: the next is due as late as after any other. */
  noteLook(now: number): void {
    this.#checkedAt = now;
  }

  clear(): void {
    this.#state = CLEAR;
    this.#failure = undefined;
  }

  /**
   * Follows the record, which says what it knows of `subject`, the grant as it stands now. A failure of
   * this process that could not be recorded stands as long as the grant has not changed.
   */
  follow(subject: unknown, known: KnownFailure | undefined, now: number): void {
    this.#checkedAt = now;
    if (known === undefined) {
      if (this.#subject !== undefined && subject !== this.#subject) this.clear();
    } else if (!isSame(known.state, this.#state) || subject !== this.#subject) {
      this.#state = known.state;
      this.#failure = known.failure;
    }
    this.#subject = subject;
  }

  #isRecheckDue(now: number): boolean {
    return now - this.#checkedAt >= this.#recheckMs;
  }
}

/** The same failure, whose error this process may know better than the record does. */
function isSame(a: GateState, b: GateState): boolean {
  return a.failedAt === b.failedAt && a.failuresInARow === b.failuresInARow && a.blockedUntil === b.blockedUntil;
}

/** The error of another provider's gate has the failure as its cause. */
function originOf(failure: unknown): unknown {
  return FaucetError.is(failure) && failure.retryAt !== undefined ? (failure.cause ?? failure) : failure;
}
