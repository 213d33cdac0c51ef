/**
 * Simulated time for runs of many hours: timers and clocks of the process, replaced by ones that
 * jump from event to event. Faster by far than fake timers that let the event loop turn each time.
 */

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export interface Simulation {
  /** Milliseconds since its start. */
  now(): number;
  /** Runs `work` after so many milliseconds. */
  after(milliseconds: number, work: () => void): void;
  /** Lives through the given time. */
  live(milliseconds: number): Promise<void>;
  /** Gives the process its own time back. */
  restore(): void;
}

export function simulate(epoch = 1_700_000_000_000): Simulation {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, now: performance.now, date: Date.now };
  const queue = new Queue();
  let now = 0;
  let order = 0;

  const after = (milliseconds: number, run: () => void): Event => {
    order += 1;
    const event = { at: now + Math.max(0, milliseconds), order, run };
    queue.push(event);
    return event;
  };
  const timer = (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): unknown => {
    const handle = { live: true, ref: () => handle, unref: () => handle };
    after(milliseconds, () => {
      if (handle.live) run(...args);
    });
    return handle;
  };
  const clear = (handle: { live: boolean } | undefined): void => {
    if (handle !== undefined) handle.live = false;
  };
  Object.assign(globalThis, {
    setTimeout: timer,
    clearTimeout: clear,
    setInterval: () => {
      const handle = { live: true, unref: () => handle };
      return handle;
    },
    clearInterval: clear,
  });
  performance.now = () => now;
  Date.now = () => epoch + now;

  return {
    now: () => now,
    after,
    async live(milliseconds) {
      const end = now + milliseconds;
      for (let next = queue.peek(); next !== undefined && next.at <= end; next = queue.peek()) {
        queue.pop();
        now = next.at;
        next.run();
        // As many turns as the longest chain of promises between an answer and its callers takes.
        for (let turn = 0; turn < 40; turn += 1) await null;
      }
      now = end;
    },
    restore() {
      const { now: performanceNow, date, ...timers } = real;
      Object.assign(globalThis, timers);
      performance.now = performanceNow;
      Date.now = date;
    },
  };
}

/** The same numbers for the same seed, uniform in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A binary heap of events, earliest first. */
class Queue {
  readonly #events: Event[] = [];

  peek(): Event | undefined {
    return this.#events[0];
  }

  push(event: Event): void {
    let hole = this.#events.push(event) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (isBefore(this.#at(parent), event)) break;
      this.#events[hole] = this.#at(parent);
      hole = parent;
    }
    this.#events[hole] = event;
  }

  pop(): void {
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return;
    let hole = 0;
    for (let child = 1; child < this.#events.length; child = 2 * hole + 1) {
      if (child + 1 < this.#events.length && isBefore(this.#at(child + 1), this.#at(child))) child += 1;
      if (isBefore(last, this.#at(child))) break;
      this.#events[hole] = this.#at(child);
      hole = child;
    }
    this.#events[hole] = last;
  }

  #at(index: number): Event {
    return this.#events[index] as Event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
