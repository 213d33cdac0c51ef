/** Clients that call a function whenever they need a token, and take it as text. */

import { type AuthProvider, accessToken } from "faucet-auth";
import { checkAdapter } from "./checked.js";

/**
 * The bare token, for clients that call a function whenever they need one: `pg` for each connection that it opens,
 * pulsar, @platformatic/kafka. What such a client refuses is not reported: it does not say so.
 *
 * @throws `ConfigError` if this is no provider. The function rejects as `accessToken()` does.
 * @example
 * const pool = new Pool({ host, user, password: tokenFunction(provider) });
 */
export function tokenFunction(provider: AuthProvider): () => Promise<string> {
  checkAdapter("tokenFunction", provider);
  return async () => (await accessToken(provider)).token;
}
