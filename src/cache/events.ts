/**
 * The events that a cache publishes on `node:diagnostics_channel`. None has a credential or an issuer's
 * answer in it (S1); without a subscriber, none is made.
 */

import { channel, type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import { FaucetError } from "../values/errors.js";
import type { IssueReason } from "../values/issued.js";
import { type ErrorSummary, summaryOf } from "./status.js";

/** An error of this library as it is; of any other, which may hold anything, the name. */
export type RedactedError = FaucetError | ErrorSummary;

/** `error`, as far as it may be published. */
export function redacted(error: unknown): RedactedError {
  return FaucetError.is(error) ? error : summaryOf(error);
}

/** Which cache an event is about. */
export interface EventSource {
  /** The provider's type, such as `oauth2_refresh`. */
  readonly type: string;
  /** The provider's name. */
  readonly name: string;
}

/**
 * A flight: one object, published on `tracing:faucet-auth:flight:start`, on `…:error` if it fails,
 * and on `…:end`, when its last fields are set.
 */
export interface FlightEvent extends EventSource {
  /** Why the flight was begun. */
  readonly reason: IssueReason;
  /** The generation that this flight is to produce; 1 for the first. */
  readonly generation: number;
  /** Token requests made so far. */
  attempts: number;
  /** Callers that have waited for it so far. */
  waiters: number;
  /** Milliseconds, from start to end. */
  duration?: number;
  /** `adopted`: it came from a store, without a request. */
  outcome?: "issued" | "adopted" | "failed";
  /** Why it has failed, if it has. */
  error?: RedactedError;
}

/** On `faucet-auth:retry`: an attempt has failed, and another follows. */
export interface RetryEvent extends EventSource {
  /** Why the flight was begun. */
  readonly reason: IssueReason;
  /** The attempt that failed; 1 for the first of a flight. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  /** Why it has failed. */
  readonly error: RedactedError;
}

/** On `faucet-auth:gate`: after failures the IdP is left alone; after a success it may be asked again. */
export interface GateEvent extends EventSource {
  /** `blocked` while callers get an error without a request. */
  readonly state: "blocked" | "clear";
  /** Flights that have failed in a row. */
  readonly consecutiveFailures: number;
  /** Until when it blocks, in milliseconds since the epoch. */
  readonly retryAt?: number;
  /** Why it blocks. */
  readonly error?: RedactedError;
}

/** On `faucet-auth:stale-served`: a credential is served although its renewal is late or has failed. */
export interface StaleServedEvent extends EventSource {
  /** Whether its renewal is late (`slow`) or has failed. */
  readonly why: "slow" | "failed";
  /** The generation that is served. */
  readonly generation: number;
  /** Its real expiry, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

export const flights: TracingChannel<string, FlightEvent> = tracingChannel<string, FlightEvent>("faucet-auth:flight");
const retries = channel("faucet-auth:retry");
const gates = channel("faucet-auth:gate");
const staleServed = channel("faucet-auth:stale-served");

export function publishRetry(event: () => RetryEvent): void {
  if (retries.hasSubscribers) retries.publish(event());
}

export function publishGate(event: () => GateEvent): void {
  if (gates.hasSubscribers) gates.publish(event());
}

export function publishStaleServed(event: () => StaleServedEvent): void {
  if (staleServed.hasSubscribers) staleServed.publish(event());
}
