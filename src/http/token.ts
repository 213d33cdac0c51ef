/** Turns the token of an answer into a credential, or says why it is none (A1, A5, A8). */

import type { Credential } from "../values/credential.js";
import { AuthError, FaucetError } from "../values/errors.js";
import { type AccessToken, lifetimeOf } from "../values/issued.js";
import { describeKeys } from "./answer.js";
import type { HttpAnswer } from "./exchange.js";
import type { Mask } from "./mask.js";

/** What was found where the token should be. */
export interface FoundToken {
  readonly value: unknown;
  /** Where that is, for messages: `access_token`, `$.data.token`. */
  readonly at: string;
  readonly body: unknown;
}

/** The token, and the credential that `make` makes of it. Throws an `AuthError` if there is none to make. */
export function tokenFrom(
  { value, at, body }: FoundToken,
  make: (token: string) => Credential,
  { to, status }: HttpAnswer,
  mask: Mask,
): Omit<AccessToken, "expiresIn"> {
  if (value === undefined || value === null || value === "") {
    throw new AuthError(`${to}: HTTP ${status} without a token at ${at}; ${describeKeys(body, mask)}`, { status });
  }
  if (isInexact(value)) throw inexact(`${at} is no token`, to, status);
  const text = textOf(value);
  if (text === undefined) {
    throw new AuthError(`${to}: what the answer has at ${at} is no token; ${describeKeys(body, mask)}`, { status });
  }
  try {
    return { text, credential: make(text) };
  } catch (error) {
    // A maker's TypeError says what is wrong with the token, and does not quote it.
    throw new AuthError(`${to}: the token at ${at} is unusable: ${(error as TypeError).message}`, { status });
  }
}

/** What `read` gives, or the `AuthError` that it throws, as data: what came beside the token is not lost by it (A3). */
export function tokenOrFault(read: () => AccessToken): { token: AccessToken } | { unusable: AuthError } {
  try {
    return { token: read() };
  } catch (error) {
    if (FaucetError.is(error) && error.code === "auth") return { unusable: error as AuthError };
    throw error;
  }
}

/** The seconds that are given as a lifetime at `at`, by the rules of `lifetimeOf`. Throws an `AuthError` for a number without its digits. */
export function lifetimeFrom(value: unknown, at: string, { to, status }: HttpAnswer): number | undefined {
  if (isInexact(value)) throw inexact(`${at} is no lifetime`, to, status);
  return lifetimeOf(value);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** Whether it may have lost digits: `JSON.parse` rounds an integer that a number cannot hold, and what it gives then is beyond 2⁵³ too. */
function isInexact(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

function inexact(what: string, to: string, status: number): AuthError {
  return new AuthError(
    `${to}: what the answer has at ${what}: a number beyond 2^53 loses digits when it is read; the server must send it as a string`,
    { status },
  );
}
