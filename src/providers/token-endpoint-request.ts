/** The request of a login that is not OAuth 2: what it is made of, and what tells its account from others. */

import { isGiven, type Relation } from "../config/check.js";
import { fitsHead } from "../config/http-method.js";
import { faultsOfJson } from "../config/json-value.js";
import { type Parameters, parameters } from "../config/parameters.js";
import type { HttpRequest } from "../http/exchange.js";
import {
  type EncodedParameters,
  encodedParameters,
  jsonBody,
  type RequestEncoding,
  withQuery,
} from "../http/request-encoding.js";
import { type LiveData, withoutLiveValues } from "../live/live-data.js";
import { canonical, canonicalAddress } from "./canonical.js";

/** The settings that a request is made of. */
export interface RequestSettings {
  readonly url: URL;
  readonly method: string;
  readonly headers: LiveData<Readonly<Record<string, string>>>;
  readonly query: LiveData<Parameters>;
  readonly body: LiveData<unknown>;
  readonly encoding: RequestEncoding;
}

/** Makes the request with what the live values are just now. */
export function requestMaker(settings: RequestSettings): () => HttpRequest {
  const { headers, query, body } = settings;
  const isLive = [...headers.values, ...query.values, ...body.values].length > 0;
  if (isLive) return () => requestOf(settings, (data) => data.current);
  const request = requestOf(settings, (data) => data.current);
  return () => request;
}

/** What tells the account from others, whatever its live values are just now, and in whatever order its parts stand (D8). */
export function accountOf(settings: RequestSettings): readonly unknown[] {
  const { method, url, headers, body } = requestOf(settings, (data) => canonical(data.identity));
  return [method, canonicalAddress(url), Object.entries(headers).sort(), body];
}

/** What earlier releases told it by: the order in which they were given counted. */
export function formerAccountOf(settings: RequestSettings): readonly unknown[] {
  const { method, url, headers, body } = requestOf(settings, (data) => data.identity);
  return [method, url.href, Object.entries(headers).sort(), body];
}

function requestOf(settings: RequestSettings, of: <T>(data: LiveData<T>) => T): HttpRequest {
  const { method, encoding, headers, query, body } = settings;
  return requestWith({
    method,
    encoding,
    url: withQuery(settings.url, of(query)),
    headers: of(headers),
    body: of(body),
  });
}

/** What a request is made of just now. */
export interface RequestParts {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly encoding: RequestEncoding;
}

/** The request of these parts. */
export function requestWith({ url, method, headers, body, encoding }: RequestParts): HttpRequest {
  const sent = isGiven(body) ? encodedBody(url, body, encoding) : { url, headers: {} };
  return { method, ...sent, headers: { accept: "application/json", ...sent.headers, ...headers } };
}

function encodedBody(target: URL, body: unknown, encoding: RequestEncoding): EncodedParameters {
  return encoding === "json"
    ? { url: target, ...jsonBody(body) }
    : encodedParameters(target, parameters().parse(body), encoding);
}

/** In the query, what is called body is none. */
export const bodyFitsMethod: Relation = (config) => (config.encoding === "query" ? [] : fitsHead("body")(config));

/** Form and query take scalars and lists of them, JSON whatever JSON can carry. */
export const bodyFitsEncoding: Relation = ({ encoding, body: given }) => {
  if (!isGiven(given)) return [];
  const body = withoutLiveValues(given);
  const isFlatEncoding = encoding === "form" || encoding === "query";
  if (!isFlatEncoding || isFlat(body)) return faultsOfJson(body, "body");
  return [
    { path: "body", message: `must be a flat mapping of scalars, or of lists of them, with encoding: ${encoding}` },
  ];
};

/** Whether `body` has the shape of a form, whatever is wrong with its scalars. */
function isFlat(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  return Object.values(body)
    .flat()
    .every((item) => item === undefined || item === null || typeof item !== "object");
}
