/** A token that is bound to a key (RFC 9449 §7): each request shows the token and a proof of its own. */

import { Credential, type SignerCredential } from "../values/credential.js";
import type { DpopNonces } from "./dpop-nonces.js";
import type { DpopProver } from "./dpop-proof.js";

/** `token` as a credential, whose proofs `prover` makes. */
export function dpopCredential(token: string, prover: DpopProver, nonces: DpopNonces): SignerCredential {
  return Credential.signer({
    scheme: "DPoP",
    secret: token,
    sign({ method, url }) {
      const nonce = nonces.of(new URL(url).origin);
      const proof = prover.proof({ method, url, nonce, accessToken: token });
      return Credential.headers({ authorization: `DPoP ${token}`, dpop: proof });
    },
    isChallenge({ origin, status, headers }) {
      const isNew = nonces.note(origin, headers.get("dpop-nonce"));
      return isNew && status === 401 && /\berror="?use_dpop_nonce\b/i.test(headers.get("www-authenticate") ?? "");
    },
  });
}
