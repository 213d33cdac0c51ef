/** The keys by which a client is shown by an assertion (RFC 7523 §2.2): one that it signs, or one that others issue to it. */

import * as z from "zod/mini";
import { type Field, optional, seconds, text, withDefault } from "../config/fields.js";
import { shaped, TOKEN_SHAPE } from "../config/shapes.js";
import { type LiveText, liveText } from "../live/live-text.js";
import { PRIVATE_KEY_ALGORITHMS, SECRET_ALGORITHMS, type SigningAlgorithm } from "../signing/algorithms.js";
import { faultOfCertificate } from "../signing/certificate.js";
import { type PrivateKeyConfig, privateKeyField } from "../signing/private-key-field.js";
import { DEFAULT_LIFETIME_SECS, LONGEST_LIFETIME_SECS } from "../signing/signed-assertion.js";

/** What an assertion of a client is made of, as configured. */
export interface ClientAssertionConfig {
  /** The key that signs for `private_key_jwt`: PEM (PKCS#8, PKCS#1, SEC 1) or a JWK, as text, in a file, or as a mapping. */
  readonly private_key?: PrivateKeyConfig | null;
  /** The `kid` of the signature (RFC 7515 §4.1.4). By default that of the JWK, if the key is one. */
  readonly private_key_id?: string | null;
  /**
   * What an assertion is signed by (RFC 7518 §3.1): for `private_key_jwt` RS, PS or ES with 256, 384 or 512, or EdDSA; for
   * `client_secret_jwt` HS256, HS384 or HS512.
   *
   * @default what the JWK says, or else fits the key: RS256 for RSA; HS256 for a secret
   */
  readonly token_endpoint_auth_signing_alg?: SigningAlgorithm | null;
  /** The certificate of `private_key`, in PEM: its thumbprints `x5t#S256` and `x5t` go into the signature. */
  readonly certificate?: LiveText | null;
  /**
   * The `aud` of an assertion.
   *
   * @default the token endpoint
   */
  readonly assertion_audience?: string | null;
  /** Further claims of an assertion, beside `iss`, `sub`, `aud`, `jti`, `iat` and `exp`. */
  readonly assertion_claims?: Readonly<Record<string, unknown>> | null;
  /**
   * Seconds for which an assertion is good, at most 300. Each request has one of its own.
   *
   * @default 240
   */
  readonly assertion_lifetime_secs?: number | null;
  /**
   * The type of `client_assertion` (RFC 7521 §4.2).
   *
   * @default urn:ietf:params:oauth:client-assertion-type:jwt-bearer
   */
  readonly client_assertion_type?: string | null;
}

/** The type of an assertion that is a JWT (RFC 7523 §2.2). */
const JWT_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The fields for those keys. */
export const clientAssertionFields = () => ({
  private_key: optional(privateKeyField("private_key")),
  private_key_id: optional(text()),
  token_endpoint_auth_signing_alg: optional(signingAlgorithm()),
  certificate: optional(liveText("certificate", { faultOf: faultOfCertificate })),
  assertion_audience: optional(text()),
  assertion_claims: optional(z.record(z.string(), z.unknown())),
  assertion_lifetime_secs: withDefault(seconds(LONGEST_LIFETIME_SECS), DEFAULT_LIFETIME_SECS),
  client_assertion: optional(shaped(liveText("client_assertion"), TOKEN_SHAPE)),
  client_assertion_type: withDefault(text(), JWT_BEARER_ASSERTION),
});

function signingAlgorithm(): Field<SigningAlgorithm> {
  return z.enum([...PRIVATE_KEY_ALGORITHMS, ...SECRET_ALGORITHMS]);
}
