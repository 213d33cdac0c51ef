/** Pieces of work that must not overlap: one at a time, in the order in which they came. */

/** A queue of one process. Whoever waits in it needs no timer, and asks no store. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** What `work` gives, once all that came before it have ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    const end = (): void => {};
    this.#last = turn.then(end, end);
    return turn;
  }

  /** Once all that have come so far have ended. */
  get ended(): Promise<void> {
    return this.#last;
  }
}
