/**
 * One exchange of an intercepted request. It passes on what the dispatcher says of it, unless an
 * answer needs a decision: that is held back until there is one.
 */

import type { HeaderRecord } from "./dispatch.js";
import { AnswerHeaders } from "./dispatch-headers.js";
import { HeldAnswer } from "./held-answer.js";
import type { RefusalCandidate } from "./refusal.js";

/** Who began an exchange, and decides about it. */
export interface Decider {
  /** Looks at what the interceptors below say of themselves. What it throws is an error of the request. */
  checkContext(context: unknown): void;
  /** Whether an answer is a refusal. What it rejects with is an error of the request. */
  isRefusal(status: number, candidate: () => RefusalCandidate): boolean | Promise<boolean>;
  /** Hears of an answer that is no refusal. */
  answered(status: number): void;
  /**
   * After a refusal: a promise of what sends the request again; `undefined`, at once or later, if the
   * refusal is the answer. What it rejects with is an error of the request.
   */
  next(): Promise<(() => void) | undefined> | undefined;
  /** Sends the request again as it was, where the refusal is the answer, and is not there any more. */
  repeat(): void;
  /** The error that the caller gets for one that came from below. */
  explained(error: Error): Error;
}

/** What both kinds of exchange have in common. */
export abstract class Exchange {
  protected readonly decider: Decider;
  /** The answer while it is held back, and after it was dropped. */
  protected held: HeldAnswer | undefined;
  /** Whether the caller hears no more of this exchange. */
  #isOver = false;

  constructor(decider: Decider) {
    this.decider = decider;
  }

  abstract pause(): void;
  abstract resume(): void;
  abstract abort(reason: Error): void;
  protected abstract giveError(error: Error): void;

  /** Gives the answer if it is held back. An interim one (RFC 9110 §15.2) passes. */
  protected considered(status: number, headers: HeaderRecord | readonly Uint8Array[]): HeldAnswer | undefined {
    if (status < 200) return undefined;
    let candidate: HeldAnswer | undefined;
    const hold = (): HeldAnswer => {
      candidate ??= new HeldAnswer(status, new AnswerHeaders(headers), this);
      return candidate;
    };
    const isRefusal = this.decider.isRefusal(status, hold);
    if (isRefusal === true) {
      const next = this.decider.next();
      if (next !== undefined) this.#hold(hold(), next);
    } else if (isRefusal === false) {
      this.decider.answered(status);
    } else {
      this.#judge(hold(), isRefusal);
    }
    return this.held;
  }

  #judge(held: HeldAnswer, isRefusal: Promise<boolean>): void {
    this.held = held;
    const judged = (isRefused: boolean): void => {
      if (this.#isOver) return;
      const next = isRefused ? this.decider.next() : undefined;
      if (!isRefused) this.decider.answered(held.status);
      if (next === undefined) this.#pass(held);
      else this.#hold(held, next);
    };
    isRefusal.then(judged).catch((error: Error) => this.#fail(error));
  }

  #hold(held: HeldAnswer, next: Promise<(() => void) | undefined>): void {
    this.held = held;
    held.bound();
    next.then(
      (sendAgain) => this.#decided(held, sendAgain),
      (error: Error) => this.#fail(error),
    );
  }

  /** What the caller must hear of an error from below: at once, after what is held, or not at all. */
  protected broken(error: Error, isAborted: boolean): void {
    const { held } = this;
    const explained = this.decider.explained(error);
    if (held === undefined) {
      this.giveError(explained);
    } else if (held.isDropped || !isAborted) {
      // The refusal has come; that its connection breaks changes nothing about the decision.
      held.broken(() => this.giveError(explained));
    } else {
      this.#isOver = true;
      held.drop();
      held.broken(() => {});
      this.giveError(explained);
    }
  }

  #decided(held: HeldAnswer, sendAgain: (() => void) | undefined): void {
    if (this.#isOver) return;
    if (sendAgain === undefined && !held.isDropped) {
      this.#pass(held);
    } else {
      this.#isOver = true;
      held.drop();
      this.#send(sendAgain ?? (() => this.decider.repeat()));
    }
  }

  #send(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.giveError(error as Error);
    }
  }

  #pass(held: HeldAnswer): void {
    try {
      held.pass();
      this.held = undefined;
    } catch (error) {
      // The caller's own handler has thrown.
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.held?.drop();
    this.abort(error);
    this.giveError(error);
  }
}
