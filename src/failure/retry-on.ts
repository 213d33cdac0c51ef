/** Refusals by which an API means "try again", as a configuration lists them (F2). */

import { AuthError, FaucetError } from "../values/errors.js";

/** HTTP statuses, and error codes as the API spells them. */
export type RetryOn = readonly (number | string)[];

/** `failure`, retryable if its status or its code is listed. */
export function retryableOn(listed: RetryOn, failure: unknown): unknown {
  if (listed.length === 0 || !FaucetError.is(failure) || failure.code !== "auth" || failure.retryable) return failure;
  const { message, status, error, errorDescription, retryAfter, cause, unreadable } = failure as AuthError;
  // A code that is a number looks like a status, and is listed like one.
  if (!listed.some((entry) => entry === status || String(entry) === error)) return failure;
  return new AuthError(message, { status, error, errorDescription, retryAfter, cause, unreadable, retryable: true });
}
