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
  /**
   * Decides about an answer: `undefined` if it is passed on at once; otherwise a promise of what is to be
   * done instead of passing it on, or of `undefined`. It rejects with an error of the request.
   */
  decide(status: number, candidate: () => RefusalCandidate): Promise<(() => void) | undefined> | undefined;
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

  /** Gives the answer if it is to be held back. An interim one (RFC 9110 §15.2) passes. */
  protected considered(status: number, headers: HeaderRecord | readonly Uint8Array[]): HeldAnswer | undefined {
    if (status < 200) return undefined;
    let candidate: HeldAnswer | undefined;
    const makeCandidate = (): HeldAnswer => {
      candidate ??= new HeldAnswer(status, new AnswerHeaders(headers), this);
      return candidate;
    };
    const decision = this.decider.decide(status, makeCandidate);
    if (decision === undefined) return undefined;
    const held = makeCandidate();
    this.held = held;
    decision.then(
      (instead) => this.#decided(held, instead),
      (error: Error) => this.#fail(error),
    );
    return held;
  }

  /** What the caller must hear of an error from below, at once or after what is held. */
  protected broken(error: Error, isByCaller: boolean): void {
    const explained = this.decider.explained(error);
    const isHeld = this.held !== undefined && !this.#isOver && !isByCaller;
    this.held?.end(() => this.giveError(explained));
    if (isHeld || this.#isOver) return;
    this.#isOver = true;
    this.held?.drop();
    this.giveError(explained);
  }

  #decided(held: HeldAnswer, instead: (() => void) | undefined): void {
    if (this.#isOver) return;
    if (instead === undefined) {
      this.#pass(held);
    } else {
      this.#isOver = true;
      held.drop();
      this.#doInstead(instead);
    }
  }

  #doInstead(instead: () => void): void {
    try {
      instead();
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
