/** A token that is bound to a key (RFC 9449 §7): each request shows the token and a proof of its own. */

import { Credential, type SignerCredential } from "../values/credential.js";
import { type DpopNonces, NONCE_WANTED } from "./dpop-nonces.js";
import type { DpopProver } from "./dpop-proof.js";

/** `token` as a credential, whose proofs `prover` makes. Throws a `TypeError` for a token that no header can carry. */
export function dpopCredential(token: string, prover: DpopProver, nonces: DpopNonces): SignerCredential {
  const { token: authorization } = Credential.token(`DPoP ${Credential.token(token).token}`);
  return Credential.signer({
    scheme: "DPoP",
    secret: token,
    sign({ method, url }) {
      const nonce = nonces.of(new URL(url).origin);
      return Credential.headers({ authorization, dpop: prover.proof({ method, url, nonce, accessToken: token }) });
    },
    // A request may have been signed before another one has brought the nonce: whether that is new says nothing.
    isChallenge({ origin, status, headers }) {
      nonces.note(origin, headers.get("dpop-nonce"));
      return status === 401 && WANTS_NONCE.test(headers.get("www-authenticate") ?? "");
    },
  });
}

/** As a parameter of a challenge (RFC 9110 §11.2), of which white space around the sign is part. */
const WANTS_NONCE = new RegExp(`\\berror\\s*=\\s*"?${NONCE_WANTED}\\b`, "i");
