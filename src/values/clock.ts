/** Time as caches, grants and stores see it (C10), and the timers that they set (C9). */

/** Milliseconds since the epoch, as `Date.now`. May jump. */
export type Clock = () => number;

/** The wall clock of this process. */
export const wallClock: Clock = () => Date.now();

/** `clock`, with the wall clock in its place where it throws: an answer that has arrived must not be lost by that. */
export function reliable(clock: Clock): Clock {
  return () => {
    try {
      return clock();
    } catch {
      return wallClock();
    }
  };
}

/** `time` for messages. A clock of a user's own may show a time that no date can. */
export function instant(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}

/** The longest that Node's timers can express. */
const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/**
 * Runs `work` after so many milliseconds, and gives what cancels that. The timer holds no process
 * open: whoever waits does that (C9).
 */
export function startTimer(work: () => void, milliseconds: number): () => void {
  const timer = setTimeout(work, Math.min(milliseconds, LONGEST_TIMER_MS));
  // Fake timers may be plain numbers, as those of browsers are.
  (timer as Partial<NodeJS.Timeout>).unref?.();
  return () => clearTimeout(timer);
}
