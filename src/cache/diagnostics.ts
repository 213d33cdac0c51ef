/**
 * What a cache does, told on `node:diagnostics_channel` to whoever subscribes. No event has a
 * credential or an issuer's answer in it (S1); without a subscriber, none is made.
 */

import { channel, tracingChannel } from "node:diagnostics_channel";
import { FaucetError } from "../values/errors.js";
import type { IssueReason } from "../values/issued.js";
import { type ErrorSummary, summaryOf } from "./status.js";

/** An error of this library as it is; of others, which may hold anything, the name. */
export type ToldError = FaucetError | ErrorSummary;

/** What may be told of `error`. */
export function toldError(error: unknown): ToldError {
  return FaucetError.is(error) ? error : summaryOf(error);
}

/** Which cache an event is about. */
export interface CacheIdentity {
  readonly type: string;
  readonly name: string;
}

/**
 * A flight: one object, published on `tracing:faucet-auth:flight:start`, on `…:error` if it fails,
 * and on `…:end`, when its last fields are set.
 */
export interface FlightEvent extends CacheIdentity {
  readonly reason: IssueReason;
  /** The generation that this flight is to produce; 1 for the first. */
  readonly generation: number;
  /** Requests made. */
  attempts: number;
  /** Callers who have waited for it. */
  waiters: number;
  /** Milliseconds, from start to end. */
  duration?: number;
  /** `adopted`: it came from a store, without a request. */
  outcome?: "issued" | "adopted" | "failed";
  error?: ToldError;
}

/** On `faucet-auth:retry`: an attempt has failed, and another follows. */
export interface RetryEvent extends CacheIdentity {
  readonly reason: IssueReason;
  /** The attempt that failed; 1 for the first. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  readonly error: ToldError;
}

/** On `faucet-auth:gate`: after failures the IdP is left alone, or after a success it is not any more. */
export interface GateEvent extends CacheIdentity {
  readonly state: "closed" | "open";
  readonly consecutiveFailures: number;
  /** Milliseconds since the epoch, while it is closed. */
  readonly retryAt?: number;
  readonly error?: ToldError;
}

/** On `faucet-auth:stale-served`: a credential is served though its renewal is late or has failed. */
export interface StaleServedEvent extends CacheIdentity {
  readonly why: "slow" | "failed";
  readonly generation: number;
  /** Its real expiry, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

const flights = tracingChannel<string, FlightEvent>("faucet-auth:flight");
const retries = channel("faucet-auth:retry");
const gates = channel("faucet-auth:gate");
const staleServed = channel("faucet-auth:stale-served");

/** Runs `fly` as a traced flight: stores bound to the start channel reach into it. */
export function traceFlight(event: () => FlightEvent, fly: (event: FlightEvent | undefined) => void): void {
  const { start, end, error } = flights;
  const context = start.hasSubscribers || end.hasSubscribers || error.hasSubscribers ? event() : undefined;
  if (context === undefined) fly(undefined);
  else start.runStores(context, () => fly(context));
}

/** Tells that a traced flight has ended. */
export function traceFlightEnd(event: FlightEvent | undefined, ending: Partial<FlightEvent>): void {
  if (event === undefined) return;
  Object.assign(event, ending);
  if (event.outcome === "failed") flights.error.publish(event);
  flights.end.publish(event);
}

/** Tells of a retry. */
export function tellRetry(event: () => RetryEvent): void {
  if (retries.hasSubscribers) retries.publish(event());
}

/** Tells of a gate that has closed or opened. */
export function tellGate(event: () => GateEvent): void {
  if (gates.hasSubscribers) gates.publish(event());
}

/** Tells of a credential that had to serve on. */
export function tellStaleServed(event: () => StaleServedEvent): void {
  if (staleServed.hasSubscribers) staleServed.publish(event());
}
