/** Numbers of an answer that may have lost digits (A8). */

import { AuthError } from "../values/errors.js";

/**
 * Whether `value` may have lost digits: `JSON.parse` rounds an integer that a number cannot hold, and what it gives then is
 * beyond 2⁵³ too.
 */
export function isInexact(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** The error for such a number where `what` says that it stands. */
export function inexact(what: string, { to, status }: { readonly to: string; readonly status: number }): AuthError {
  return new AuthError(
    `${to}: what the answer has at ${what}: a number beyond 2^53 loses digits when it is read; the server must send it as a string`,
    { status },
  );
}
