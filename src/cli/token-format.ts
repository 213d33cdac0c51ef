/** How a credential is written for whoever asked: a shell, curl, kubectl, or a program (L2). */

import { bareToken, Credential, type Credential as CredentialType, credentialHeaders } from "faucet-auth";
import { CommandFailure } from "./exit-status.js";

/** Writes a credential as text, with a line break at its end. Throws where it cannot be written so. */
export type TokenFormat = (credential: CredentialType, env: Readonly<Record<string, string | undefined>>) => string;

/** By the name that `--format` has for it. */
export const TOKEN_FORMATS = {
  raw: (credential) => `${bareToken(credential).token}\n`,
  json: (credential) => `${JSON.stringify(contentOf(credential))}\n`,
  header: (credential) => headerLines(credential).join(""),
  "exec-credential": (credential, env) => `${JSON.stringify(execCredential(credential, env))}\n`,
} as const satisfies Readonly<Record<string, TokenFormat>>;

/** Header fields as `curl -H @-` reads them. */
function headerLines(credential: CredentialType): string[] {
  return Object.entries(credentialHeaders(credential)).map(([name, value]) => `${spelt(name)}: ${value}\n`);
}

/** A name that has no capitals gets those that people know it by. */
function spelt(name: string): string {
  return name === name.toLowerCase() ? name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()) : name;
}

function contentOf(credential: CredentialType): object {
  return {
    type: credential.type,
    token: orNull(() => bareToken(credential).token),
    headers: orNull(() => credentialHeaders(credential)),
    ...(credential.type === "basic" && { username: credential.username, password: credential.password }),
    ...(credential.type === "query" && { query: { [credential.name]: credential.value } }),
    expires_at: timestampOf(credential) ?? null,
  };
}

/** Not every credential is a single text, or made of headers. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** What Kubernetes clients take from a credential plugin (`client.authentication.k8s.io`). */
function execCredential(credential: CredentialType, env: Readonly<Record<string, string | undefined>>): object {
  return {
    kind: "ExecCredential",
    apiVersion: askedVersion(env.KUBERNETES_EXEC_INFO) ?? `${EXEC_GROUP}/v1`,
    status: { token: bareToken(credential).token, expirationTimestamp: timestampOf(credential) },
  };
}

const EXEC_GROUP = "client.authentication.k8s.io";

/** A client takes no other version than the one that it asks for. */
function askedVersion(info: string | undefined): string | undefined {
  if (info === undefined) return undefined;
  let version: unknown;
  try {
    version = (JSON.parse(info) as { apiVersion?: unknown }).apiVersion;
  } catch {
    throw new CommandFailure("KUBERNETES_EXEC_INFO is no JSON");
  }
  return typeof version === "string" && version.startsWith(`${EXEC_GROUP}/`) ? version : undefined;
}

/** In UTC and whole seconds, rounded down: nobody may use it for longer. */
function timestampOf(credential: CredentialType): string | undefined {
  const expiresAt = Credential.expiresAt(credential);
  return expiresAt === undefined ? undefined : new Date(expiresAt).toISOString().replace(/\.\d+Z$/, "Z");
}
