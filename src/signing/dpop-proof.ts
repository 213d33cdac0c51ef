/**
 * Proofs of possession (RFC 9449 §4): a JWT for each request that shows who holds the key that a token is bound to. They are
 * made at once, since a request gets its headers at once.
 */

import { constants, createHash, createPublicKey, type KeyObject, randomUUID, sign } from "node:crypto";
import type { Clock } from "../values/clock.js";
import type { SigningAlgorithm } from "./algorithms.js";

/** What a proof says of its request (RFC 9449 §4.2). */
export interface ProofContent {
  readonly method: string;
  readonly url: string;
  /** What the server has asked to be shown. */
  readonly nonce?: string | undefined;
  /** The token that goes with it; absent in a token request. */
  readonly accessToken?: string | undefined;
}

/** Makes proofs by one key. */
export class DpopProver {
  readonly #key: KeyObject;
  readonly #header: string;
  readonly #algorithm: SigningAlgorithm;
  readonly #clock: Clock;
  /** The key's thumbprint (RFC 7638), to which tokens are bound. */
  readonly thumbprint: string;

  constructor(key: KeyObject, algorithm: SigningAlgorithm, clock: Clock) {
    const jwk = publicMembersOf(key);
    this.#key = key;
    this.#algorithm = algorithm;
    this.#clock = clock;
    this.#header = segment({ typ: "dpop+jwt", alg: algorithm, jwk });
    this.thumbprint = digest(JSON.stringify(jwk));
  }

  /** A new proof, with a `jti` that no other has. */
  proof({ method, url, nonce, accessToken }: ProofContent): string {
    const claims = {
      jti: randomUUID(),
      htm: method,
      htu: withoutQuery(url),
      iat: Math.floor(this.#clock() / 1000),
      ...(accessToken !== undefined && { ath: digest(accessToken) }),
      ...(nonce !== undefined && { nonce }),
    };
    const signed = `${this.#header}.${segment(claims)}`;
    return `${signed}.${signature(signed, this.#key, this.#algorithm).toString("base64url")}`;
  }
}

/** The members that a thumbprint is made of, in the order that RFC 7638 §3.2 wants; they are the whole public key. */
function publicMembersOf(key: KeyObject): Record<string, string | undefined> {
  const { kty, crv, x, y, e, n } = createPublicKey(key).export({ format: "jwk" });
  if (kty === "RSA") return { e, kty, n };
  return kty === "EC" ? { crv, kty, x, y } : { crv, kty, x };
}

function signature(text: string, key: KeyObject, algorithm: SigningAlgorithm): Buffer {
  const data = Buffer.from(text);
  if (algorithm === "EdDSA") return sign(null, data, key);
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("ES")) return sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
  const padding = algorithm.startsWith("PS") ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}

/** RFC 9449 §4.2: `htu` is the target URI without query and fragment. User name and password are no part of what is sent. */
function withoutQuery(url: string): string {
  const target = new URL(url);
  [target.search, target.hash, target.username, target.password] = ["", "", "", ""];
  return target.href;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
