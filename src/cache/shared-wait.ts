/** Waiting together: one promise, many callers that wait for it, each free to leave (C8, C9). */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { handled } from "../values/handled.js";

/** A promise that each caller can leave alone, and that holds the process open while anybody waits. */
export class SharedWait<T> {
  /** The promise itself, for those that do not wait. Its rejection is handled. */
  readonly promise: Promise<T>;
  readonly #departures = new Map<AbortSignal, Promise<T>>();
  #waiting = 0;
  #keepAlive: MessagePort | undefined;
  #isSettled = false;

  constructor(promise: Promise<T>) {
    this.promise = handled(promise);
    handled(promise.finally(() => this.#settle()));
  }

  /** The promise's result, or `signal.reason` for callers that came with that signal. */
  join(signal?: AbortSignal): Promise<T> {
    if (!signal) {
      this.#enter();
      return this.promise;
    }
    // One promise for each signal: a thousand callers with one signal put one listener on it.
    const departing = this.#departures.get(signal) ?? this.#leaveOn(signal);
    this.#departures.set(signal, departing);
    return departing;
  }

  #leaveOn(signal: AbortSignal): Promise<T> {
    this.#enter();
    const departing = new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.#leave();
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
    return handled(departing);
  }

  /** An open port keeps the event loop alive, as no timer does that a test may have faked (C9). */
  #enter(): void {
    this.#waiting += 1;
    if (this.#isSettled || this.#keepAlive !== undefined) return;
    this.#keepAlive = new MessageChannel().port1;
    this.#keepAlive.ref();
  }

  #leave(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#letGo();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#keepAlive?.close();
    this.#keepAlive = undefined;
  }
}
