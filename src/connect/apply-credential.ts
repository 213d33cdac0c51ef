/** A credential onto a request of anybody's, for connectors that use neither of the wrappers. */

import { headersOf, placed, readsBody, unknownKind } from "../placement/placement.js";
import type { Credential, SignableRequest } from "../values/credential.js";
import { bytesOf, FORM, isSearchParams } from "./fetch-body.js";
import { withType } from "./fetch-headers.js";

/** A request onto which a credential can be put: a `Request` of any fetch, or an object of your own. */
export interface ApplicableRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The address of the request, as text or as a `URL`. */
  url: string | ApplicableUrl;
  /** The request's headers; `set` replaces a header of the same name in any case. */
  readonly headers: ApplicableHeaders;
  /** The body, as text or bytes; needed for credentials that stand in it, or sign it. */
  body?: unknown;
}

/** The address of a request, as a `URL` has it. */
export interface ApplicableUrl {
  /** The whole address. */
  href: string;
}

/** The headers of a request, as a `Headers` or a `Map` has them. */
export interface ApplicableHeaders {
  /** Replaces the header `name`, or adds it. */
  set(name: string, value: string): unknown;
  /** The value of the header `name`; needed for cookies, and for what signs a request. */
  get?(name: string): string | null | undefined;
}

/**
 * Puts `credential` onto `request`: what the request has in that place is replaced, all else is left alone. It
 * gives the request to send: `request` itself, changed; or, where a `Request` of fetch must get another URL,
 * which it does not let anybody change, a new one.
 *
 * @throws `TypeError` for a kind of credential that is not known, for a copy of a credential, which has no secret in it,
 * and for a request that cannot carry it: a credential in the body needs a body that is text, and `authFetch` where that belongs to a `Request`.
 * @example
 * const request = applyCredential(new Request("https://api.example/rows"), await provider.getToken());
 */
export function applyCredential<R extends ApplicableRequest>(request: R, credential: Credential): R {
  const headers = headersOf(credential);
  if (headers !== undefined) return withHeaders(request, headers);
  const readableRequest = readable(request, credential);
  const { url, headers: added, body } = placed(readableRequest, credential);
  if (body === undefined) return withHeaders(withUrl(request, url), added);
  request.body = body;
  return withHeaders(withUrl(request, url), withType(added, readableRequest));
}

/**
 * `credential` as headers, for gRPC metadata and whatever else takes a plain record.
 *
 * @throws `TypeError` for a credential that is not made of headers alone, and for a copy of one, which has no secret in it.
 * @example
 * const headers = credentialHeaders(await provider.getToken()); // { authorization: "Bearer …" }
 */
export function credentialHeaders(credential: Credential): Record<string, string> {
  const headers = headersOf(credential);
  if (headers !== undefined) return headers;
  const parts = credential?.type === "composite" ? credential.parts : [credential];
  const other = parts.find((part) => part?.type !== "cookie" && headersOf(part) === undefined);
  if (other === undefined) return { ...placed(NO_REQUEST, credential).headers };
  if (!KINDS_OF_REQUESTS.has(other.type)) throw unknownKind(other);
  throw new TypeError(
    `a credential of type ${JSON.stringify(other.type)} is no header: put it onto a request with applyCredential(), ` +
      "or use authFetch or authInterceptor",
  );
}

const KINDS_OF_REQUESTS: ReadonlySet<string> = new Set(["query", "body", "signer"]);

const NO_REQUEST: SignableRequest = { method: "GET", url: "", header: () => null, body: () => undefined };

function withHeaders<R extends ApplicableRequest>(request: R, headers: Readonly<Record<string, string>>): R {
  for (const name in headers) request.headers.set(name, headers[name] as string);
  return request;
}

function readable(request: ApplicableRequest, credential: Credential): SignableRequest {
  const { headers } = request;
  const url = hrefOf(request);
  const isForm = isSearchParams(request.body);
  return {
    method: request.method.toUpperCase(),
    url: readsBody(credential) && URL.canParse(url) ? new URL(url).href : url,
    header: (name) => headers.get?.(name) ?? (isForm && name.toLowerCase() === "content-type" ? FORM : null),
    body: () => bodyOf(request),
  };
}

function hrefOf({ url }: ApplicableRequest): string {
  return typeof url === "string" ? url : url.href;
}

function bodyOf({ body }: ApplicableRequest): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  if (isSearchParams(body)) return String(body);
  const bytes = bytesOf(body);
  if (bytes !== undefined) return bytes;
  throw new TypeError("the credential needs the request's body as text or bytes; authFetch can read that of a Request");
}

function withUrl<R extends ApplicableRequest>(request: R, url: string): R {
  if (hrefOf(request) === url) return request;
  if (isFetchRequest(request)) return new (request.constructor as FetchRequestClass<R>)(url, request);
  if (typeof request.url === "string") request.url = url;
  else request.url.href = url;
  return request;
}

/** Of whichever fetch implementation: there are several in one process. */
function isFetchRequest(request: object): boolean {
  return Object.prototype.toString.call(request) === "[object Request]";
}

type FetchRequestClass<R> = new (url: string, request: R) => R;
