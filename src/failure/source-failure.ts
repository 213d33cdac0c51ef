/** The failure of a provider whose token another one needs for its own request (K4). */

import { FaucetError, TransportError } from "../values/errors.js";
import { errorLike, isError } from "./error-like.js";

const OF_SOURCE: unique symbol = Symbol.for("faucet-auth.source-failure") as never;

/**
 * `failure` of the provider `source`, as the one that needs it tells its callers: the same class and codes, named after the provider
 * that has failed, with the words `need` on who could not go on. The error itself may be on its way to others.
 */
export function sourceFailure(failure: unknown, source: string, need: string): Error {
  const reason = isError(failure) ? failure.message : "its token cannot be had";
  const provider = FaucetError.is(failure) ? (failure.provider ?? source) : source;
  const message = `${reason.startsWith(`${provider}: `) || reason.startsWith(`${provider} `) ? "" : `${provider}: `}${reason}; ${need}`;
  const cause = isGated(failure) ? sourceFailure(failure.cause, source, need) : failure;
  const alike = isError(failure) ? errorLike(failure, message, { cause, ...ofProvider(failure, provider) }) : undefined;
  const { retryable } = Object(failure) as { retryable?: unknown };
  const error = alike ?? new TransportError(message, { cause: failure, retryable: retryable !== false });
  return Object.defineProperty(error, OF_SOURCE, { value: true });
}

/** Whether another provider has failed, which has tried again already, and whose own gate says until when it is left alone. */
export function isSourceFailure(failure: unknown): boolean {
  return typeof failure === "object" && failure !== null && OF_SOURCE in failure;
}

/** Whether it is the error of that provider's gate, whose cause is the failure. */
function isGated(failure: unknown): failure is FaucetError {
  return FaucetError.is(failure) && failure.retryAt !== undefined && isError(failure.cause);
}

/** Of a user's own provider, the error may be of any class: that is left as it is. The request that needed the token was not sent. */
function ofProvider(failure: Error, provider: string): Readonly<Record<string, unknown>> {
  if (!FaucetError.is(failure)) return {};
  return { provider, ...(failure.code === "transport" && { unsent: true }) };
}
