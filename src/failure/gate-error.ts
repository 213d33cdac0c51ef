/** The error that callers get while the gate blocks (F4). */

import { instant } from "../values/clock.js";
import { AuthError, TransportError } from "../values/errors.js";
import { errorLike, isError } from "./error-like.js";
import { isRetryable } from "./policy.js";

/** A new error of the class of `failure`, which is its cause, with the instant until which nobody asks. */
export function gateError(failure: unknown, retryAt: number): Error {
  const reason = isError(failure) ? failure.message : "the last attempt failed";
  const message = `${reason}; not asked again before ${instant(retryAt)}`;
  const alike = isError(failure) ? errorLike(failure, message, { cause: failure, retryAt }) : undefined;
  if (alike !== undefined) return alike;
  const Substitute = isRetryable(failure) ? TransportError : AuthError;
  return new Substitute(message, { retryAt, cause: failure });
}
