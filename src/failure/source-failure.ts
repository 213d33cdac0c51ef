/** The failure of a provider whose token another one needs for its own request (K4). */

import { FaucetError, TransportError } from "../values/errors.js";
import { errorLike, isError } from "./error-like.js";
import { gateError } from "./gate-error.js";
import { isRetryable, SOURCE_FAILURE } from "./policy.js";

/**
 * `failure` of the provider `source`, as the one that needs it tells its callers: the same class and codes, named after the provider
 * that has failed, with the words `need` on who could not go on. The error itself may be on its way to others.
 */
export function sourceFailure(failure: unknown, source: string, need: string): Error {
  if (isGated(failure)) return gateError(sourceFailure(failure.cause, source, need), failure.retryAt);
  const reason = isError(failure) ? failure.message : "its token cannot be had";
  const provider = FaucetError.is(failure) ? (failure.provider ?? source) : source;
  const isNamed = reason.startsWith(`${provider}: `) || reason.startsWith(`${provider} `);
  const message = `${isNamed ? "" : `${provider}: `}${reason}; ${need}`;
  const fields = { cause: failure, ...(FaucetError.is(failure) && ofProvider(failure, provider)) };
  const alike = isError(failure) ? errorLike(failure, message, fields) : undefined;
  const error = alike ?? new TransportError(message, { cause: failure, retryable: isRetryable(failure) });
  return Object.defineProperty(error, SOURCE_FAILURE, { value: true });
}

/** Whether it is the error of that provider's gate, whose cause is the failure. */
function isGated(failure: unknown): failure is FaucetError & { readonly retryAt: number } {
  return FaucetError.is(failure) && failure.retryAt !== undefined && failure.cause !== undefined;
}

/** The request that needed the token was not sent. */
function ofProvider({ code }: FaucetError, provider: string): Readonly<Record<string, unknown>> {
  return { provider, ...(code === "transport" && { unsent: true }) };
}
