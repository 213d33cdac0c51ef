/** The JWS algorithms (RFC 7518 §3.1, RFC 8037), and which of them a private key can sign by. */

import type { KeyObject } from "node:crypto";

/** The algorithms that sign with a private key. */
export const PRIVATE_KEY_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const satisfies readonly SigningAlgorithm[];

/** The algorithms that sign with a secret that both sides know. */
export const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const satisfies readonly SigningAlgorithm[];

/** An algorithm that an assertion is signed by. */
export type SigningAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "HS256"
  | "HS384"
  | "HS512";

/** What `key` signs by where nobody says otherwise: the first that it fits. A key of no known kind fits none. */
export function defaultAlgorithm(key: KeyObject): SigningAlgorithm {
  return PRIVATE_KEY_ALGORITHMS.find((algorithm) => faultOfAlgorithm(key, algorithm) === undefined) ?? "RS256";
}

/** Why `key` cannot sign by `algorithm`; it follows the words "private_key". */
export function faultOfAlgorithm(key: KeyObject, algorithm: string): string | undefined {
  const { asymmetricKeyType: type = "", asymmetricKeyDetails: details = {} } = key;
  const kind = type === "ec" ? `an EC key of the curve ${details.namedCurve}` : `a key of the type ${type}`;
  const misfit = `is ${kind}, which cannot sign by ${algorithm}`;
  if (/^[RP]S/.test(algorithm)) {
    const isOfType = type === "rsa" || (type === "rsa-pss" && algorithm.startsWith("PS"));
    if (!isOfType) return misfit;
    const { modulusLength = 0, hashAlgorithm } = details;
    if (modulusLength < LEAST_RSA_BITS) {
      return `is an RSA key of ${modulusLength} bits; to sign it needs ${LEAST_RSA_BITS} (RFC 7518 §3.3)`;
    }
    const isOtherHash = hashAlgorithm !== undefined && hashAlgorithm !== `sha${algorithm.slice(2)}`;
    return isOtherHash ? `is an RSA-PSS key for ${hashAlgorithm}, which cannot sign by ${algorithm}` : undefined;
  }
  if (algorithm.startsWith("ES")) {
    return type === "ec" && details.namedCurve === CURVES[algorithm] ? undefined : misfit;
  }
  return algorithm === "EdDSA" && (type === "ed25519" || type === "ed448") ? undefined : misfit;
}

const LEAST_RSA_BITS = 2048;

/** The curve of each algorithm (RFC 7518 §3.4), by OpenSSL's name. */
const CURVES: Readonly<Record<string, string>> = { ES256: "prime256v1", ES384: "secp384r1", ES512: "secp521r1" };
