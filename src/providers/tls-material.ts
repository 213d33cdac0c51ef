/** The certificates of a connection as they are just now, and what is wrong with them together (H11, V3). */

import { createPrivateKey, type KeyObject } from "node:crypto";
import type { TlsMaterial } from "../http/own-dispatcher.js";
import type { LiveValue } from "../live/live-value.js";
import { isCertificateOf } from "../signing/certificate.js";
import { withLineBreaks } from "../signing/pem.js";
import { isEncryptedPem } from "../signing/private-key.js";
import type { ConfigFault } from "../values/errors.js";
import type { TlsSettings } from "./connection-config.js";

/** What was read last. */
export function materialOf({ cert, key, ca, passphrase, pfx }: TlsSettings): TlsMaterial {
  return {
    cert: cert && withLineBreaks(cert.text),
    key: key && withLineBreaks(key.text),
    ca: ca && withLineBreaks(ca.text),
    passphrase: passphrase?.text,
    pfx: pfx && Buffer.from(pfx.text, "base64"),
  };
}

/** The values that are given. */
export function valuesOf({ cert, key, ca, passphrase, pfx }: TlsSettings): readonly LiveValue[] {
  return [cert, key, ca, passphrase, pfx].filter((value) => value !== undefined);
}

/** What is wrong with them together, unless a function must be called to know. */
export function faultsOfTls(settings: TlsSettings | undefined): readonly ConfigFault[] {
  const isKnown = settings !== undefined && valuesOf(settings).every(({ source }) => source !== "function");
  return isKnown ? faultsOfMaterial(materialOf(settings)) : [];
}

/** What is wrong with certificates that do not fit their key, or cannot be opened. */
export function faultsOfMaterial(material: TlsMaterial): readonly ConfigFault[] {
  const { cert, key, passphrase, pfx } = material;
  if (pfx !== undefined) return faultsOfArchive(pfx, passphrase);
  if (key === undefined || cert === undefined) return [];
  const opened = opening(key, passphrase);
  if (opened === undefined) {
    return passphrase === undefined
      ? [{ path: "tls.passphrase", message: "is required: tls.key is encrypted" }]
      : [{ path: "tls.passphrase", message: "does not open tls.key" }];
  }
  return isCertificateOf(cert, opened) ? [] : [{ path: "tls.key", message: "is not the key of tls.cert" }];
}

function opening(key: string, passphrase: string | undefined): KeyObject | undefined {
  if (isEncryptedPem(key) && passphrase === undefined) return undefined;
  try {
    return createPrivateKey({ key, passphrase });
  } catch {
    return undefined;
  }
}

/** Only TLS itself can open an archive. */
function faultsOfArchive(pfx: Buffer, passphrase: string | undefined): readonly ConfigFault[] {
  try {
    // Not imported, since that takes longer than the rest of this package.
    process.getBuiltinModule?.("node:tls").createSecureContext({ pfx, passphrase });
    return [];
  } catch (error) {
    const { message } = error as Error;
    if (/mac verify/i.test(message)) {
      const what = passphrase === undefined ? "is required: tls.pfx is encrypted" : "does not open tls.pfx";
      return [{ path: "tls.passphrase", message: what }];
    }
    const isOld = /unsupported/i.test(message);
    return [{ path: "tls.pfx", message: isOld ? TOO_OLD : "is no archive (PKCS#12), or is cut off or damaged" }];
  }
}

const TOO_OLD = "is encrypted in a way that OpenSSL 3 no longer takes; export it anew: openssl pkcs12 -export";
