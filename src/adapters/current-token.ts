/** Clients that ask for a token and cannot wait for it. */

import { type AuthProvider, accessToken, type WatchOptions } from "faucet-auth";
import { checkAdapter, faultOfFunction, having } from "./checked.js";
import { watchTokens } from "./on-token.js";

/** Gives the token at once. Disposed of, it stays at the token that it has. */
export interface CurrentToken extends Disposable {
  /** The token that came last: also if it has expired meanwhile, since its renewal fails. */
  (): string;
}

/**
 * A function that gives the current token at once, for clients whose hook is synchronous: NATS, Temporal's `apiKey`.
 * It waits for the first token. Until it is disposed of, tokens are renewed although nobody asks for one; by itself,
 * it holds no process open.
 *
 * What such a client refuses is not reported. A token that a failing renewal has left to expire is given all the same:
 * the server refuses it, and the client asks again.
 *
 * @throws `ConfigError` if this is no provider; `TypeError` if it has no `watch()`. Rejects as `accessToken()` does
 * where there is no first token.
 * @example
 * const connection = await connect({ servers, authenticator: tokenAuthenticator(await currentToken(provider)) });
 */
export async function currentToken(provider: AuthProvider, options: WatchOptions = {}): Promise<CurrentToken> {
  checkAdapter("currentToken", provider, options, { onError: faultOfFunction });
  having("watch", provider, "currentToken");
  let current = (await accessToken(provider)).token;
  const keep = (token: string): void => {
    current = token;
  };
  const watch = watchTokens("currentToken", provider, keep, options);
  return Object.assign(() => current, { [Symbol.dispose]: () => watch[Symbol.dispose]() });
}
