/** Time as caches and stores see it (C10). */

/** Milliseconds since the epoch, as `Date.now`. May jump. */
export type Clock = () => number;

/** The wall clock of this process. */
export const wallClock: Clock = () => Date.now();

/** The longest that Node's timers can express. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
