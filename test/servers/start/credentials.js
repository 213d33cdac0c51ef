/** The keys and certificates of one run, made anew each time: of the servers, and of the clients that they know. */

import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @typedef {{ key: string, cert: string }} Certificate */
/** @typedef {Awaited<ReturnType<typeof makeCredentials>>} Credentials */

/** What client certificates are issued to. */
export const TLS_CLIENT = "CN=pipeline";

/** Makes them, as files for servers and as text for clients, in a folder of their own. */
export async function makeCredentials() {
  const folder = await mkdtemp(join(tmpdir(), "faucet-auth-servers-"));
  const ca = await makeCertificate(folder, "ca", "CN=faucet-auth tests", "basicConstraints=critical,CA:TRUE");
  const server = await makeCertificate(
    folder,
    "server",
    "CN=localhost",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ca,
  );
  const issued = await makeCertificate(folder, "client", TLS_CLIENT, "extendedKeyUsage=clientAuth", ca);
  const selfSigned = await makeCertificate(folder, "self-signed", TLS_CLIENT, "extendedKeyUsage=clientAuth");
  // Of whom a server takes a client certificate.
  await writeFile(join(folder, "trusted.pem"), ca.cert + selfSigned.cert);
  const signing = signingKey();
  return {
    folder,
    ca,
    server,
    /** For tls_client_auth, with the certificate that issued it. */
    tlsClient: { key: issued.key, cert: issued.cert + ca.cert },
    /** For self_signed_tls_client_auth. */
    selfSigned,
    /** For private_key_jwt: the private key as PEM. */
    signingKey: signing.pem,
    /** What clients publish: the other halves of their keys. */
    jwks: { keys: [signing.jwk, certificateJwk(selfSigned.cert)] },
  };
}

/**
 * A certificate for a key of its own, issued by `ca` or by itself; good for two days. Its files are `NAME.pem` and `NAME.key`.
 * @param {string} folder @param {string} name @param {string} subject @param {string} extension @param {object} [ca]
 * @returns {Promise<Certificate>}
 */
async function makeCertificate(folder, name, subject, extension, ca) {
  const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
  const issuer = ca === undefined ? [] : ["-CA", "ca.pem", "-CAkey", "ca.key"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const who = ["-subj", `/${subject}`, "-addext", extension, "-days", "2"];
  await run("openssl", ["req", "-x509", ...key, ...who, ...issuer, ...files], { cwd: folder });
  const [keyText, cert] = await Promise.all(
    [`${name}.key`, `${name}.pem`].map((file) => readFile(join(folder, file), "utf8")),
  );
  return { key: keyText ?? "", cert: cert ?? "" };
}

function signingKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "pipeline-1", alg: "ES256", use: "sig" };
  return { pem: String(privateKey.export({ type: "pkcs8", format: "pem" })), jwk };
}

/** RFC 8705 §2.2.2: how a client publishes a certificate that it signed itself. @param {string} pem */
function certificateJwk(pem) {
  const certificate = new X509Certificate(pem);
  const jwk = certificate.publicKey.export({ format: "jwk" });
  const x5c = [certificate.raw.toString("base64")];
  const thumbprint = createHash("sha256").update(certificate.raw).digest("base64url");
  return { ...jwk, kid: "self-signed", use: "sig", x5c, "x5t#S256": thumbprint };
}
