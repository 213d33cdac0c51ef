/** The document in an IdP's answer, before anybody looks for a token in it (A1, A7, A8). */

import { AuthError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import type { HttpAnswer } from "./exchange.js";
import { isObject } from "./json-object.js";
import { type Mask, shorten } from "./mask.js";
import { carriesError, type FoundError, redirected, refused } from "./refusal.js";

export { isObject };

const LONGEST_NAME = 60;
const MOST_KEYS = 20;

/** What is looked for in an answer, as far as that changes how its body is read. */
export interface Wanted {
  /** Whether the body may be nothing but the token. */
  readonly isBareToken?: boolean;
  /** The error that stands where an API of its own has it. */
  readonly foundError?: FoundError | undefined;
  /** What a 404 means, where it is not the token endpoint that was asked. */
  readonly nothingThere?: string;
}

/** The document in `answer`; everything that is none, and every refusal, is an `AuthError`. */
export function readBody(answer: HttpAnswer, mask: Mask): unknown {
  return accepted(answer, parseBody(answer), mask);
}

/**
 * The document in `answer`, whatever that says; `undefined` where there is none. JSON is taken for JSON whatever
 * it is called. A form is an object of its first values; of plain text, a single word is a string.
 */
export function parseBody(answer: HttpAnswer, { isBareToken = false }: Wanted = {}): unknown {
  const text = answer.text.trim();
  const type = mediaTypeOf(answer);
  const isWord = (type === "text/plain" || (isBareToken && type !== "text/html")) && ONE_WORD.test(text);
  const json = parseJson(text);
  // A word may look like a number, whose digits are not to be lost.
  if (isWord && (json === undefined || typeof json === "number")) return text;
  if (json !== undefined || text === "") return json;
  return type === FORM ? firstValues(new URLSearchParams(text)) : undefined;
}

/** `body`, if `answer` is a 2xx that carries no error; everything else is an `AuthError`. */
export function accepted(
  answer: HttpAnswer,
  body: unknown,
  mask: Mask,
  { isBareToken = false, foundError, nothingThere }: Wanted = {},
): unknown {
  const { to, status } = answer;
  if (isRedirect(status)) throw redirected(answer, mask);
  const succeeded = status >= 200 && status < 300;
  if (!succeeded || foundError !== undefined || carriesError(body)) {
    throw refused(answer, body, mask, foundError, nothingThere);
  }
  if (body !== undefined) return body;
  const isEmpty = answer.text.trim() === "";
  const missing = isEmpty ? " without a body" : `, but the body is ${isBareToken ? "no token" : "not JSON"}`;
  throw new AuthError(`${to}: HTTP ${status}${missing}`, {
    status,
    // What should have been in it may be on record at the IdP all the same.
    unreadable: true,
    retryable: true,
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
export function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

const FORM = "application/x-www-form-urlencoded";

/** No sentence, and nothing that begins as markup or a JSON document does. */
const ONE_WORD = /^[^\s<{["]\S*$/;

/** The media type in lower case, without its parameters (RFC 9110 §8.3.1). */
function mediaTypeOf({ headers }: HttpAnswer): string | undefined {
  const [given] = [headers["content-type"]].flat();
  return given?.split(";")[0]?.trim().toLowerCase();
}

function firstValues(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...form].reverse());
}
