/** How each kind of credential goes onto HTTP: known here, and nowhere else. */

import type { Credential } from "../values/credential.js";

/** A request, as far as a credential may touch it. */
export interface ApplicableRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Pick<Headers, "set">;
}

/**
 * Puts `credential` onto `request`, by changing it. What the request has in that place is replaced,
 * all else left alone. Throws `TypeError` for a kind that is not known.
 */
export function applyCredential(request: ApplicableRequest, credential: Credential): void {
  const headers = credentialHeaders(credential);
  for (const name in headers) request.headers.set(name, headers[name] as string);
}

/**
 * `credential` as headers, for gRPC metadata, axios and whatever else takes a plain record. Throws
 * `TypeError` for a credential that is no header.
 */
export function credentialHeaders(credential: Credential): Record<string, string> {
  switch (credential.type) {
    case "bearer":
      return { authorization: `Bearer ${credential.token}` };
    case "token":
      return { authorization: credential.token };
    case "basic":
      return { authorization: `Basic ${userPass(credential.username, credential.password)}` };
    case "header":
      return { [credential.name]: credential.value };
    case "headers":
      return { ...credential.headers };
    default:
      throw new TypeError(
        `a credential of type ${JSON.stringify((credential as { type?: unknown })?.type)} is no header`,
      );
  }
}

/** RFC 7617 §2.1: in UTF-8. */
function userPass(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}
