/** The first attempt of an intercepted request, whose refusal is held back until there is a decision (W1). */

import type { Controller, DispatchHandler } from "./dispatch.js";

/** A refused answer's body is read to its end, so that its socket serves on, but not for ever (W4). */
const MAX_DRAINED_BYTES = 64 * 1024;
const LONGEST_DRAIN_MS = 1000;

/** What the first attempt asks of whoever made it. */
export interface Attempt {
  /** The caller, who sees one exchange. */
  readonly handler: DispatchHandler;
  isRefusal(status: number): boolean;
  /**
   * After a refusal: what begins the second attempt. `undefined`, at once or later, if there is none.
   * Rejects with the provider's error.
   */
  next(): Promise<(() => void) | undefined> | undefined;
}

/**
 * Passes an exchange on to the caller, unless its answer is a refusal that a second attempt can
 * follow: then nothing of it is passed on. `deciding` holds it back, `draining` lets it run out,
 * `over` is when the caller has been told of an error.
 */
export class FirstAttempt implements DispatchHandler {
  readonly #attempt: Attempt;
  readonly #caller: DispatchHandler;
  #state: "passing" | "deciding" | "draining" | "over" = "passing";
  /** What a dispatcher that does not pause tells while there is no decision. */
  #held: (() => void)[] | undefined;
  #drained = 0;
  #drainTimer: NodeJS.Timeout | undefined;
  /** Whether the refused answer was ended from here, not by the caller. */
  #isCutOff = false;
  #second: (() => void) | undefined;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.#caller = attempt.handler;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#caller.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    this.#caller.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, message?: string): void {
    const pass = (): void => this.#caller.onResponseStart?.(controller, status, headers, message);
    const next = this.#attempt.isRefusal(status) ? this.#attempt.next() : undefined;
    if (next === undefined) {
      pass();
      return;
    }
    this.#state = "deciding";
    controller.pause();
    next.then(
      (second) => this.#decided(controller, second, pass),
      (error: Error) => this.#fail(controller, error),
    );
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (this.#state === "passing") this.#caller.onResponseData?.(controller, chunk);
    if (this.#state === "deciding") this.#hold(() => this.onResponseData(controller, chunk));
    if (this.#state !== "draining") return;
    this.#drained += chunk.byteLength;
    if (this.#drained > MAX_DRAINED_BYTES) this.#cutOff(controller);
  }

  onResponseEnd(controller: Controller, trailers: unknown): void {
    if (this.#state === "passing") this.#caller.onResponseEnd?.(controller, trailers);
    if (this.#state === "deciding") this.#hold(() => this.onResponseEnd(controller, trailers));
    if (this.#state === "draining") this.#beginSecond();
  }

  onResponseError(controller: Controller | null, error: Error): void {
    const isByCaller = controller?.aborted === true && !this.#isCutOff;
    if (this.#state === "over") return;
    if (this.#state === "passing" || isByCaller) this.#tell(controller, error);
    // The refusal has been read; that its connection breaks changes nothing about the decision.
    else if (this.#state === "deciding") this.#hold(() => this.onResponseError(controller, error));
    else this.#beginSecond();
  }

  #hold(event: () => void): void {
    this.#held ??= [];
    this.#held.push(event);
  }

  #decided(controller: Controller, second: (() => void) | undefined, pass: () => void): void {
    if (this.#state !== "deciding") return;
    this.#second = second;
    this.#state = second === undefined ? "passing" : "draining";
    try {
      const isPaused = pausing(controller, () => {
        if (second === undefined) pass();
        for (const event of this.#held ?? []) event();
      });
      if (this.#state === "draining") {
        this.#drainTimer = setTimeout(() => this.#cutOff(controller), LONGEST_DRAIN_MS).unref();
      }
      if (!isPaused) controller.resume();
    } catch (error) {
      this.#fail(controller, error as Error);
    }
  }

  #cutOff(controller: Controller): void {
    this.#isCutOff = true;
    controller.abort(new Error("the refused answer takes too long to be read"));
  }

  #fail(controller: Controller, error: Error): void {
    if (this.#state === "over") return;
    this.#state = "over";
    controller.abort(error);
    this.#caller.onResponseError?.(controller, error);
  }

  #tell(controller: Controller | null, error: Error): void {
    this.#state = "over";
    this.#caller.onResponseError?.(controller, error);
  }

  /** The state after that is the caller's own: what else comes of the first attempt is nobody's concern. */
  #beginSecond(): void {
    clearTimeout(this.#drainTimer);
    this.#state = "over";
    try {
      this.#second?.();
    } catch (error) {
      this.#caller.onResponseError?.(null, error as Error);
    }
  }
}

/** Does `work` on a controller that is paused already; says whether that would have paused it. */
function pausing(controller: Controller, work: () => void): boolean {
  let isPaused = false;
  controller.pause = () => {
    isPaused = true;
  };
  try {
    work();
  } finally {
    delete (controller as Partial<Controller>).pause;
  }
  return isPaused;
}
