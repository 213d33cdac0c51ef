/** Certificates beside a signature: by their thumbprints a server finds the key that it is to verify with (RFC 7515 §4.1.7, §4.1.8). */

import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import { withLineBreaks } from "./pem.js";

/** The thumbprints as header parameters. */
export interface Thumbprints {
  readonly x5t: string;
  readonly "x5t#S256": string;
}

/** Those of the first certificate in `pem`, that of whoever signs. `pem` is one from which `faultOfCertificate` has no fault. */
export function thumbprintsOf(pem: string): Thumbprints {
  const { raw } = certificateIn(pem);
  const thumbprint = (hash: string): string => createHash(hash).update(raw).digest("base64url");
  return { x5t: thumbprint("sha1"), "x5t#S256": thumbprint("sha256") };
}

/** What is wrong with a certificate. */
export function faultOfCertificate(pem: string): string | undefined {
  try {
    certificateIn(pem);
    return undefined;
  } catch {
    return pem.includes("-----BEGIN CERTIFICATE-----")
      ? "is PEM that is cut off or damaged: there is no certificate in it"
      : "must be a certificate in PEM (-----BEGIN CERTIFICATE-----)";
  }
}

/** Whether the certificate is of that private key. */
export function isCertificateOf(pem: string, key: KeyObject): boolean {
  return certificateIn(pem).checkPrivateKey(key);
}

function certificateIn(pem: string): X509Certificate {
  return new X509Certificate(withLineBreaks(pem));
}
