/** Turns the token of an answer into a credential, or says why it is none (A1, A5, A8). */

import type { Credential } from "../values/credential.js";
import { AuthError, FaucetError } from "../values/errors.js";
import type { AccessToken } from "../values/issued.js";
import { describeKeys } from "./answer.js";
import { inexact, isInexact } from "./exact-number.js";
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
  answer: HttpAnswer,
  mask: Mask,
): Omit<AccessToken, "expiresIn"> {
  const { to, status } = answer;
  if (value === undefined || value === null || value === "") {
    throw new AuthError(`${to}: HTTP ${status} without a token at ${at}; ${describeKeys(body, mask)}`, { status });
  }
  if (isInexact(value)) throw inexact(`${at} is no token`, answer);
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

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}
