/** Asks every provider of a catalog for a token, before a pipeline starts (C15). */

import { SharedWait } from "../cache/shared-wait.js";
import { summaryOf } from "../cache/status.js";
import { AuthError, FaucetError, nameProvider, TransportError } from "../values/errors.js";
import type { CallOptions } from "../values/issued.js";
import type { CatalogProvider } from "./catalog-provider.js";

/** A provider, and what the catalog calls it. */
export type Named = readonly [name: string, provider: CatalogProvider];

/**
 * Resolves once each of `providers` has a token. Rejects with an `AggregateError` about `subject`, which has an
 * error of each that has none, or with the signal's reason.
 */
export async function allReady(
  subject: string,
  providers: readonly Named[],
  { signal }: CallOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const asked = providers.map((named) => failureOf(named, signal && { signal }));
  // A provider of a user's own type may not heed the signal.
  const failures = (await new SharedWait(Promise.all(asked)).join(signal)).filter((failure) => failure !== undefined);
  signal?.throwIfAborted();
  if (failures.length === 0) return;
  const summary = `${subject}: ${failures.length} of ${providers.length} providers gave no token`;
  throw new AggregateError(failures, [summary, ...failures.map(({ message }) => message)].join("\n  "));
}

/** Why a provider has no token, as an error that names it. */
async function failureOf([name, provider]: Named, options: CallOptions | undefined): Promise<Error | undefined> {
  try {
    await provider.ready(options);
    return undefined;
  } catch (error) {
    return naming(name, error);
  }
}

/** `error` itself if it names this provider; what a user's own type throws, or a provider that this one asks, becomes its cause. */
function naming(name: string, error: unknown): Error {
  if (FaucetError.is(error) && error.provider === name) return error;
  const { name: kind, message = kind } = summaryOf(error);
  const Failure =
    (error as { retryable?: unknown } | null | undefined)?.retryable === false ? AuthError : TransportError;
  return nameProvider(new Failure(`no token: ${message}`, { cause: error }), name);
}
