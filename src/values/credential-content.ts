/** What a credential carries, as text: what is compared, and what must not be seen. */

import { bareTokenOf } from "./brands.js";
import { refuseCopy } from "./credential-copy.js";
import type { CredentialFields } from "./credential-kinds.js";

/** What must not be seen; an API key used as user name has no password beside it. */
export function secretOf(credential: CredentialFields): string {
  switch (credential.type) {
    case "bearer":
    case "token":
      return credential.token;
    case "header":
    case "query":
    case "cookie":
    case "body":
      return credential.value;
    case "headers":
      return JSON.stringify(Object.values(byLowerCaseName(credential.headers)));
    case "basic":
      return credential.password || credential.username;
    case "signer":
      return credential.secret;
    case "composite":
      return JSON.stringify(credential.parts.map(secretOf));
  }
}

/** Each text of it that must not be seen. */
export function secretsOf(credential: CredentialFields): string[] {
  const token = bareTokenOf(credential);
  return token === undefined ? textsOf(credential) : [...textsOf(credential), token];
}

function textsOf(credential: CredentialFields): string[] {
  switch (credential.type) {
    case "headers":
      return Object.values(credential.headers);
    case "composite":
      return credential.parts.flatMap(secretsOf);
    default:
      return [secretOf(credential)];
  }
}

/**
 * The one text that a credential is, for those who do not put it onto a request themselves; `undefined` if it is none. Throws a
 * `TypeError` for a copy.
 */
export function tokenOf(credential: CredentialFields | undefined): string | undefined {
  refuseCopy(credential);
  const token = bareTokenOf(credential);
  if (token !== undefined) return token;
  switch (credential?.type) {
    case "bearer":
    case "token":
      return credential.token;
    case "header":
      return credential.value;
    default:
      return undefined;
  }
}

/** What tells two credentials apart that carry the same secret. */
export function labelOf(credential: CredentialFields): string {
  switch (credential.type) {
    case "header":
      return `header ${credential.name.toLowerCase()}`;
    case "query":
    case "cookie":
    case "body":
      return `${credential.type} ${credential.name}`;
    case "headers":
      return `headers ${Object.keys(byLowerCaseName(credential.headers))}`;
    case "basic":
      return `basic ${credential.username}`;
    case "signer":
      return `signer ${credential.scheme}`;
    case "composite":
      return `composite ${JSON.stringify(credential.parts.map(labelOf))}`;
    default:
      return credential.type;
  }
}

function byLowerCaseName(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
