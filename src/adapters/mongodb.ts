/** MongoDB: the OIDC callback of the driver. */

import type { AuthProvider } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { GivenTokens } from "./given-tokens.js";

/** What the driver gives its callback. */
export interface MongoOidcParams {
  /** Aborted when the driver waits no longer. */
  readonly timeoutContext?: AbortSignal;
}

/** What the driver's callback gives. */
export interface MongoOidcToken {
  /** The token. */
  readonly accessToken: string;
  /** How long it has to live, in whole seconds; absent where that is not known. */
  readonly expiresInSeconds?: number;
}

/**
 * The `OIDC_CALLBACK` of one `MongoClient`, or its `OIDC_HUMAN_CALLBACK`. The driver keeps a token until the server
 * refuses it, and calls again: the second call reports what was given last.
 *
 * Connections that log in at once each make a call, and all but the first of these report a token that nobody has
 * refused. That costs two token requests more at most, and `await client.connect()` before the first use costs none.
 *
 * @throws `ConfigError` if this is no provider. The function rejects as `accessToken()` does.
 * @example
 * const client = new MongoClient(uri, {
 *   authMechanism: "MONGODB-OIDC",
 *   authMechanismProperties: { OIDC_CALLBACK: mongoOidc(provider) },
 * });
 */
export function mongoOidc(provider: AuthProvider): (params?: MongoOidcParams) => Promise<MongoOidcToken> {
  checkAdapter("mongoOidc", provider);
  const given = new GivenTokens(provider);
  return async (params) => {
    const signal = params?.timeoutContext;
    const { token, expiresAt } = await given.afterRefusal(signal && { signal });
    return { accessToken: token, ...(expiresAt !== undefined && { expiresInSeconds: secondsUntil(expiresAt) }) };
  };
}

function secondsUntil(instant: number): number {
  return Math.max(0, Math.floor((instant - Date.now()) / 1000));
}
