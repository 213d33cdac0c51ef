/** Copies of credentials, in which the secret is not: what is made of one would go out as `Bearer undefined`, or as `Bearer ***` (S3). */

import type { CredentialFields } from "./credential-kinds.js";
import { MASK } from "./guarded.js";

/** Throws a `TypeError` for a copy; what is no credential at all is left to others. */
export function refuseCopy(credential: CredentialFields | undefined): void {
  if (credential !== undefined && credential !== null && isCopy(credential)) {
    throw new TypeError(
      "this is a copy of a credential, which has no secret in it: use the credential itself, or hand on its token as a " +
        "text, (await accessToken(provider)).token",
    );
  }
}

function isCopy(credential: CredentialFields): boolean {
  switch (credential.type) {
    case "bearer":
    case "token":
      return isNoSecret(credential.token);
    case "header":
    case "query":
    case "cookie":
    case "body":
      return isNoSecret(credential.value);
    case "headers":
      return Object.values(credential.headers ?? { none: undefined }).some(isNoSecret);
    case "basic":
      return isNoSecret(credential.username) || isNoSecret(credential.password);
    case "signer":
      return isNoSecret(credential.secret) || typeof credential.sign !== "function";
    case "composite":
      return Array.isArray(credential.parts) && credential.parts.some(isCopy);
    default:
      return false;
  }
}

function isNoSecret(text: unknown): boolean {
  return typeof text !== "string" || text === MASK;
}
