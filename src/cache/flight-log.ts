/** What a cache counts of its flights, and publishes of them. It decides nothing. */

import type { GateView } from "../failure/gate.js";
import type { IssueReason, Retry } from "../values/issued.js";
import {
  type EventSource,
  type FlightEvent,
  flights,
  publishGate,
  publishRetry,
  publishStaleServed,
  redacted,
} from "./events.js";
import type { Flight } from "./flight.js";
import type { Generation } from "./generation.js";
import { noCounts, type StatusCounts } from "./status.js";

/** The log of one cache. */
export class FlightLog {
  readonly counts: StatusCounts = noCounts();
  readonly #source: EventSource;
  readonly #traced = new WeakMap<Flight, { readonly event: FlightEvent | undefined; readonly began: number }>();

  #failuresSeen = 0;
  #retryAtSeen: number | undefined;

  constructor(source: EventSource) {
    this.#source = source;
  }

  /** Begins a flight by `run`; stores that are bound to the channel's start reach into it. */
  begin(flight: Flight, generation: number, run: () => void): void {
    this.counts.flights += 1;
    const { start, end, error } = flights;
    const isHeard = start.hasSubscribers || end.hasSubscribers || error.hasSubscribers;
    const { reason, attempts, waiters } = flight;
    const event = isHeard ? { ...this.#source, reason, generation, attempts, waiters } : undefined;
    this.#traced.set(flight, { event, began: performance.now() });
    if (event === undefined) run();
    else start.runStores(event, run);
  }

  attempt(flight: Flight): void {
    flight.attempts += 1;
    this.counts.tokenRequests += 1;
  }

  retry(reason: IssueReason, { attempt, delay, failure }: Retry): void {
    publishRetry(() => ({ ...this.#source, reason, attempt, delay, error: redacted(failure) }));
  }

  land(flight: Flight, gate: GateView): void {
    this.#gate(gate);
    this.#end(flight, { outcome: flight.attempts === 0 ? "adopted" : "issued" });
  }

  fail(flight: Flight, error: unknown, gate: GateView): void {
    this.counts.failures += 1;
    this.#gate(gate);
    this.#end(flight, { outcome: "failed", error: redacted(error) });
  }

  serveStale({ number: generation, expiresAt }: Generation, why: "slow" | "failed"): void {
    publishStaleServed(() => ({ ...this.#source, why, generation, expiresAt }));
  }

  /** Publishes what has become of the gate, if that is news. */
  #gate({ failuresInARow: consecutiveFailures, failure, retryAt }: GateView): void {
    const hadFailed = this.#failuresSeen > 0;
    const isNews = consecutiveFailures !== this.#failuresSeen || retryAt !== this.#retryAtSeen;
    this.#failuresSeen = consecutiveFailures;
    this.#retryAtSeen = retryAt;
    const source = this.#source;
    if (isNews && retryAt !== undefined) {
      publishGate(() => ({ ...source, state: "blocked", consecutiveFailures, retryAt, error: redacted(failure) }));
    } else if (consecutiveFailures === 0 && hadFailed) {
      publishGate(() => ({ ...source, state: "clear", consecutiveFailures }));
    }
  }

  #end(flight: Flight, ending: Pick<FlightEvent, "outcome" | "error">): void {
    const { event, began } = this.#traced.get(flight) ?? {};
    if (event === undefined || began === undefined) return;
    const { attempts, waiters } = flight;
    Object.assign(event, { ...ending, attempts, waiters, duration: performance.now() - began });
    if (ending.outcome === "failed") flights.error.publish(event);
    flights.end.publish(event);
  }
}
