/** Clients that are told of each new token. */

import { type AuthProvider, type BareToken, bareToken, type WatchOptions } from "faucet-auth";
import { checkAdapter, faultOfFunction, having } from "./checked.js";

/** Gets each token, and what else is known of it. It may be asynchronous: nobody waits for it, and its failure is a warning. */
export type UseToken = (token: string, bare: BareToken) => unknown;

/**
 * Calls `use` with the current token, and with each later one once it is there: for connections that stay open beyond
 * a token's life. While it does, tokens are renewed although nobody asks for one. Disposing ends it; by itself, it holds
 * no process open.
 *
 * @throws `ConfigError` if this is no provider; `TypeError` if the provider has no `watch()`. A credential that is no
 * single text is a `TypeError` for `onError`.
 * @example
 * const connection = await connect({ hostname, username: "", password: (await accessToken(provider)).token });
 * const renewing = onToken(provider, (token) => connection.updateSecret(Buffer.from(token), "renewed"));
 * @example
 * const client = mqtt.connect(url, { username, password: (await accessToken(provider)).token });
 * const renewing = onToken(provider, (token) => { client.options.password = token; });
 */
export function onToken(provider: AuthProvider, use: UseToken, options: WatchOptions = {}): Disposable {
  checkAdapter("onToken", provider, options, { onError: faultOfFunction });
  if (typeof use !== "function") throw new TypeError("onToken() takes a function that gets each token");
  return watchTokens("onToken", provider, use, options);
}

/** Watches for `adapter`. */
export function watchTokens(adapter: string, provider: AuthProvider, use: UseToken, options: WatchOptions): Disposable {
  return having("watch", provider, adapter).watch((credential) => {
    const bare = attempt(() => bareToken(credential), options.onError);
    return bare && use(bare.token, bare);
  }, options);
}

/** What `work` gives; or nothing, once `onError` has its error. */
function attempt<T>(work: () => T, onError: WatchOptions["onError"]): T | undefined {
  try {
    return work();
  } catch (error) {
    if (onError === undefined) throw error;
    onError(error);
  }
}
