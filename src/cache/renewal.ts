/**
 * Renewals that nobody waits for: behind the callers (F6), and for those who watch (C14). Their timer holds no
 * process open.
 */

import { type Clock, reliable, startTimer } from "../values/clock.js";
import { ClosedError, nameProvider } from "../values/errors.js";
import type { Generation } from "./generation.js";
import type { Generations } from "./generations.js";
import type { CacheSettings } from "./token-cache-options.js";
import { Watches, type WatchListener, type WatchOptions } from "./watches.js";

/** While somebody watches, how often the clock is looked at: a host may sleep, and a clock may jump (C10). */
const LOOK_MS = 60_000;

/** How soon after a token the next may be fetched for those who watch, however short its life. */
const REST_MS = 100;

/** The same after a failure, and after a token that had expired when it came. */
const FAILURE_REST_MS = 500;

/** The renewals of one cache. */
export class Renewal {
  readonly #generations: Generations;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #watches: Watches;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  /** Whether a caller has come for the renewal of what is held. */
  #isForCallers = false;

  constructor(generations: Generations, { clock, name }: CacheSettings) {
    this.#generations = generations;
    this.#clock = reliable(clock);
    this.#name = name;
    this.#watches = new Watches(name);
    generations.observe({
      begun: () => this.#cancel(),
      landed: (generation) => this.#followLanding(generation),
      failed: (error) => this.#followFailure(error),
    });
  }

  /** Renews for a caller what is held, now or when it is due. */
  behindCallers(now: number): void {
    if (this.#generations.flight !== undefined) return;
    this.#isForCallers = true;
    this.#look(now);
  }

  /** Renews for `listener` whatever is held, until the watch is disposed of. */
  watch(listener: WatchListener, options: WatchOptions): Disposable {
    const { current, flight, gate, isClosed } = this.#generations;
    if (isClosed) throw new ClosedError(this.#name);
    const watch = this.#watches.add(listener, options, () => this.#cancelUnlessWanted());
    const now = this.#clock();
    if (current?.isGood(now)) watch.deliver(current.credential);
    else if (flight === undefined && gate.refuses(now)) watch.fail(nameProvider(gate.errorAt(now), this.#name));
    this.#look(now);
    return watch;
  }

  /** After a report, what is held may be no good any more. */
  lookAgain(): void {
    if (!this.#watches.isEmpty) this.#look(this.#clock());
  }

  close(): void {
    this.#watches.end();
    this.#cancel();
  }

  #followLanding(generation: Generation): void {
    this.#watches.deliver(generation.credential);
    const now = this.#clock();
    this.#look(now, generation.isGood(now) ? REST_MS : FAILURE_REST_MS);
  }

  #followFailure(error: unknown): void {
    this.#watches.fail(error);
    this.#look(this.#clock(), FAILURE_REST_MS);
  }

  /** Begins the renewal that is wanted, or sets the timer for it; not before so many milliseconds have passed. */
  #look(now: number, rest = 0): void {
    const { flight, gate, isClosed } = this.#generations;
    const due = this.#dueAt(now);
    if (due === undefined || flight !== undefined || isClosed) return;
    const at = Math.max(due, now + rest, gate.holdsRenewalUntil(now) ?? 0);
    if (now < at) this.#schedule(at, now);
    else this.#generations.begin();
  }

  /** When what is held is to be renewed, if anybody wants that. What is no good is so for those who watch alone. */
  #dueAt(now: number): number | undefined {
    const { current } = this.#generations;
    const isWatched = !this.#watches.isEmpty;
    if (current?.isGood(now)) return isWatched || this.#isForCallers ? current.renewAt : undefined;
    return isWatched ? now : undefined;
  }

  /** A timer may fire too early, and be too short for a long life: then it is set again. */
  #schedule(at: number, now: number): void {
    if (this.#timer?.at === at) return;
    this.#stopTimer();
    const fire = (): void => {
      this.#timer = undefined;
      this.#look(this.#clock());
    };
    const longest = this.#watches.isEmpty ? Number.POSITIVE_INFINITY : LOOK_MS;
    const delay = Math.min(Math.max(at - now, 1), longest);
    this.#timer = { at, cancel: this.#generations.inOwnContext(() => startTimer(fire, delay)) };
  }

  #cancelUnlessWanted(): void {
    if (this.#dueAt(this.#clock()) === undefined) this.#cancel();
  }

  #cancel(): void {
    this.#isForCallers = false;
    this.#stopTimer();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
