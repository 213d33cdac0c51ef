/** Private keys as configurations have them: PEM (RFC 7468, RFC 5958, PKCS#1, SEC 1), or a JWK (RFC 7517). */

import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isGiven } from "../config/check.js";
import { isObject } from "../http/json-object.js";
import { parseJson } from "../values/parse-json.js";
import { PRIVATE_KEY_ALGORITHMS, type SigningAlgorithm } from "./algorithms.js";
import { withLineBreaks } from "./pem.js";

/** A private key, and what it says of itself if it is a JWK. */
export interface PrivateKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  readonly alg: SigningAlgorithm | undefined;
}

/** The key that `text` is, or what is wrong with it, without repeating any of it. */
export function privateKeyFrom(text: string): PrivateKey | { readonly fault: string } {
  const jwk = parseJson(text);
  return jwk === undefined ? fromPem(text) : fromJwk(jwk);
}

function fromPem(text: string): PrivateKey | { readonly fault: string } {
  if (!text.includes("-----BEGIN ")) return { fault: "is neither PEM (-----BEGIN PRIVATE KEY-----) nor a JWK" };
  if (isEncryptedPem(text)) {
    return { fault: "is encrypted; give the decrypted key: openssl pkcs8 -in key.pem -topk8 -nocrypt" };
  }
  if (!/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(text)) {
    return { fault: "is PEM, but no private key: it needs -----BEGIN PRIVATE KEY-----" };
  }
  try {
    return { key: createPrivateKey(withLineBreaks(text)), kid: undefined, alg: undefined };
  } catch {
    return { fault: "is PEM that is cut off or damaged: there is no private key in it" };
  }
}

/** Whether `text` is a private key in PEM that needs a passphrase (RFC 5958 §3, RFC 1421 §4.6.1.1). */
export function isEncryptedPem(text: string): boolean {
  return /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(withLineBreaks(text));
}

/** What is wrong with a private key in PEM, as far as that can be told without its passphrase. */
export function faultOfPemKey(text: string): string | undefined {
  const found = isEncryptedPem(text) ? undefined : fromPem(text);
  return found && "fault" in found ? found.fault : undefined;
}

function fromJwk(jwk: unknown): PrivateKey | { readonly fault: string } {
  if (!isObject(jwk)) return { fault: "is JSON, but no JWK: it must be an object" };
  if (Array.isArray(jwk.keys)) return { fault: "is a set of JWKs; give the one key of it that is meant" };
  const { kty, d, use, kid, alg } = jwk;
  if (kty === "oct") return { fault: "is a symmetric JWK; its method needs a private key" };
  if (typeof d !== "string" && ["RSA", "EC", "OKP"].includes(String(kty))) {
    return { fault: "is the JWK of a public key: the private one has d" };
  }
  if (isGiven(use) && use !== "sig") return { fault: "is a JWK that is not for signing: its use says so" };
  if (typeof alg === "string" && !(PRIVATE_KEY_ALGORITHMS as readonly string[]).includes(alg)) {
    return { fault: `is a JWK whose alg is not for signing; known are ${PRIVATE_KEY_ALGORITHMS.join(", ")}` };
  }
  try {
    const key = createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" });
    return { key, kid: isGiven(kid) ? String(kid) : undefined, alg: alg as SigningAlgorithm | undefined };
  } catch {
    return { fault: "is a JWK that is cut off or damaged: there is no private key in it" };
  }
}
