/** What our stores have in common: leases and compare-and-set over states that a medium keeps (D2). */

import { randomUUID } from "node:crypto";
import { type Clock, LONGEST_TIMER_MS, wallClock } from "../values/clock.js";
import { ClosedError } from "../values/errors.js";
import {
  type Change,
  granting,
  type Holder,
  type LeaseState,
  prolonging,
  recording,
  releasing,
} from "./lease-state.js";
import { isDead, thisProcess } from "./liveness.js";
import type { Lease, StoredRecord, TokenStore } from "./token-store.js";

/** How a store of ours tells the time. */
export interface StoreOptions {
  /** The wall clock, in milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: Clock | undefined;
}

/** A lease is prolonged each time that this part of it is over, as long as its holder lives. */
const HEARTBEAT = 1 / 3;

/** A store whose medium reads a state, and replaces it in one atomic step. */
export abstract class LeasedStore implements TokenStore {
  readonly #clock: Clock;
  /** Leases of others, by key: since when each is seen unchanged, whatever the clocks of their hosts say. */
  readonly #watched = new Map<string, { readonly state: string; readonly since: number }>();
  readonly #held = new Set<Lease>();
  #closed = false;

  protected constructor({ clock = wallClock }: StoreOptions) {
    this.#clock = clock;
  }

  /** The state of `key` as last written. */
  protected abstract load(key: string): Promise<LeaseState>;

  /** Replaces the state of `key` by what `change` makes of it, or leaves it and returns `false`. */
  protected abstract advance(key: string, change: Change): Promise<boolean>;

  async read(key: string): Promise<StoredRecord | undefined> {
    this.#refuseIfClosed();
    return (await this.load(key)).record;
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    this.#refuseIfClosed();
    return this.advance(key, recording(record));
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    this.#refuseIfClosed();
    const holder = { id: randomUUID(), owner: thisProcess(), since: this.#clock(), milliseconds };
    const timeLeft = this.#countdown(holder);
    let fencingToken = 0;
    const grant = granting(holder, (held, number) => this.#isOver(key, held, number));
    try {
      const granted = await this.advance(key, (state) => {
        const next = grant(state);
        fencingToken = next?.fencingToken ?? 0;
        return next;
      });
      this.#refuseIfClosed();
      return granted ? this.#hold(key, holder, fencingToken, timeLeft) : undefined;
    } catch (error) {
      // It may have been granted before something went wrong, or closed: nobody else could release it.
      await this.advance(key, releasing(holder)).catch(() => {});
      throw error;
    }
  }

  /** Releases what is still held; later calls reject with a `ClosedError`. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#held].map((lease) => lease.release()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #hold(key: string, holder: Holder, fencingToken: number, granted: () => number): Lease {
    let timeLeft = granted;
    // Somebody has taken over, whatever this clock says.
    const loseIt = (): void => {
      timeLeft = () => 0;
      clearInterval(heartbeat);
    };
    const prolong = async (): Promise<void> => {
      const prolonged = { ...holder, since: this.#clock() };
      const next = this.#countdown(prolonged);
      if (await this.advance(key, prolonging(prolonged))) timeLeft = next;
      else loseIt();
    };
    const interval = Math.min(holder.milliseconds * HEARTBEAT, LONGEST_TIMER_MS);
    const heartbeat = setInterval(() => prolong().catch(() => {}), interval).unref();
    const lease: Lease = {
      fencingToken,
      timeLeft: () => timeLeft(),
      release: async () => {
        clearInterval(heartbeat);
        this.#held.delete(lease);
        await this.advance(key, releasing(holder));
      },
    };
    this.#held.add(lease);
    return lease;
  }

  /** By the wall clock, by which others judge, and by one that no jump can prolong. */
  #countdown({ since, milliseconds }: Holder): () => number {
    const began = performance.now();
    return () => Math.max(0, milliseconds - Math.max(performance.now() - began, this.#clock() - since));
  }

  #isOver(key: string, { id, owner, since, milliseconds }: Holder, fencingToken: number): boolean {
    if (isDead(owner) || this.#clock() - since >= milliseconds) return true;
    const state = `${fencingToken} ${id} ${since}`;
    const watched = this.#watched.get(key);
    if (watched?.state === state) return performance.now() - watched.since >= milliseconds;
    this.#watched.set(key, { state, since: performance.now() });
    return false;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new ClosedError("the token store");
  }
}
