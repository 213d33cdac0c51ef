/** Certificates that a test makes for itself, by openssl: an authority, and what it issues. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { newFolder } from "./folder.js";

const run = promisify(execFile);

/** A private key with its certificate, as PEM and as the files that they stand in. */
export interface IssuedCertificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

/** Issues certificates that are good for a day. */
export interface CertificateAuthority extends IssuedCertificate {
  issue(subject: string): Promise<IssuedCertificate>;
}

/** A self-signed certificate for a new key. */
export async function selfSigned(subject: string, folder?: string): Promise<IssuedCertificate> {
  const place = await placeFor(subject, folder);
  await openssl("req", "-x509", ...NEW_KEY, "-subj", `/CN=${subject}`, "-days", "1", ...place.out, ...LOOPBACK);
  return place.read();
}

/** A new authority, whose files are removed when the test ends. */
export async function certificateAuthority(subject = "authority"): Promise<CertificateAuthority> {
  const folder = await newFolder();
  const own = await selfSigned(subject, folder);
  return {
    ...own,
    async issue(name) {
      const place = await placeFor(name, folder);
      const signing = ["-CA", own.certFile, "-CAkey", own.keyFile];
      await openssl(
        "req",
        "-x509",
        ...signing,
        ...NEW_KEY,
        "-subj",
        `/CN=${name}`,
        "-days",
        "1",
        ...place.out,
        ...LOOPBACK,
      );
      return place.read();
    },
  };
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const LOOPBACK = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];

async function placeFor(name: string, given: string | undefined) {
  const folder = given ?? (await newFolder());
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  return {
    out: ["-keyout", keyFile, "-out", certFile],
    async read(): Promise<IssuedCertificate> {
      const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
      return { key, cert, keyFile, certFile };
    },
  };
}

async function openssl(...args: string[]): Promise<void> {
  await run("openssl", args);
}

/** The two in one archive (PKCS#12), with that passphrase. */
export async function archiveOf({ keyFile, certFile }: IssuedCertificate, passphrase: string): Promise<Buffer> {
  const path = `${keyFile}.p12`;
  await openssl(
    "pkcs12",
    "-export",
    "-inkey",
    keyFile,
    "-in",
    certFile,
    "-out",
    path,
    "-passout",
    `pass:${passphrase}`,
  );
  return readFile(path);
}

/** The key as PEM that needs that passphrase. */
export async function encryptedKey({ keyFile }: IssuedCertificate, passphrase: string): Promise<string> {
  const path = `${keyFile}.enc`;
  await openssl("pkcs8", "-topk8", "-in", keyFile, "-out", path, "-passout", `pass:${passphrase}`);
  return readFile(path, "utf8");
}
