/** What our stores have in common: leases and compare-and-set over states that a medium keeps. */

import { randomUUID } from "node:crypto";
import { faultsOfOptions } from "../config/options.js";
import { type Clock, wallClock } from "../values/clock.js";
import { ClosedError, type ConfigFault } from "../values/errors.js";
import { type Change, granting, type LeaseHolder, type LeaseState, recording, releasing } from "./lease-state.js";
import { type HoldingProcess, isDead, monotonicClock, thisProcess } from "./liveness.js";
import type { ClosableTokenStore, Lease, StoredRecord } from "./token-store.js";

/** How a store tells the time. Tests give both clocks, and move them. */
export interface StoreOptions {
  /**
   * The wall clock, in milliseconds since the epoch. Leases of other hosts are judged by it.
   * @default Date.now
   */
  readonly clock?: Clock | undefined;
  /**
   * A clock that never jumps, in milliseconds since any instant that all processes of this host have in
   * common. Leases of this host are judged by it, so that a step of the wall clock ends none.
   * @default process.hrtime
   */
  readonly monotonicClock?: Clock | undefined;
}

/** Keeps the state of each key. */
export interface Medium {
  /** The state of `key` as last written. */
  load(key: string): Promise<LeaseState>;

  /** Replaces the state of `key` by what `change` makes of it, in one atomic step, or leaves it and gives `false`. */
  advance(key: string, change: Change): Promise<boolean>;
}

/** What is wrong with the options of a store. */
export function faultsOfStoreOptions(options: StoreOptions | undefined): readonly ConfigFault[] {
  const clocks = ["clock", "monotonicClock"] as const;
  const faults = faultsOfOptions("options", options, clocks);
  if (faults.length > 0) return faults;
  return clocks
    .filter((name) => !["undefined", "function"].includes(typeof options?.[name]))
    .map((name) => ({ path: `options.${name}`, message: "must be a function that gives milliseconds" }));
}

/** A token store over a medium. */
export class LeasedStore implements ClosableTokenStore {
  readonly #medium: Medium;
  readonly #clock: Clock;
  readonly #monotonicClock: Clock;
  readonly #process: () => HoldingProcess;
  /** The leases of others that were found held, by key. */
  readonly #sightings = new Map<string, Sighting>();
  readonly #held = new Set<Lease>();
  #closed = false;

  /** `process` is the one that leases are taken for; tests play another one. */
  constructor(medium: Medium, options: StoreOptions = {}, process: () => HoldingProcess = thisProcess) {
    this.#medium = medium;
    this.#clock = options.clock ?? wallClock;
    this.#monotonicClock = options.monotonicClock ?? monotonicClock;
    this.#process = process;
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    this.#refuseIfClosed();
    return (await this.#medium.load(key)).record;
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    this.#refuseIfClosed();
    return this.#medium.advance(key, recording(record));
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    this.#refuseIfClosed();
    const holder = this.#newHolder(milliseconds);
    const grant = granting(holder, (held) => this.#hasEnded(key, held));
    let fencingToken = 0;
    try {
      const isGranted = await this.#medium.advance(key, (state) => {
        const next = grant(state);
        fencingToken = next?.fencingToken ?? 0;
        return next;
      });
      this.#refuseIfClosed();
      return isGranted ? this.#hold(key, holder, fencingToken) : undefined;
    } catch (error) {
      // It may have been granted before something went wrong, or closed: nobody else could release it.
      await this.#medium.advance(key, releasing(holder)).catch(() => {});
      throw error;
    }
  }

  /** Releases what is still held; later calls reject with a `ClosedError`. After a failure it can be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    const releases = await Promise.allSettled([...this.#held].map((lease) => lease.release()));
    const failed = releases.find((release) => release.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #newHolder(milliseconds: number): LeaseHolder {
    if (!(milliseconds >= 0)) throw new RangeError("a lease lasts for a number of milliseconds, zero or more");
    return {
      id: randomUUID(),
      process: this.#process(),
      since: this.#clock(),
      monotonicSince: this.#monotonicClock(),
      milliseconds: Math.min(milliseconds, Number.MAX_SAFE_INTEGER),
    };
  }

  #hold(key: string, holder: LeaseHolder, fencingToken: number): Lease {
    let isReleased = false;
    const lease: Lease = {
      fencingToken,
      timeLeft: () => (isReleased ? 0 : this.#timeLeft(holder)),
      release: async () => {
        isReleased = true;
        await this.#medium.advance(key, releasing(holder));
        this.#held.delete(lease);
      },
    };
    this.#held.add(lease);
    return lease;
  }

  /** By the clock that says less: a host that was suspended sees it by the wall clock alone. */
  #timeLeft({ since, monotonicSince, milliseconds }: LeaseHolder): number {
    return Math.max(0, milliseconds - Math.max(this.#monotonicClock() - monotonicSince, this.#clock() - since));
  }

  #hasEnded(key: string, held: LeaseHolder): boolean {
    if (isDead(held.process, this.#process())) return true;
    const { age, at } = this.#sightingOf(key, held);
    return age + this.#monotonicClock() - at >= held.milliseconds;
  }

  #sightingOf(key: string, held: LeaseHolder): Sighting {
    const known = this.#sightings.get(key);
    if (known?.id === held.id) return known;
    const sighting = { id: held.id, age: this.#ageOf(held), at: this.#monotonicClock() };
    this.#sightings.set(key, sighting);
    return sighting;
  }

  /** Never below zero: clocks of two hosts may differ. */
  #ageOf({ process, since, monotonicSince }: LeaseHolder): number {
    const isComparable = process.monotonicEpoch === this.#process().monotonicEpoch;
    return Math.max(0, isComparable ? this.#monotonicClock() - monotonicSince : this.#clock() - since);
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new ClosedError("the token store");
  }
}

/** When a lease was first seen here. From then on its age grows by the monotonic clock, whatever the wall clock does. */
interface Sighting {
  /** That of its holder. */
  readonly id: string;
  /** How old it was then, in milliseconds. */
  readonly age: number;
  /** By the monotonic clock. */
  readonly at: number;
}
