/**
 * One exchange of an intercepted request. It passes on what the dispatcher says of it, unless an
 * answer needs a decision: that is held back until there is one.
 */

import { type Controller, type DispatchHandler, type HeaderRecord, isLegacy, type LegacyHandler } from "./dispatch.js";
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

/** An exchange whose caller is `handler`, of the same kind as that. */
export function exchangeFor(
  handler: DispatchHandler | LegacyHandler,
  decider: Decider,
): DispatchHandler | LegacyHandler {
  return isLegacy(handler) ? new LegacyExchange(handler, decider) : new ControlledExchange(handler, decider);
}

/** What both kinds of exchange have in common. */
abstract class Exchange {
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

/** The exchange of undici 7 and 8. */
class ControlledExchange extends Exchange implements DispatchHandler {
  readonly #caller: DispatchHandler;
  #controller: Controller | null = null;

  constructor(caller: DispatchHandler, decider: Decider) {
    super(decider);
    this.#caller = caller;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller;
    this.decider.checkContext(context);
    this.#caller.onRequestStart?.(controller, context);
  }

  onResponseStarted(): void {
    this.#caller.onResponseStarted?.();
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    this.#caller.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: Controller, status: number, headers: HeaderRecord, message?: string): void {
    const held = this.considered(status, headers);
    if (held === undefined) this.#caller.onResponseStart?.(controller, status, headers, message);
    else held.begin(() => this.#caller.onResponseStart?.(controller, status, headers, message));
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (this.held === undefined) this.#caller.onResponseData?.(controller, chunk);
    else this.held.data(chunk, () => this.#caller.onResponseData?.(controller, chunk));
  }

  onResponseEnd(controller: Controller, trailers: unknown): void {
    if (this.held === undefined) this.#caller.onResponseEnd?.(controller, trailers);
    else this.held.end(() => this.#caller.onResponseEnd?.(controller, trailers));
  }

  onResponseError(controller: Controller | null, error: Error): void {
    this.#controller ??= controller;
    this.broken(error, controller?.aborted === true);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }

  protected override giveError(error: Error): void {
    this.#caller.onResponseError?.(this.#controller, error);
  }
}

/** The exchange of undici 6, and of the callers that undici 7 itself has. */
class LegacyExchange extends Exchange implements LegacyHandler {
  readonly #caller: LegacyHandler;
  #abort: ((reason?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #isPaused = false;
  #isAborted = false;

  constructor(caller: LegacyHandler, decider: Decider) {
    super(decider);
    this.#caller = caller;
  }

  onConnect(abort: (reason?: Error) => void, context: unknown): void {
    this.#abort = abort;
    this.decider.checkContext(context);
    this.#caller.onConnect?.((reason) => {
      this.#isAborted = true;
      abort(reason);
    }, context);
  }

  onResponseStarted(): void {
    this.#caller.onResponseStarted?.();
  }

  onUpgrade(status: number, headers: unknown, socket: unknown): void {
    this.#caller.onUpgrade?.(status, headers, socket);
  }

  onHeaders(status: number, headers: readonly Uint8Array[], resume: () => void, message?: string): boolean | undefined {
    this.#resume = resume;
    const held = this.considered(status, headers);
    if (held === undefined) return this.#caller.onHeaders?.(status, headers, resume, message);
    held.begin(() => this.#caller.onHeaders?.(status, headers, resume, message));
    return true;
  }

  onData(chunk: Uint8Array): boolean | undefined {
    if (this.held === undefined) return this.#caller.onData?.(chunk);
    this.held.data(chunk, () => this.#caller.onData?.(chunk));
    return !this.#isPaused;
  }

  onComplete(trailers: unknown): void {
    if (this.held === undefined) this.#caller.onComplete?.(trailers);
    else this.held.end(() => this.#caller.onComplete?.(trailers));
  }

  onError(error: Error): void {
    this.broken(error, this.#isAborted);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
  }

  abort(reason: Error): void {
    this.#abort?.(reason);
  }

  protected override giveError(error: Error): void {
    this.#caller.onError?.(error);
  }
}
