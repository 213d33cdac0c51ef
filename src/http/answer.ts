/** The document in an IdP's answer, before anybody looks for a token in it (A1, A7, A8). */

import { AuthError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import type { HttpAnswer } from "./exchange.js";
import { isObject } from "./json-object.js";
import { type Mask, shorten } from "./mask.js";
import { carriesError, redirected, refused } from "./refusal.js";

export { isObject };

const LONGEST_NAME = 60;
const MOST_KEYS = 20;

/**
 * The document in a 2xx answer that carries no `error`; everything else is an `AuthError`. JSON is taken
 * for JSON whatever it is called. A form is an object of its first values; of plain text, a single word is a string.
 */
export function readBody(answer: HttpAnswer, mask: Mask): unknown {
  const { to, status } = answer;
  if (isRedirect(status)) throw redirected(answer, mask);
  const body = parseBody(answer);
  const succeeded = status >= 200 && status < 300;
  if (!succeeded || carriesError(body)) throw refused(answer, body, mask);
  if (body !== undefined) return body;
  const isEmpty = answer.text.trim() === "";
  throw new AuthError(`${to}: HTTP ${status}${isEmpty ? " without a body" : ", but the body is not JSON"}`, {
    status,
    // What should have been in it may be on record at the IdP all the same.
    unreadable: true,
  });
}

/** A phrase that names the keys of `body`, never a value. */
export function describeKeys(body: unknown, mask: Mask): string {
  if (Array.isArray(body)) return "the body is a list";
  if (!isObject(body)) return `the body is ${body === null ? "null" : `a ${typeof body}`}`;
  const keys = Object.keys(body);
  if (keys.length === 0) return "the body has no keys";
  const named = keys.slice(0, MOST_KEYS).map((key) => shorten(mask.name(key) ?? "***", LONGEST_NAME));
  return `the body has the keys ${named.join(", ")}${keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : ""}`;
}

/** A fetch may hide a redirect behind the status 0. 304 answers a conditional request, which was not made. */
function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

function parseBody(answer: HttpAnswer): unknown {
  const text = answer.text.trim();
  const isPlain = mediaTypeOf(answer) === "text/plain" && ONE_WORD.test(text);
  const json = parseJson(text);
  // A word may look like a number, whose digits are not to be lost.
  if (isPlain && (json === undefined || typeof json === "number")) return text;
  if (json !== undefined || text === "") return json;
  if (mediaTypeOf(answer) === "application/x-www-form-urlencoded") return firstValues(new URLSearchParams(text));
  return undefined;
}

/** No markup and no sentence. */
const ONE_WORD = /^[^\s<{[]\S*$/;

/** The media type in lower case, without its parameters (RFC 9110 §8.3.1). */
export function mediaTypeOf({ headers }: HttpAnswer): string | undefined {
  const [given] = [headers["content-type"]].flat();
  return given?.split(";")[0]?.trim().toLowerCase();
}

function firstValues(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...form].reverse());
}
