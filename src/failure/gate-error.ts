/** The error that callers get while the gate blocks (F4). */

import { instant } from "../values/clock.js";
import { AuthError, TransportError } from "../values/errors.js";
import { isRetryable } from "./policy.js";

/** A new error of the class of `failure`, which is its cause, with the instant until which nobody asks. */
export function gateError(failure: unknown, retryAt: number): Error {
  const reason = isError(failure) ? failure.message : "the last attempt failed";
  const message = `${reason}; not asked again before ${instant(retryAt)}`;
  const alike = isError(failure) ? errorLike(failure, message, retryAt) : undefined;
  if (alike !== undefined) return alike;
  const Substitute = isRetryable(failure) ? TransportError : AuthError;
  return new Substitute(message, { retryAt, cause: failure });
}

/** Of whichever realm: Jest and `vm` have classes of their own. */
function isError(value: unknown): value is Error {
  return typeof value === "object" && value !== null && typeof (value as { message?: unknown }).message === "string";
}

/** Made without the constructor of the class, whose parameters are not known. `undefined` if that does not work. */
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
  for (const field of Object.values(fields)) field.configurable = true;
  Object.defineProperties(error, fields);
  Object.defineProperty(error, "retryAt", { value: retryAt, enumerable: true });
  const isWhole = error.message === message && inheritedGetters(failure).every((name) => canBeRead(error, name));
  return isWhole ? error : undefined;
}

/** The getters of its class: one that reads a private field works on no object that its constructor has not made. */
function inheritedGetters(failure: Error): PropertyKey[] {
  const names: PropertyKey[] = [];
  for (
    let prototype = Object.getPrototypeOf(failure);
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const getters = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
      ([, { get }]) => get !== undefined,
    );
    names.push(...getters.map(([name]) => name).filter((name) => name !== "__proto__"));
  }
  return names;
}

function canBeRead(error: Error, name: PropertyKey): boolean {
  try {
    Reflect.get(error, name);
    return true;
  } catch {
    return false;
  }
}
