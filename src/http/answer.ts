/** What an IdP's answer says before anybody looks for a token in it: refusals, redirects, bodies (A1, H3, S2). */

import { isRetryableAnswer } from "../failure/policy.js";
import { AuthError, type AuthErrorDetails } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import type { HttpAnswer } from "./exchange.js";
import { type Mask, shorten } from "./mask.js";
import { retryAfterOf } from "./retry-after.js";

const LONGEST_DESCRIPTION = 200;
const LONGEST_NAME = 60;
const MOST_KEYS = 20;
// RFC 6749 §5.2: error = 1*NQSCHAR
const ERROR_CODE = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** RFC 6749 §5.2 and §4.1.2.1, RFC 8707 §2. */
const REGISTERED_CODES: ReadonlySet<string> = new Set([
  "access_denied",
  "invalid_client",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "server_error",
  "temporarily_unavailable",
  "unauthorized_client",
  "unsupported_grant_type",
  "unsupported_response_type",
]);

/** The JSON body of a 2xx answer that carries no `error`; everything else is an `AuthError`. */
export function readJson(answer: HttpAnswer, mask: Mask): unknown {
  const { to, status } = answer;
  if (status >= 300 && status < 400) throw redirected(answer, mask);
  const body = parseJson(answer.text);
  const succeeded = status >= 200 && status < 300;
  if (!succeeded || carriesError(body)) throw refused(answer, body, mask);
  if (answer.text.trim() === "") throw new AuthError(`${to}: HTTP ${status} without a body`, { status });
  if (body === undefined) throw new AuthError(`${to}: HTTP ${status}, but the body is not JSON`, { status });
  return body;
}

/** A phrase that names the keys of `body`, never a value. */
export function describeKeys(body: unknown, mask: Mask): string {
  if (Array.isArray(body)) return "the body is a list";
  if (!isObject(body)) return `the body is ${body === null ? "null" : `a ${typeof body}`}`;
  const keys = Object.keys(body);
  if (keys.length === 0) return "the body has no keys";
  const told = keys.slice(0, MOST_KEYS).map((key) => shorten(mask.name(key) ?? "***", LONGEST_NAME));
  return `the body has the keys ${told.join(", ")}${keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : ""}`;
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether there is an error in it: not the null, false, 0, "" or {} that some APIs send beside a token. */
function carriesError(body: unknown): boolean {
  if (!isObject(body) || !Object.hasOwn(body, "error")) return false;
  const { error } = body;
  return typeof error === "object" && error !== null ? Object.keys(error).length > 0 : Boolean(error);
}

function refused(answer: HttpAnswer, body: unknown, mask: Mask): AuthError {
  const { to, status } = answer;
  const details = { status, ...(isObject(body) ? toldError(body, mask) : {}) };
  const told = details.error ?? (carriesError(body) ? "an error that is no RFC 6749 code" : undefined);
  const reason = [told, details.errorDescription].filter((part) => part !== undefined).join(": ");
  return new AuthError(`${to}: HTTP ${status}${reason === "" ? "" : `, ${reason}`}`, {
    ...details,
    retryable: isRetryableAnswer(status, details.error),
    retryAfter: retryAfterOf(answer),
  });
}

function toldError(body: Record<string, unknown>, mask: Mask): AuthErrorDetails {
  const { error, error_description: description } = body;
  const code = typeof error === "string" && ERROR_CODE.test(error) ? toldCode(error, mask) : undefined;
  const prose = typeof description === "string" && description !== "" ? mask.prose(description) : undefined;
  return {
    error: code && shorten(code, LONGEST_NAME),
    errorDescription: prose && shorten(prose, LONGEST_DESCRIPTION),
  };
}

/** Callers switch on the standard's codes: no secret that happens to be a word of one may hide it. */
function toldCode(error: string, mask: Mask): string | undefined {
  return REGISTERED_CODES.has(error) ? error : mask.name(error);
}

function redirected({ to, url, status, headers }: HttpAnswer, mask: Mask): AuthError {
  const { location } = headers;
  const target =
    typeof location === "string" && URL.canParse(location, url.href)
      ? mask.name(new URL(location, url).origin)
      : undefined;
  return new AuthError(
    `${to}: HTTP ${status}, a redirect to ${target ?? "nowhere that can be told"}; redirects are not followed, configure the final URL`,
    { status },
  );
}
