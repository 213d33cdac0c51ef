/** Time as the cache sees it (C10). */

/** Milliseconds since the epoch, as `Date.now`. May jump. */
export type Clock = () => number;

/** The wall clock of this process. */
export const wallClock: Clock = () => Date.now();
