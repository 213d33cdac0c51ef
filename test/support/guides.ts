/** What the blocks of the guides refer to: the files that they name, with what fits there, and the variables. */

import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vi } from "vitest";
import { parse } from "yaml";

/** The YAML blocks of a guide that have an `auth:` block, by the heading above them. */
export async function yamlBlocksOf(guide: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(new URL(`../../docs/${guide}`, import.meta.url), "utf8");
  const sections = text.split(/^## /m).map((section): [string, string[]] => {
    const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, code = ""]) => code);
    return [section.split("\n")[0] ?? "", blocks.filter((code) => /^auth:/m.test(code))];
  });
  return new Map(sections.filter(([, blocks]) => blocks.length > 0));
}

/**
 * Writes `yaml` into `folder`, and the files that it names; absolute ones stand below the folder too. Sets the variables that it
 * refers to, which `vi.unstubAllEnvs` takes back. Gives the document's path.
 */
export function placeDocument(yaml: string, folder: string): string {
  for (const [, name = ""] of yaml.matchAll(/\$\{(?:env|secret):(\w+)/g)) vi.stubEnv(name, textFor(name, folder));
  const own = yaml.replace(/(file|path|key_file): \/(?=var|run|etc)/g, "$1: ./");
  for (const [, path = ""] of own.matchAll(/\$\{file:([^}]+)\}/g)) {
    place(join(folder, path), contentOf(path.endsWith(".pem") ? "private_key" : ""));
  }
  for (const { key, path } of filesIn(parse(own)?.auth)) {
    const [, variable = ""] = /^\$\{env:(\w+)\}$/.exec(path) ?? [];
    place(variable === "" ? join(folder, path) : textFor(variable, folder), contentOf(key));
  }
  const document = join(folder, "document.yaml");
  writeFileSync(document, own);
  return document;
}

/** A key for what is called so, a path for what is called a file. */
function textFor(name: string, folder: string): string {
  if (/STATE_KEY$/.test(name)) return Buffer.alloc(32, name).toString("base64");
  if (/_JWK$/.test(name)) return JSON.stringify(guideKey().jwk);
  return /_FILE$/.test(name) ? join(folder, name) : "s3cr3t";
}

interface NamedFile {
  /** The key of the configuration that it is for. */
  readonly key: string;
  readonly path: string;
}

/** `key: { file: PATH }`, and paths that are keys themselves. */
function filesIn(value: unknown, key = ""): NamedFile[] {
  if (typeof value !== "object" || value === null) return [];
  const { file, source, path, key_file } = value as Record<string, unknown>;
  const named: NamedFile[] = [];
  if (typeof file === "string" && Object.keys(value).length === 1) named.push({ key, path: file });
  if (source === "file" && typeof path === "string") named.push({ key: "path", path });
  if (typeof key_file === "string") named.push({ key: "key_file", path: key_file });
  return [...named, ...Object.entries(value).flatMap(([name, inner]) => filesIn(inner, name))];
}

function contentOf(key: string): string | Buffer {
  const { pem, certificate, archive } = guideKey();
  if (key === "pfx") return archive;
  if (key === "private_key" || key === "key") return pem;
  if (["certificate", "cert", "ca"].includes(key)) return certificate;
  const account = { type: "service_account", client_email: "reports@acme.iam.gserviceaccount.com", private_key: pem };
  return key === "key_file" ? JSON.stringify(account) : "s3cr3t\n";
}

function place(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** The one key of all guides, with its certificate. */
export interface GuideKey {
  readonly pem: string;
  readonly certificate: string;
  /** Both in one (PKCS#12), with the passphrase that stands in for every secret. */
  readonly archive: Buffer;
  readonly jwk: object;
}

let made: GuideKey | undefined;

/** An RSA key, and a certificate that it has signed itself. */
export function guideKey(): GuideKey {
  made ??= makeKey();
  return made;
}

function makeKey(): GuideKey {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const folder = mkdtempSync(join(tmpdir(), "faucet-auth-"));
  try {
    const [keyFile, certFile] = [join(folder, "key"), join(folder, "crt")];
    writeFileSync(keyFile, pem);
    execFileSync("openssl", ["req", "-x509", "-key", keyFile, "-subj", "/CN=reports", "-days", "1", "-out", certFile]);
    const certificate = readFileSync(certFile, "utf8");
    const archive = execFileSync("openssl", [
      "pkcs12",
      "-export",
      "-inkey",
      keyFile,
      "-in",
      certFile,
      "-passout",
      "pass:s3cr3t",
    ]);
    return { pem, certificate, archive, jwk: { ...privateKey.export({ format: "jwk" }), kid: "kid-of-the-jwk" } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
