/** Salesforce: the `refreshFn` of jsforce. */

import { callbackify } from "node:util";
import type { AuthProvider, BareToken } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { GivenTokens } from "./given-tokens.js";

/** A `refreshFn` of jsforce. */
export type JsforceRefresh = (
  /** The connection, by its token: that is the one which was refused. */
  connection: { readonly accessToken?: string | null | undefined },
  /** Called with an error, or with the next token. */
  callback: (error: Error | null | undefined, accessToken?: string) => unknown,
) => void;

/**
 * The `refreshFn` of jsforce connections. A connection calls it when the API refuses its token, and names that: exactly
 * it is reported.
 *
 * @throws `ConfigError` if this is no provider. What `accessToken()` rejects with goes to jsforce.
 * @example
 * const connection = new Connection({ instanceUrl, refreshFn: jsforceRefresh(provider) });
 */
export function jsforceRefresh(provider: AuthProvider): JsforceRefresh {
  checkAdapter("jsforceRefresh", provider);
  const given = new GivenTokens(provider);
  return ({ accessToken: refused }, callback) => {
    callbackify(() => (refused ? replacement(given, refused) : given.current()))((error, bare) => {
      if (error) callback(error);
      else callback(null, bare.token);
    });
  };
}

/** What there is in place of a refused token. With the same one again, jsforce would ask the API for ever. */
async function replacement(given: GivenTokens, refused: string): Promise<BareToken> {
  const next = await given.afterRefusalOf(refused);
  if (next.token === refused) throw new Error("the API has refused the token, and the provider has no other");
  return next;
}
