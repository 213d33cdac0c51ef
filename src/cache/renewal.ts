/** The timer of a renewal behind the callers (F6). It holds no process open. */

import { LONGEST_TIMER_MS, startTimer } from "../values/clock.js";

/** At most one renewal that is due at some instant. */
export class Renewal {
  #due: { readonly at: number; readonly cancel: () => void } | undefined;

  /** Calls `look` at `at`, or earlier: a timer may fire too early, or be too short for a long life. */
  schedule(at: number, now: number, look: () => void): void {
    if (this.#due?.at === at) return;
    this.cancel();
    const fire = (): void => {
      this.#due = undefined;
      look();
    };
    this.#due = { at, cancel: startTimer(fire, Math.min(Math.max(at - now, 1), LONGEST_TIMER_MS)) };
  }

  cancel(): void {
    this.#due?.cancel();
    this.#due = undefined;
  }
}
