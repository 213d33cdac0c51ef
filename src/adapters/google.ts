/** Google: the `refreshHandler` of google-auth-library's `OAuth2Client`. */

import type { AuthProvider, BareToken } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { expiryOrSoon, GivenTokens } from "./given-tokens.js";

/** What a `refreshHandler` gives. */
export interface GoogleToken {
  /** The token. */
  readonly access_token: string;
  /** When it expires, in milliseconds since the epoch; five minutes from now where that is not known. */
  readonly expiry_date: number;
}

/**
 * The `refreshHandler` of one `OAuth2Client`. The client calls it while a token has less than five minutes left
 * (`eagerRefreshThresholdMillis`), and, with `forceRefreshOnFailure`, after a refusal: a call for a token that has
 * longer to live reports it.
 *
 * @throws `ConfigError` if this is no provider. The function rejects as `accessToken()` does.
 * @example
 * const client = new OAuth2Client({ forceRefreshOnFailure: true });
 * client.refreshHandler = googleRefreshHandler(provider);
 */
export function googleRefreshHandler(provider: AuthProvider): () => Promise<GoogleToken> {
  checkAdapter("googleRefreshHandler", provider);
  const given = new GivenTokens(provider);
  return async function (this: unknown): Promise<GoogleToken> {
    const wasRefused = isGood(given.last, eagernessOf(this));
    const { token, expiresAt } = await (wasRefused ? given.afterRefusal() : given.current());
    return { access_token: token, expiry_date: expiryOrSoon(expiresAt) };
  };
}

/** Whether the client would have used what it was given, had the API not refused it. */
function isGood(last: BareToken | undefined, eagernessMs: number): boolean {
  return last?.expiresAt !== undefined && last.expiresAt > Date.now() + eagernessMs;
}

/** The client calls its handler as a method of its own. */
function eagernessOf(client: unknown): number {
  const configured = (client as { eagerRefreshThresholdMillis?: unknown } | undefined)?.eagerRefreshThresholdMillis;
  return typeof configured === "number" ? configured : FIVE_MINUTES_MS;
}

const FIVE_MINUTES_MS = 5 * 60_000;
