/** The error of a closed gate: what callers get while the IdP is left alone (F4). */

import { AuthError, FaucetError, TransportError } from "../errors.js";

/** A new error of the kind of `failure`, which is its cause, with the instant until which nobody asks. */
export function gateError(failure: unknown, retryAt: number): Error {
  const reason = failure instanceof Error ? failure.message : "the last attempt failed";
  const message = `${reason}; not asked again before ${instant(retryAt)}`;
  const details = { retryAt, cause: failure };
  if (failure instanceof AuthError) {
    const { status, error, errorDescription, retryable } = failure;
    return new AuthError(message, { status, error, errorDescription, retryable, ...details });
  }
  if (failure instanceof TransportError || !(failure instanceof Error)) return new TransportError(message, details);
  return foreignError(failure, message, details);
}

/** Of the same class without its constructor, which takes nobody knows what. */
function foreignError(failure: Error, message: string, details: { retryAt: number; cause: unknown }): Error {
  const error = new Error(message, { cause: failure });
  const kept = FaucetError.is(failure) ? {} : { name: failure.name };
  Object.setPrototypeOf(error, Object.getPrototypeOf(failure));
  return Object.assign(error, { ...failure, ...kept, ...details });
}

/** A wall clock may tell a time that no date can. */
function instant(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
