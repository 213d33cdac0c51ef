/**
 * The generations of one cache: the one that is current, and the flight that brings the next (C1). Which of
 * them callers are served with is for the cache to say.
 */

import { AsyncResource } from "node:async_hooks";
import type { GateView } from "../failure/gate.js";
import type { Issuer } from "../failure/issuer.js";
import { reliable } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { nameProvider } from "../values/errors.js";
import { noteReentry } from "../values/flight-scope.js";
import type { FlightContext, Issue, Issued, IssueReason } from "../values/issued.js";
import { Flight } from "./flight.js";
import { FlightLog } from "./flight-log.js";
import { Generation } from "./generation.js";
import { issuerOf } from "./issuer.js";
import { afterReport, NO_REJECTIONS, type Rejections } from "./rejections.js";
import type { CacheSettings } from "./token-cache-options.js";

/** Who follows the flights of a cache. None of it may throw. */
export interface FlightObserver {
  begun(): void;
  /** The generation is current now. */
  landed(generation: Generation): void;
  failed(error: unknown): void;
}

/** One after the other, each brought by a flight. */
export class Generations {
  readonly log: FlightLog;
  readonly #settings: CacheSettings;
  readonly #issuer: Issuer;
  /** Flights run in the context of the cache's maker, not of whoever happens to call first (C8, C12). */
  readonly #context = new AsyncResource("faucet-auth.TokenCache");
  /** Which generation a credential object was handed out for. */
  readonly #known = new WeakMap<Credential, Generation>();
  #current: Generation | undefined;
  #flight: Flight | undefined;
  #rejections: Rejections = NO_REJECTIONS;
  #observer: FlightObserver | undefined;
  #isClosed = false;

  constructor(issue: Issue, settings: CacheSettings) {
    const { type, name } = settings;
    this.#settings = settings;
    this.#issuer = issuerOf(issue, { ...settings, cache: this });
    this.log = new FlightLog({ type, name });
  }

  get current(): Generation | undefined {
    return this.#current;
  }

  /** The exchange in progress, if there is one. */
  get flight(): Flight | undefined {
    return this.#flight;
  }

  get gate(): GateView {
    return this.#issuer.gate;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** There is one observer. */
  observe(observer: FlightObserver): void {
    this.#observer = observer;
  }

  /** Lets go of what is held, once the flight in progress is finished for those who wait for it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current = undefined;
    this.#issuer.stopWaiting?.();
    await this.#flight?.landing.join().catch(() => {});
    await this.#issuer.close?.();
  }

  /** Runs `work` in the context of the cache's maker. */
  inOwnContext<T>(work: () => T): T {
    return this.#context.runInAsyncScope(work);
  }

  /** Whether `credential` belongs to the current generation: by object; an object from elsewhere by its secret (C3). */
  isCurrent(credential: Credential): boolean {
    const generation = this.#known.get(credential);
    if (this.#current === undefined) return false;
    return generation === undefined ? this.#current.carriesSecretOf(credential) : generation === this.#current;
  }

  /** Takes in a report that the current generation was refused, if it is believed (F5). */
  reject(): void {
    const current = this.#current;
    if (current === undefined || current.isRejected) return;
    const { isBelieved, rejections } = afterReport(this.#rejections, current, this.#settings.clock());
    this.#rejections = rejections;
    if (!isBelieved) return;
    current.isRejected = true;
    this.log.counts.invalidations += 1;
  }

  /** The flight in progress, or a new one, for one caller more. */
  join(): Flight {
    if (this.#flight !== undefined) {
      this.log.counts.joined += 1;
      noteReentry(this);
    }
    const flight = this.#flight ?? this.#begin(this.#reason);
    flight.waiters += 1;
    return flight;
  }

  /** Begins a flight that nobody waits for, where there is none. */
  begin(): void {
    const isGood = this.#current?.isGood(reliable(this.#settings.clock)());
    this.#begin(isGood ? "background" : this.#reason);
  }

  #begin(reason: IssueReason): Flight {
    return this.inOwnContext(() => {
      const flight = new Flight(reason);
      // Before the issuer runs, since that may call back into this cache (C1).
      this.#flight = flight;
      if (reason !== "invalidated") this.#rejections = NO_REJECTIONS;
      this.#observer?.begun();
      this.log.begin(flight, this.#nextNumber, () => void this.#fly(flight));
      return flight;
    });
  }

  get #reason(): IssueReason {
    if (this.#current === undefined) return "initial";
    return this.#current.isRejected ? "invalidated" : "expired";
  }

  async #fly(flight: Flight): Promise<void> {
    try {
      const generation = this.#next(await this.#issuer.issue(this.#contextOf(flight)), flight);
      this.#flight = undefined;
      if (!this.#isClosed) this.#current = generation;
      flight.land(generation.credential);
      this.log.land(flight, this.gate);
      if (!this.#isClosed) this.#observer?.landed(generation);
    } catch (error) {
      this.#flight = undefined;
      nameProvider(error, this.#settings.name);
      flight.fail(error);
      this.log.fail(flight, error, this.gate);
      this.#observer?.failed(error);
    }
  }

  #contextOf(flight: Flight): FlightContext {
    const { reason } = flight;
    const rejected = this.#current?.isRejected ? { rejected: this.#current.credential } : undefined;
    return {
      reason,
      ...rejected,
      onAttempt: () => this.log.attempt(flight),
      onRetry: (retry) => this.log.retry(reason, retry),
    };
  }

  #next(issued: Issued, flight: Flight): Generation {
    const { clock, expiryRatio, random } = this.#settings;
    // An API that accepts a credential does not refuse everything (F5).
    const onAccepted = (): void => {
      if (this.#current === generation) this.#rejections = NO_REJECTIONS;
    };
    const birth = { number: this.#nextNumber, now: clock(), expiryRatio, random, onAccepted };
    const generation = new Generation(issued, flight.landing.promise, birth);
    this.#known.set(generation.credential, generation);
    return generation;
  }

  get #nextNumber(): number {
    return (this.#current?.number ?? 0) + 1;
  }
}
