/** A snapshot of a cache or a provider: safe to log, and to serve as a health check (S1). */

import type { GateView } from "../failure/gate.js";
import { FaucetError } from "../values/errors.js";
import type { Generation } from "./generation.js";

/** A snapshot. Instants are in milliseconds since the epoch. */
export interface ProviderStatus {
  /** The provider's name. */
  readonly name: string;
  /**
   * `empty`: nothing was asked for yet; `fresh`; `stale`: still good, due for renewal; `expired`, or
   * rejected by an API; `failing`: there is nothing good, and the last flight has failed.
   */
  readonly state: "empty" | "fresh" | "stale" | "expired" | "failing";
  /** How many credentials there have been. */
  readonly generation: number;
  /** When the current credential was issued. */
  readonly issuedAt?: number;
  /** From then on it is due for renewal. Absent if it has no lifetime. */
  readonly freshUntil?: number;
  /** From then on it is served to nobody. Absent if it has no lifetime. */
  readonly expiresAt?: number;
  /** When the refresh token itself ends, where the IdP says so: a new consent is needed by then. */
  readonly refreshTokenExpiresAt?: number;
  /** Whether a credential is on its way. */
  readonly inFlight: boolean;
  /** Flights that have failed since the last success. */
  readonly consecutiveFailures: number;
  /** The last failure since the last success. */
  readonly lastError?: ErrorSummary;
  /** Before then, the IdP is not asked. */
  readonly retryAt?: number;
  /** What has happened so far. */
  readonly counts: Readonly<StatusCounts>;
  /** Of a provider whose `for()` has given others: the status of each that is still in use. */
  readonly audiences?: readonly ProviderStatus[];
}

/** What has happened so far. */
export interface StatusCounts {
  /** Exchanges with the IdP or with a store. */
  flights: number;
  /** Attempts to get a token from the IdP, retries included, counted as they begin: also one that fails before its request is sent. */
  tokenRequests: number;
  /** Flights that failed. */
  failures: number;
  /** Calls that found a flight in progress and waited for it. */
  joined: number;
  /** Credentials that were reported as refused. */
  invalidations: number;
}

/** An error, as far as it may be shown. */
export interface ErrorSummary {
  /** The name of its class. */
  readonly name: string;
  /** Its `code`, of an error of this library. */
  readonly code?: string;
  /** Its message, of an error of this library. Any other may hold anything, and is left out. */
  readonly message?: string;
}

/** What a status is made of. */
export interface Standing {
  readonly now: number;
  readonly name: string;
  readonly generation: Generation | undefined;
  readonly inFlight: boolean;
  readonly gate: GateView;
  readonly counts: StatusCounts;
}

/** The status of a cache. */
export function statusOf({ now, name, generation, inFlight, gate, counts }: Standing): ProviderStatus {
  const { failuresInARow: consecutiveFailures, failure } = gate;
  const retryAt = gate.refuses(now) ? gate.blockedUntil(now) : undefined;
  return {
    name,
    state: stateOf(generation, consecutiveFailures, now),
    generation: generation?.number ?? 0,
    ...timesOf(generation),
    inFlight,
    consecutiveFailures,
    ...(consecutiveFailures > 0 && { lastError: summaryOf(failure) }),
    ...(retryAt !== undefined && { retryAt }),
    counts: { ...counts },
  };
}

function stateOf(generation: Generation | undefined, failuresInARow: number, now: number): ProviderStatus["state"] {
  if (generation?.isGood(now)) return generation.ageAt(now);
  if (failuresInARow > 0) return "failing";
  return generation === undefined ? "empty" : "expired";
}

function timesOf(generation: Generation | undefined): Partial<ProviderStatus> {
  if (generation === undefined) return {};
  const { issuedAt, freshUntil, expiresAt } = generation;
  return Number.isFinite(expiresAt) ? { issuedAt, freshUntil, expiresAt } : { issuedAt };
}

/** The counts at the beginning. */
export function noCounts(): StatusCounts {
  return { flights: 0, tokenRequests: 0, failures: 0, joined: 0, invalidations: 0 };
}

/** `error`, as far as it may be shown. */
export function summaryOf(error: unknown): ErrorSummary {
  if (FaucetError.is(error)) return { name: error.name, code: error.code, message: error.message };
  return { name: nameOf(error) };
}

/** Of an error of whichever realm, or of anything else that was thrown. */
function nameOf(error: unknown): string {
  try {
    const { name } = (error ?? {}) as { name?: unknown };
    return typeof name === "string" ? name : typeof error;
  } catch {
    return typeof error;
  }
}
