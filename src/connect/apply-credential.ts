/** Where each kind of credential stands on an HTTP request. No other file knows this. */

import type { Credential } from "../values/credential.js";

/** A request onto which a credential can be put: a `Request` of any fetch, or an object of your own. */
export interface ApplicableRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The address of the request. */
  readonly url:
    | string
    | {
        /** The whole address, as of a `URL`. */
        readonly href: string;
      };
  /** The request's headers; `set` replaces a header of the same name in any case. */
  readonly headers: {
    /** Replaces the header `name`, or adds it. */
    set(name: string, value: string): void;
  };
}

/**
 * Puts `credential` onto `request`, by changing its headers. What the request has in that place is
 * replaced, all else is left alone.
 *
 * @throws `TypeError` for a kind of credential that is not known.
 * @example
 * const request = new Request("https://api.example/rows");
 * applyCredential(request, await provider.getToken());
 */
export function applyCredential(request: ApplicableRequest, credential: Credential): void {
  const headers = credentialHeaders(credential);
  for (const name in headers) request.headers.set(name, headers[name] as string);
}

/**
 * `credential` as headers, for gRPC metadata and whatever else takes a plain record.
 *
 * @throws `TypeError` for a credential that is no header.
 * @example
 * const headers = credentialHeaders(await provider.getToken()); // { authorization: "Bearer …" }
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
