/** One exchange in progress and everybody who waits for it (C1, C8, C9). */

import type { Credential } from "../credential.js";
import { handled } from "../handled.js";

// The longest that Node's timers can express.
const FOREVER_MS = 2 ** 31 - 1;

/** A promised credential that each waiter can leave alone. It is settled from outside, once. */
export class Flight {
  /** Settled with the flight; nobody's unhandled rejection. */
  readonly promise: Promise<Credential>;
  readonly #departures = new Map<AbortSignal, Promise<Credential>>();
  #waiting = 0;
  #keepAlive: NodeJS.Timeout | undefined;
  #settled = false;
  #resolve!: (credential: Credential) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    const settled = new Promise<Credential>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise = handled(settled);
  }

  /** The flight's result, or `signal.reason` for those who came with that signal. */
  join(signal?: AbortSignal): Promise<Credential> {
    if (!signal) {
      this.#wait();
      return this.promise;
    }
    // One promise for each signal: a thousand callers with one signal put one listener on it.
    const departing = this.#departures.get(signal) ?? this.#leaveOn(signal);
    this.#departures.set(signal, departing);
    return departing;
  }

  land(credential: Credential): void {
    this.#settle();
    this.#resolve(credential);
  }

  fail(error: unknown): void {
    this.#settle();
    this.#reject(error);
  }

  #leaveOn(signal: AbortSignal): Promise<Credential> {
    this.#wait();
    const departing = new Promise<Credential>((resolve, reject) => {
      const leave = (): void => {
        this.#unwait();
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
    return handled(departing);
  }

  /** Holds the process open while somebody waits: an await must not end with the event loop (C9). */
  #wait(): void {
    this.#waiting += 1;
    if (!this.#settled) this.#keepAlive ??= setInterval(() => {}, FOREVER_MS);
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
