/** Private keys of every kind that signs, made once for each file of tests. */

import { generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const made = new Map<string, KeyPair>();

function once(name: string, make: () => KeyPair): KeyPair {
  const pair = made.get(name) ?? make();
  made.set(name, pair);
  return pair;
}

/** An RSA key. */
export function rsaKey(modulusLength = 2048): KeyPair {
  return once(`rsa ${modulusLength}`, () => generateKeyPairSync("rsa", { modulusLength }));
}

/** An RSA key that signs by PSS alone, with that hash. */
export function rsaPssKey(hashAlgorithm = "sha256"): KeyPair {
  const options = { modulusLength: 2048, hashAlgorithm, mgf1HashAlgorithm: hashAlgorithm };
  return once(`rsa-pss ${hashAlgorithm}`, () => generateKeyPairSync("rsa-pss", options));
}

/** A key on that curve. */
export function ecKey(namedCurve = "P-256"): KeyPair {
  return once(namedCurve, () => generateKeyPairSync("ec", { namedCurve }));
}

/** An Edwards-curve key. */
export function edKey(type: "ed25519" | "ed448" = "ed25519"): KeyPair {
  return once(type, () => (type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ed448")));
}

export function pem({ privateKey }: KeyPair, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8"): string {
  return privateKey.export({ type: type as "pkcs8", format: "pem" }) as string;
}

export function jwk({ privateKey }: KeyPair): JsonWebKey & { kty: string } {
  return privateKey.export({ format: "jwk" }) as JsonWebKey & { kty: string };
}
