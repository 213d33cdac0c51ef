/** Waiting together: one promise, many who wait for it, each free to leave (C8, C9). */

import { LONGEST_TIMER_MS } from "../values/clock.js";
import { handled } from "../values/handled.js";

/** A promise that each waiter can leave alone, and that holds the process open while anybody waits. */
export class SharedWait<T> {
  /** Itself, for those who do not wait: nobody's unhandled rejection. */
  readonly promise: Promise<T>;
  readonly #departures = new Map<AbortSignal, Promise<T>>();
  #waiting = 0;
  #keepAlive: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(promise: Promise<T>) {
    this.promise = handled(promise);
    handled(promise.finally(() => this.#settle()));
  }

  /** The promise's result, or `signal.reason` for those who came with that signal. */
  join(signal?: AbortSignal): Promise<T> {
    if (!signal) {
      this.#wait();
      return this.promise;
    }
    // One promise for each signal: a thousand callers with one signal put one listener on it.
    const departing = this.#departures.get(signal) ?? this.#leaveOn(signal);
    this.#departures.set(signal, departing);
    return departing;
  }

  #leaveOn(signal: AbortSignal): Promise<T> {
    this.#wait();
    const departing = new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.#unwait();
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
    return handled(departing);
  }

  /** An await must not end with the event loop (C9). */
  #wait(): void {
    this.#waiting += 1;
    if (!this.#settled) this.#keepAlive ??= setInterval(() => {}, LONGEST_TIMER_MS);
  }

  #unwait(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#letGo();
  }

  #settle(): void {
    this.#settled = true;
    this.#letGo();
  }

  #letGo(): void {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }
}
