/** The error of a closed gate: what callers get while the IdP is left alone (F4). */

import { TransportError } from "../values/errors.js";

/** A new error of the class of `failure`, which is its cause, with the instant until which nobody asks. */
export function gateError(failure: unknown, retryAt: number): Error {
  const reason = failure instanceof Error ? failure.message : "the last attempt failed";
  const message = `${reason}; not asked again before ${instant(retryAt)}`;
  const alike = failure instanceof Error ? errorLike(failure, message, retryAt) : undefined;
  return alike ?? new TransportError(message, { retryAt, cause: failure });
}

/** Made without its class's constructor, which takes nobody knows what. `undefined` if the class cannot do without. */
function errorLike(failure: Error, message: string, retryAt: number): Error | undefined {
  const error = new Error(message, { cause: failure });
  Object.setPrototypeOf(error, Object.getPrototypeOf(failure));
  const {
    message: _message,
    stack: _stack,
    cause: _cause,
    retryAt: _retryAt,
    ...fields
  } = Object.getOwnPropertyDescriptors(failure);
  Object.defineProperties(error, fields);
  Object.defineProperty(error, "retryAt", { value: retryAt, enumerable: true });
  try {
    // A DOMException's name, for one, is a getter that knows its own kind only.
    return error.name === failure.name && error.message === message ? error : undefined;
  } catch {
    return undefined;
  }
}

/** A wall clock may tell a time that no date can. */
function instant(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
