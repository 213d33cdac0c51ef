/** Keys for proofs of possession that are made here, since none is configured (RFC 9449 §4.1). */

import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { SigningAlgorithm } from "./algorithms.js";

/** An algorithm for proofs: those that servers can verify without a secret of their own. */
export type ProofAlgorithm = Exclude<SigningAlgorithm, "HS256" | "HS384" | "HS512">;

/** A new private key that signs by `algorithm`: a JWK as text, which says so. */
export async function newProofKey(algorithm: ProofAlgorithm): Promise<string> {
  const { privateKey } = await pairFor(algorithm);
  return JSON.stringify({ ...privateKey.export({ format: "jwk" }), alg: algorithm });
}

async function pairFor(algorithm: ProofAlgorithm): Promise<{ readonly privateKey: KeyObject }> {
  const namedCurve = CURVES[algorithm];
  if (namedCurve !== undefined) return promisify(generateKeyPair)("ec", { namedCurve });
  if (algorithm === "EdDSA") return promisify(generateKeyPair)("ed25519", {});
  return promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
}

/** RFC 7518 §3.4. */
const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

const RSA_BITS = 2048;
