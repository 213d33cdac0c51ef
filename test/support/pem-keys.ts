/** Keys for tests that sign, made once for each file: to make one of RSA takes a moment. */

import { generateKeyPairSync, type KeyObject } from "node:crypto";

export interface TestKey {
  readonly publicKey: KeyObject;
  /** PKCS#8. */
  readonly pem: string;
}

export function rsaKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { publicKey, pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

export function ecKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey, pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}
