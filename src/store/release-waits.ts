/** Waiting for leases that others hold, by what a database tells of their end, so that a fleet does not poll (D1). */

import { startTimer } from "../values/clock.js";
import { monotonicClock } from "./liveness.js";
import type { ReleaseListener, TokenDatabase } from "./token-database.js";

/** A connection on which nobody waits any more is kept so long, in milliseconds. */
const IDLE_MS = 10_000;

/** Where releases cannot be heard, it is tried again after so many milliseconds. Until then, whoever waits polls. */
const DEAF_MS = 10_000;

/** Asks the database something, within its deadline. */
type Ask = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** The waits of one store. They share a connection, which is there while somebody waits. */
export class ReleaseWaits {
  readonly #database: TokenDatabase;
  readonly #ask: Ask;
  /** What is to be rung for each key. */
  readonly #bells = new Map<string, Set<() => void>>();
  #connection: Connection | undefined;
  #cancelIdle: (() => void) | undefined;
  #deafUntil = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(database: TokenDatabase, ask: Ask) {
    this.#database = database;
    this.#ask = ask;
  }

  /** `false` if nothing can be heard of the lease now. */
  async wait(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (this.#database.listen === undefined || monotonicClock() < this.#deafUntil) return false;
    const bell = this.#hang(key);
    try {
      await this.#ask((late) => this.#follow(key, late));
      // Only now: what is released from here on is heard.
      const timeLeft = await this.#ask(async (late) => this.#database.leaseTimeLeft?.(key, late) ?? 0);
      if (timeLeft > 0 && !this.#closed) await bell.rung(Math.min(milliseconds, timeLeft), signal);
      return true;
    } catch {
      this.#deafUntil = monotonicClock() + DEAF_MS;
      this.#drop(this.#connection);
      return false;
    } finally {
      bell.takeDown();
    }
  }

  /** Lets go of all who wait, and of the connection. */
  close(): void {
    this.#closed = true;
    this.#drop(this.#connection);
  }

  #hang(key: string): Bell {
    this.#cancelIdle?.();
    const bells = this.#bells.get(key) ?? new Set();
    this.#bells.set(key, bells);
    const bell = new Bell(() => {
      bells.delete(bell.ring);
      if (bells.size === 0 && this.#bells.get(key) === bells) this.#bells.delete(key);
      if (this.#bells.size === 0) this.#cancelIdle = startTimer(() => this.#drop(this.#connection), IDLE_MS);
    });
    bells.add(bell.ring);
    return bell;
  }

  /** Rejects where nothing can be heard. */
  async #follow(key: string, late: AbortSignal): Promise<void> {
    this.#connection ??= this.#connect(late);
    const { listener, followed } = this.#connection;
    const following =
      followed.get(key) ?? listener.then((opened) => opened.follow(key, () => this.#ring(this.#bells.get(key))));
    followed.set(key, following);
    await following;
  }

  #connect(late: AbortSignal): Connection {
    const lost = (): void => this.#drop(connection);
    const listener = async (): Promise<ReleaseListener> => {
      const opened = await this.#database.listen?.(lost, late);
      if (opened === undefined) throw new Error("nothing can be heard");
      if (this.#connection === connection) return opened;
      opened.close();
      throw new Error("it came too late");
    };
    const connection: Connection = { listener: Promise.resolve().then(listener), followed: new Map() };
    return connection;
  }

  /** Whoever waits looks again: nothing more would be heard. */
  #drop(connection: Connection | undefined): void {
    if (connection === undefined || connection !== this.#connection) return;
    this.#connection = undefined;
    connection.listener.then(
      (opened) => opened.close(),
      () => {},
    );
    for (const bells of this.#bells.values()) this.#ring(bells);
  }

  #ring(bells: Iterable<() => void> = []): void {
    for (const ring of bells) ring();
  }
}

interface Connection {
  readonly listener: Promise<ReleaseListener>;
  /** The keys that it follows. */
  readonly followed: Map<string, Promise<void>>;
}

/** What one of those who wait hears. */
class Bell {
  readonly takeDown: () => void;
  #isRung = false;
  #wake: (() => void) | undefined;

  constructor(takeDown: () => void) {
    this.takeDown = takeDown;
  }

  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake?.();
  };

  /** Resolves once it was rung, at the latest after so many milliseconds, or when `signal` is aborted. */
  async rung(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#isRung || signal.aborted) return;
    const rung = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const cancel = startTimer(this.ring, milliseconds);
    signal.addEventListener("abort", this.ring);
    await rung;
    cancel();
    signal.removeEventListener("abort", this.ring);
  }
}
