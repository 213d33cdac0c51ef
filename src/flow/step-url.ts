/** The URL of a step with the values in it, and what messages show of that (P4). */

import { isLoopback } from "../http/plain-http.js";
import { isOrigin } from "../http/url.js";
import { AuthError } from "../values/errors.js";
import { renderEach, type Values } from "./template.js";

/** The URL that `template` gives. What came from an answer may lead anywhere: then it must be encrypted. Throws an `AuthError`. */
export function urlOf(template: string, values: Values): URL {
  const text = renderUrl(template, values);
  if (!URL.canParse(text)) throw new AuthError("the URL of a step is none, once what was captured is in it");
  const url = new URL(text);
  const isAsConfigured = url.protocol === "http:" && template.toLowerCase().startsWith("http://");
  if (url.protocol === "https:" || isAsConfigured || (url.protocol === "http:" && isLoopback(url))) return url;
  throw new AuthError("the URL of a step is not https, once what was captured is in it");
}

/**
 * The text of that URL. Within its path and its query a value is data, percent-encoded; before them it may be an address, a
 * host, or where a path begins, and stands as it is.
 */
export function renderUrl(template: string, values: Values): string {
  return renderEach(template, values, (value, before) => (AUTHORITY.test(before) ? value : encodeURIComponent(value)));
}

/** What has neither a path nor a query yet (RFC 3986 §3). */
const AUTHORITY = /^(?:[^/?#]*:\/\/)?[^/?#]*$/;

/** What messages show of `url`, where `captured` values are not: of one that cannot be read without them, the origin. */
export function shownUrlOf(template: string, url: URL, captured: Values): URL {
  const text = renderEach(template, captured, (value, before) => (AUTHORITY.test(before) ? shownOf(value) : "***"));
  return URL.canParse(text) ? new URL(text) : new URL("/***", url);
}

/** Of an address, its origin may be shown; of any other value, nothing. */
function shownOf(value: string): string {
  const origin = URL.canParse(value) ? new URL(value).origin : "null";
  if (origin === "null") return "***";
  return isOrigin(value) ? origin : `${origin}/***`;
}
