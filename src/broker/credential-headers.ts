/** Which credentials can be given to other processes: those that are headers, whatever the request. */

import { type Credential, credentialHeaders } from "faucet-auth";

/** The headers that `credential` is; `undefined` if it depends on the request, or stands elsewhere on it. */
export function headersOf(credential: Credential): Readonly<Record<string, string>> | undefined {
  const parts = credential.type === "composite" ? credential.parts : [credential];
  return parts.every(({ type }) => KINDS.has(type)) ? credentialHeaders(credential) : undefined;
}

const KINDS: ReadonlySet<string> = new Set(["bearer", "token", "basic", "header", "headers", "cookie"]);
