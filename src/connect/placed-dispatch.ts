/** A credential that is more than headers, on a request as undici dispatches it. */

import { stringify } from "node:querystring";
import { type Placed, placed, readsBody } from "../placement/placement.js";
import type { Credential, SignableRequest } from "../values/credential.js";
import { type DispatchOptions, standardOriginOf } from "./dispatch.js";
import { contentLengthRemoved, headerOf, type RequestHeaders, withHeaders } from "./dispatch-headers.js";
import { bytesOf, contentOf, type KnownBody, UNREADABLE } from "./fetch-body.js";

/** A request once a credential is on it. */
export interface PlacedDispatch {
  /** What of its options is another. */
  readonly changes: object;
  /** What its query has in it of the credential. */
  readonly parameters: Placed["parameters"];
}

/** The request of these options with `credential` on it. Throws a `TypeError` if it cannot carry it. */
export function placedDispatch(
  options: Omit<DispatchOptions, "headers">,
  headers: RequestHeaders,
  credential: Credential,
): PlacedDispatch {
  const given = pathOf(options);
  const isSigned = readsBody(credential);
  // For a proxy the path is a whole URL. Any other follows the origin as it is: resolved against it, `//a/b` would lose `a`.
  const origin = isSigned && given.startsWith("/") ? standardOriginOf(options) : "";
  const { body } = options;
  const request: SignableRequest = {
    method: (options.method ?? "GET").toUpperCase(),
    url: isSigned ? new URL(origin + given).href : given,
    header: (name) => headerOf(headers, name),
    body: () => contentOf(knownDispatchBody(body)),
  };
  const to = placed(request, credential);
  const path = to.url.slice(origin.length);
  return { changes: { path, query: undefined, ...changesBeside(to, headers) }, parameters: to.parameters };
}

function changesBeside({ body, headers: added }: Placed, headers: RequestHeaders): object {
  if (body === undefined) return { headers: withHeaders(headers, added) };
  // The length that the caller has given is that of another body.
  return { body, headers: withHeaders(contentLengthRemoved(headers), added) };
}

/** undici takes parameters apart from the path, and refuses them beside a path that has some. */
function pathOf({ path, query }: Omit<DispatchOptions, "headers">): string {
  const parameters = query ? stringify(query as Parameters<typeof stringify>[0]) : "";
  return parameters === "" ? path : `${path}?${parameters}`;
}

function knownDispatchBody(body: unknown): KnownBody {
  if (body === undefined || body === null) return { content: undefined };
  return { content: typeof body === "string" ? body : (bytesOf(body) ?? UNREADABLE) };
}
