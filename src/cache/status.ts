/** What a cache or a provider tells of itself: safe to log, and to serve as a health check (S1). */

import { FaucetError } from "../values/errors.js";

/** A snapshot. Instants are in milliseconds since the epoch. */
export interface ProviderStatus {
  readonly name: string;
  /**
   * `empty`: nothing was asked for yet; `fresh`; `stale`: still good, due for renewal; `expired`, or
   * rejected by an API; `failing`: there is nothing good, and the last flight has failed.
   */
  readonly state: "empty" | "fresh" | "stale" | "expired" | "failing";
  /** How many credentials there have been. */
  readonly generation: number;
  readonly issuedAt?: number;
  readonly freshUntil?: number;
  readonly expiresAt?: number;
  /** Whether a credential is on its way. */
  readonly inFlight: boolean;
  readonly consecutiveFailures: number;
  /** The last failure since the last success. */
  readonly lastError?: ErrorSummary;
  /** Before then, the IdP is not asked. */
  readonly retryAt?: number;
  readonly counts: Readonly<StatusCounts>;
}

/** What has happened so far. */
export interface StatusCounts {
  flights: number;
  /** Attempts, retries included. */
  tokenRequests: number;
  /** Flights that failed. */
  failures: number;
  /** Calls that found a flight in progress and waited for it. */
  joined: number;
  /** Credentials that were reported as refused. */
  invalidations: number;
}

/** An error, as far as it may be told. */
export interface ErrorSummary {
  readonly name: string;
  readonly code?: string;
  /** Of an error of this library; others may say anything. */
  readonly message?: string;
}

/** The counts at the beginning. */
export function noCounts(): StatusCounts {
  return { flights: 0, tokenRequests: 0, failures: 0, joined: 0, invalidations: 0 };
}

/** `error`, as far as it may be told. */
export function summaryOf(error: unknown): ErrorSummary {
  if (FaucetError.is(error)) return { name: error.name, code: error.code, message: error.message };
  return { name: error instanceof Error ? error.name : typeof error };
}
