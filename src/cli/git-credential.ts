/**
 * A credential helper for git (gitcredentials(7)): its last word is what git wants, and what that is about comes on standard
 * input, as lines of `key=value`.
 */

import { type AuthProvider, bareToken, Credential, type Credential as CredentialType } from "faucet-auth";
import { linesOf } from "./input-lines.js";
import type { Surroundings } from "./surroundings.js";

/** What git wants, and for which servers it may have it. */
export interface GitRequest {
  /** `get`, `store` or `erase`; a helper ignores what it does not know. */
  readonly action: string;
  /** The hosts that the credential is for, with their ports; all that ask, if there are none. */
  readonly hosts: readonly string[];
  /** The user name for tokens that come with none. */
  readonly username: string;
}

/** Does what git wants. `open` opens the provider, which is not needed for everything. */
export async function answerGit(
  { action, hosts, username }: GitRequest,
  surroundings: Surroundings,
  open: (use: (provider: AuthProvider) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { stdout, stderr, signal } = surroundings;
  const asked = await attributesIn(linesOf(surroundings));
  if (action !== "get" && action !== "erase") return;
  if (hosts.length > 0 && !hosts.includes(asked.get("host") ?? "")) return;
  if (action === "get" && !isProtected(asked)) {
    stderr.write(`faucet-auth: no token for ${asked.get("host") ?? "this host"}, to which it would go unencrypted\n`);
    return;
  }
  await open(async (provider) => {
    const credential = await provider.getToken({ signal });
    const { user, password } = loginOf(credential, asked.get("username") ?? username);
    if (action === "get") stdout.write(answerOf(credential, user, password));
    // Whoever reports another one reports a token that is gone already.
    else if (asked.get("password") === password) await provider.invalidate(credential, { signal });
  });
}

function answerOf(credential: CredentialType, user: string, password: string): string {
  const expiresAt = Credential.expiresAt(credential);
  const expiry = expiresAt === undefined ? [] : [`password_expiry_utc=${Math.floor(expiresAt / 1000)}`];
  return [`username=${user}`, `password=${password}`, ...expiry, ""].join("\n");
}

function loginOf(credential: CredentialType, username: string): { user: string; password: string } {
  if (credential.type === "basic") return { user: credential.username, password: credential.password };
  return { user: username, password: bareToken(credential).token };
}

/** Up to the empty line that ends them, or the end. */
async function attributesIn(lines: AsyncIterable<string>): Promise<ReadonlyMap<string, string>> {
  const attributes = new Map<string, string>();
  for await (const line of lines) {
    if (line === "") break;
    const [key = ""] = line.split("=", 1);
    attributes.set(key, line.slice(key.length + 1));
  }
  return attributes;
}

/** Whether nobody on the way can read what git sends there. */
function isProtected(asked: ReadonlyMap<string, string>): boolean {
  const host = (asked.get("host") ?? "").replace(/:\d+$/, "");
  return asked.get("protocol") !== "http" || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);
}
