/** An assertion that is signed anew for each request, as the configuration of a grant has it (RFC 7523 §2.1, §3; K4). */

import * as z from "zod/mini";
import { lazily, type Relation, redactKey } from "../config/check.js";
import { optional, type Settings, seconds, text, withDefault } from "../config/fields.js";
import { faultsOfJson } from "../config/json-value.js";
import { isObject } from "../http/json-object.js";
import { withoutUserinfo } from "../http/url.js";
import { PRIVATE_KEY_ALGORITHMS, type SigningAlgorithm } from "../signing/algorithms.js";
import { type PrivateKeyConfig, privateKeyField } from "../signing/private-key-field.js";
import { DEFAULT_LIFETIME_SECS, OWN_CLAIMS, signedAssertion } from "../signing/signed-assertion.js";
import { type SigningKey, signingKey } from "../signing/signing-key.js";
import type { Clock } from "../values/clock.js";
import type { ConfigFault } from "../values/errors.js";

/** What an assertion is made of that is signed for each request. */
export interface SignedAssertionConfig {
  /** The key that signs: PEM (PKCS#8, PKCS#1, SEC 1) or a JWK, as text, in a file, or as a mapping. */
  readonly private_key: PrivateKeyConfig;
  /** The `kid` of the signature (RFC 7515 §4.1.4). By default that of the JWK, if the key is one. */
  readonly private_key_id?: string | null;
  /**
   * What it is signed by (RFC 7518 §3.1): RS, PS or ES with 256, 384 or 512, or EdDSA.
   * @default what the JWK says, or else fits the key: RS256 for RSA
   */
  readonly signing_alg?: SigningAlgorithm | null;
  /** Who has issued the assertion: its `iss`, for many servers the client's id. */
  readonly iss: string;
  /** For whom it speaks: its `sub`, the user or the account. Not sent where there is none. */
  readonly sub?: string | null;
  /**
   * For which server it is: its `aud`.
   * @default the token endpoint
   */
  readonly aud?: string | null;
  /** Further claims, beside `iss`, `sub`, `aud`, `jti`, `iat` and `exp`. */
  readonly claims?: Readonly<Record<string, unknown>> | null;
  /**
   * Seconds for which it is good, at most 3600. Many servers take no more than 300.
   * @default 240
   */
  readonly lifetime_secs?: number | null;
}

const LONGEST_LIFETIME_SECS = 3600;

const fields = () => ({
  private_key: privateKeyField("assertion.private_key", { role: "grant" }),
  private_key_id: optional(text()),
  signing_alg: optional(z.enum(PRIVATE_KEY_ALGORITHMS)),
  iss: text(),
  sub: optional(text()),
  aud: optional(text()),
  claims: optional(z.record(z.string(), z.unknown())),
  lifetime_secs: withDefault(seconds(LONGEST_LIFETIME_SECS), DEFAULT_LIFETIME_SECS),
});

/** The field for it. */
export const signedAssertionField = () => z.strictObject(fields());

/** That in its normal form. */
export type SignedAssertion = Settings<typeof fields>;

const keys = lazily(() => Object.keys(fields()));

/** Whether `given` describes an assertion to sign, however incompletely, and does not present or refer to one. */
export function isSignedAssertion(given: unknown): given is Readonly<Record<string, unknown>> {
  return isObject(given) && keys().some((key) => Object.hasOwn(given, key));
}

/** Extra claims must not replace those that make the assertion what it is. */
export const claimsKeepTheAssertion: Relation = ({ assertion }) => {
  const claims = isSignedAssertion(assertion) ? assertion.claims : undefined;
  if (!isObject(claims)) return [];
  const replaced = Object.keys(claims).flatMap((name): ConfigFault[] => {
    const path = `assertion.claims.${redactKey(name)}`;
    if (KEYS_OF_CLAIMS.includes(name)) return [{ path, message: `is a key of its own: assertion.${name}` }];
    return OWN_CLAIMS.includes(name) ? [{ path, message: "is set for each request" }] : [];
  });
  return [...replaced, ...faultsOfJson(claims, "assertion.claims")];
};

const KEYS_OF_CLAIMS: readonly string[] = ["iss", "sub", "aud"];

/** Makes such assertions. */
export class AssertionSigner {
  readonly #assertion: SignedAssertion;
  readonly #key: SigningKey;
  readonly #clock: Clock;

  constructor(assertion: SignedAssertion, clock: Clock) {
    this.#assertion = assertion;
    this.#key = keyOf(assertion);
    this.#clock = clock;
  }

  /** A new one for the token endpoint, by what the key is just now. */
  sign(tokenUrl: URL): Promise<string> {
    const { iss, sub, aud = withoutUserinfo(tokenUrl), claims, lifetime_secs: lifetimeSecs } = this.#assertion;
    const content = { claims: { ...claims, iss, ...(sub && { sub }), aud }, lifetimeSecs };
    return signedAssertion(this.#key.signer(), content, this.#clock);
  }
}

/** What is wrong with the key, as far as it is known before a function is called. */
export function faultsOfAssertionKey(assertion: SignedAssertion): readonly ConfigFault[] {
  return keyOf(assertion).faults();
}

function keyOf({
  private_key: privateKey,
  private_key_id: keyId,
  signing_alg: algorithm,
}: SignedAssertion): SigningKey {
  return signingKey({ privateKey, at: "assertion.private_key", keyId, algorithm });
}
