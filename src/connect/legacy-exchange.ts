/** An exchange with the handlers of undici 6, which undici 7 still has for its own callers. */

import type { LegacyHandler } from "./dispatch.js";
import { type Decider, Exchange } from "./exchange.js";

export class LegacyExchange extends Exchange implements LegacyHandler {
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
