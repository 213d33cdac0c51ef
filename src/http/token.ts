/** Turns the token of an answer into a credential, or says why it is none (A1, A5). */

import type { Credential } from "../credential.js";
import { AuthError } from "../errors.js";
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

/** The credential that `make` makes of the token. Throws an `AuthError` if there is none to make. */
export function credentialFrom(
  { value, at, body }: FoundToken,
  make: (token: string) => Credential,
  { to, status }: HttpAnswer,
  mask: Mask,
): Credential {
  if (value === undefined || value === null || value === "") {
    throw new AuthError(`${to}: HTTP ${status} without a token at ${at}; ${describeKeys(body, mask)}`, { status });
  }
  const token = textOf(value);
  if (token === undefined) {
    throw new AuthError(`${to}: what the answer has at ${at} is no token; ${describeKeys(body, mask)}`, { status });
  }
  try {
    return make(token);
  } catch (error) {
    // A maker's TypeError says what is wrong with the token, and does not quote it.
    throw new AuthError(`${to}: the token at ${at} is unusable: ${(error as TypeError).message}`, { status });
  }
}

/** Numbers above 2⁵³ have lost digits when JSON was parsed: they are not the token any more. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
}
