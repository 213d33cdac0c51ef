/** What an IdP says when it gives no token: its code and its reason, without secrets (F1, H3, S2). */

import { isRetryableAnswer } from "../failure/policy.js";
import { AuthError } from "../values/errors.js";
import { isInexact } from "./exact-number.js";
import type { ClientProof, HttpAnswer } from "./exchange.js";
import { isObject } from "./json-object.js";
import { type Mask, shorten } from "./mask.js";
import { retryAfterSeconds } from "./retry-after.js";

const LONGEST_DESCRIPTION = 500;
const LONGEST_CODE = 60;
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

/** An error that stands where RFC 6749 has none (A10). */
export interface FoundError {
  readonly error: unknown;
  /** A sentence that stands beside it. */
  readonly description: unknown;
}

/** Whether there is an error in `body`. */
export function carriesError(body: unknown): boolean {
  return isObject(body) && Object.hasOwn(body, "error") && isError(body.error);
}

/** Whether `value` is an error: not the null, false, 0, "" or {} that some APIs send beside a token. */
export function isError(value: unknown): value is NonNullable<unknown> {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** The error for an answer that is no success. */
export function refused(answer: HttpAnswer, body: unknown, mask: Mask, found?: FoundError): AuthError {
  const { to, status } = answer;
  const given = withoutQuotations(found === undefined ? errorIn(body) : foundIn(found), status);
  const code = given.code === undefined ? undefined : maskedCode(given.code, mask);
  const description = maskedDescription(given.description, mask);
  const isNameless = found === undefined ? carriesError(body) : description === undefined;
  const named = code ?? (isNameless ? "an error that is no RFC 6749 code" : undefined);
  const reason = [named, description].filter((part) => part !== undefined).join(": ");
  return new AuthError(`${to}: HTTP ${status}${reason === "" ? "" : `, ${reason}`}${remedy(answer, code)}`, {
    status,
    error: code,
    errorDescription: description,
    retryable: isRetryableAnswer(status, given.code),
    retryAfter: retryAfterSeconds(answer),
  });
}

/** The error for a redirect, with where it leads: to which origin, and on the same one to which path. */
export function redirected({ to, url, status, headers }: HttpAnswer, mask: Mask): AuthError {
  const { location } = headers;
  const target = typeof location === "string" && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const place =
    target && mask.secretsOnly(target.origin === url.origin ? target.origin + target.pathname : target.origin);
  return new AuthError(
    `${to}: HTTP ${status}, a redirect to ${place ?? "nowhere that can be told"}; redirects are not followed, configure the final URL`,
    { status },
  );
}

interface GivenError {
  readonly code?: string | undefined;
  readonly description?: unknown;
}

/** RFC 6749's members, or those of an error object that has a code: `{ "error": { "code": …, "message": … } }`. */
function errorIn(body: unknown): GivenError {
  if (!isObject(body)) return {};
  const { error, error_description: description } = body;
  if (!isObject(error)) return { code: codeIn([error]), description };
  const code = codeIn([error.code, error.error, error.type, error.status]);
  const prose = description ?? sentenceIn(error);
  return { code, description: code === undefined ? description : prose };
}

/** The code and the sentence of what was found, which may be the one, the other, or an object of both. */
function foundIn({ error, description }: FoundError): GivenError {
  const first = Array.isArray(error) ? error[0] : error;
  if (!isObject(first)) {
    const code = wordOf(first);
    return { code, description: code === undefined && typeof first === "string" ? first : description };
  }
  const { code = wordOf(first.code) } = errorIn({ error: first });
  return { code, description: sentenceIn(first) ?? description };
}

function sentenceIn(error: Readonly<Record<string, unknown>>): unknown {
  return error.message ?? error.error_description ?? error.description ?? error.detail;
}

/** A code of an API's own is a word or a number, such as `SESSION_GONE` or 40105. */
function wordOf(value: unknown): string | undefined {
  const text = typeof value === "number" && !isInexact(value) ? String(value) : value;
  return typeof text === "string" && text.length <= LONGEST_CODE && WORD.test(text) ? text : undefined;
}

const WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function codeIn(candidates: readonly unknown[]): string | undefined {
  return candidates.find((given): given is string => typeof given === "string" && ERROR_CODE.test(given));
}

/** Callers switch on the standard's codes: no secret that happens to be a word of one may hide it. */
function maskedCode(code: string, mask: Mask): string | undefined {
  const masked = REGISTERED_CODES.has(code) ? code : mask.name(code);
  return masked && shorten(masked, LONGEST_CODE);
}

function maskedDescription(description: unknown, mask: Mask): string | undefined {
  const masked = typeof description === "string" ? mask.prose(description) : undefined;
  return masked && shorten(masked, LONGEST_DESCRIPTION);
}

/** A server that has failed may quote what it was working on, in a sentence that stands for a code too. */
function withoutQuotations(given: GivenError, status: number): GivenError {
  const { code } = given;
  if (status < 500 || (code !== undefined && REGISTERED_CODES.has(code))) return given;
  return code === undefined || /\s/.test(code) ? {} : { code };
}

/** What somebody would try next. */
function remedy({ status, clientProof }: HttpAnswer, code: string | undefined): string {
  if (code === "invalid_client") return clientProof === undefined ? "" : `; ${REMEDIES_OF_CLIENTS[clientProof]}`;
  return status === 404 && code === undefined
    ? "; there is no token endpoint at this URL: check token_url (or url)"
    : "";
}

/** What a server may have against a client, by how the client has shown itself. */
const REMEDIES_OF_CLIENTS: Readonly<Record<ClientProof, string>> = {
  basic: "if id and secret are right, the server may want token_endpoint_auth_method: client_secret_post",
  post: "if id and secret are right, the server may want token_endpoint_auth_method: client_secret_basic",
  signed_assertion:
    "if the server has this client's key, it may want another aud in the assertion (assertion_audience), know the key by " +
    "another kid (private_key_id), or have a clock that differs from this machine's",
  issued_assertion:
    "the client_assertion that was presented may have expired, or be for another aud or by a kid that the server does not know",
};
