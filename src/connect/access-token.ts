/** The bare token, for clients that take a text and not a request. */

import type { AuthProvider } from "../auth-provider.js";
import { Credential, type SignerCredential } from "../values/credential.js";
import { tokenOf } from "../values/credential-content.js";
import type { CallOptions } from "../values/issued.js";

/** A token as text, and what it was taken from. */
export interface BareToken {
  /** The token of a bearer or a raw token; the token that `apply_as` has put elsewhere; else the whole value of a header. */
  readonly token: string;
  /** When this very token expires, in milliseconds since the epoch; absent where that is not known. */
  readonly expiresAt?: number;
  /** The credential itself: hand it to `provider.invalidate()` if the token is refused. */
  readonly credential: Credential;
}

/**
 * The current token of `provider` as text. A credential put into a text is only `***`; this is the way to
 * its token.
 *
 * @throws `TypeError` if the credential is not a single text: user name and password, or several headers.
 * Rejects also as `provider.getToken()` does.
 * @example
 * const { token, expiresAt } = await accessToken(provider);
 * const client = new ApiClient({ token, expiresAt });
 */
export async function accessToken(provider: AuthProvider, options?: CallOptions): Promise<BareToken> {
  if (typeof provider?.getToken !== "function") {
    throw new TypeError("accessToken() takes a provider: an object with getToken()");
  }
  return bareToken(await provider.getToken(options));
}

/**
 * `credential` as text: of what `provider.invalidate()` gives, and of what a watch hears.
 *
 * @throws `TypeError` if it is not a single text: user name and password, or several headers.
 * @example
 * const { token } = bareToken(await provider.invalidate(refused));
 */
export function bareToken(credential: Credential): BareToken {
  const token = textOf(credential);
  const expiresAt = Credential.expiresAt(credential);
  return { token, ...(expiresAt !== undefined && { expiresAt }), credential };
}

function textOf(credential: Credential): string {
  const token = tokenOf(credential);
  if (token !== undefined) return token;
  if (credential?.type === "signer")
    throw new TypeError(`${whatSigns(credential)}; send it with authFetch or authInterceptor`);
  throw new TypeError(
    `a credential of type ${JSON.stringify(credential?.type)} is not a single text; ` +
      "put it onto a request with applyCredential() or credentialHeaders()",
  );
}

function whatSigns({ scheme }: SignerCredential): string {
  return scheme === "DPoP"
    ? "a DPoP token is bound to a key, and each request needs a proof of it"
    : `each request is signed by ${JSON.stringify(scheme)}, which is no single text`;
}
