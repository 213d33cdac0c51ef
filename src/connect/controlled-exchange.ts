/** An exchange with the handlers of undici 7 and 8. */

import type { Controller, DispatchHandler, HeaderRecord } from "./dispatch.js";
import { type Decider, Exchange } from "./exchange.js";

export class ControlledExchange extends Exchange implements DispatchHandler {
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
