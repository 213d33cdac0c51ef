/** What assertions are signed with, as it is just now: a private key, or a secret that both sides know (K2). */

import type { KeyObject } from "node:crypto";
import type { LiveValue } from "../live/live-value.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { defaultAlgorithm, faultOfAlgorithm, type SigningAlgorithm } from "./algorithms.js";
import { isCertificateOf, thumbprintsOf } from "./certificate.js";
import { privateKeyFrom } from "./private-key.js";

/** Something to sign with. */
export interface SigningKey {
  /**
   * The signer by what was read last. Throws a retryable `ConfigError` where parts that were read do not fit each other: one
   * of them may just be being replaced.
   */
  signer(): Signer;
  /** What does not fit, of what is known without calling a function. */
  faults(): readonly ConfigFault[];
}

/** A key, and what a signature says of it (RFC 7515 §4.1). */
export interface Signer {
  readonly key: KeyObject | Uint8Array;
  readonly header: Readonly<Record<string, string>> & { readonly alg: SigningAlgorithm };
}

/** What a signing key is made of. */
export interface SigningKeyParts {
  readonly privateKey: LiveValue;
  /** Its key in the configuration, for errors. */
  readonly at?: string;
  /** By default what the JWK says, or else what fits the key. */
  readonly algorithm?: SigningAlgorithm | undefined;
  /** The `kid`; by default that of the JWK, if it is one. */
  readonly keyId?: string | undefined;
  /** Adds its thumbprints to the header. */
  readonly certificate?: LiveValue | undefined;
  /** Why a key that can sign is of no use all the same. */
  readonly faultOfKey?: ((key: KeyObject) => string | undefined) | undefined;
}

/** A private key to sign with. */
export function signingKey(parts: SigningKeyParts): SigningKey {
  const { privateKey, certificate } = parts;
  let known: { readonly texts: readonly unknown[]; readonly outcome: Outcome } | undefined;
  const outcome = (): Outcome => {
    const texts = [privateKey.text, certificate?.text];
    if (known === undefined || texts.some((text, index) => text !== known?.texts[index])) {
      known = { texts, outcome: signerOf(parts) };
    }
    return known.outcome;
  };
  return {
    signer() {
      const made = outcome();
      if ("faults" in made) throw new ConfigError("configuration", made.faults, { retryable: true });
      return made;
    },
    faults() {
      if (privateKey.source === "function" || certificate?.source === "function") return [];
      const made = outcome();
      return "faults" in made ? made.faults : [];
    },
  };
}

/** A secret to sign with, by HMAC. */
export function signingSecret(secret: LiveValue, alg: SigningAlgorithm = "HS256"): SigningKey {
  return { signer: () => ({ key: Buffer.from(secret.text), header: { alg } }), faults: () => [] };
}

type Outcome = Signer | { readonly faults: readonly ConfigFault[] };

function signerOf(parts: SigningKeyParts): Outcome {
  const { privateKey, at = "private_key", algorithm, keyId, certificate, faultOfKey } = parts;
  const fault = (message: string, path = at): Outcome => ({ faults: [{ path, message }] });
  const found = privateKeyFrom(privateKey.text);
  if ("fault" in found) return fault(found.fault);
  const { key } = found;
  const alg = algorithm ?? found.alg ?? defaultAlgorithm(key);
  const misfit = faultOfAlgorithm(key, alg) ?? faultOfKey?.(key);
  if (misfit !== undefined) return fault(misfit);
  if (certificate !== undefined && !isCertificateOf(certificate.text, key)) {
    return fault(`is not the certificate of ${at}: it has another public key`, "certificate");
  }
  const kid = keyId ?? found.kid;
  const thumbprints = certificate === undefined ? {} : thumbprintsOf(certificate.text);
  return { key, header: { alg, ...(kid !== undefined && { kid }), ...thumbprints } };
}
