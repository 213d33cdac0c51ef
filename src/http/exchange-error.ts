/** Why an exchange has failed: what a dispatcher or a fetch throws, as an error of ours without secrets (F1, H11, S1). */

import { AuthError, type FaucetError, TransportError } from "../values/errors.js";
import { type AnswerHeaders, MAX_ANSWER_BYTES, OversizeError, type RawAnswer } from "./answer-handler.js";
import { DecodedOversizeError, READABLE_CODINGS, UnknownCodingError } from "./content-coding.js";
import type { Mask } from "./mask.js";
import { ProxyConnectionError } from "./own-dispatcher.js";
import { tlsFailure } from "./tls-failure.js";

/** Which exchange it was. */
export interface FailedExchange {
  /** Method and URL, nothing secret. */
  readonly to: string;
  readonly mask: Mask;
  /** The status with which a proxy has refused to pass the request on. */
  readonly proxyStatus?: number | undefined;
}

/** The error for an exchange without a whole answer that could be read. */
export function errorOfExchange(error: unknown, exchange: FailedExchange): FaucetError {
  const { to, mask } = exchange;
  const codes = codesOf(error);
  const status = exchange.proxyStatus ?? proxyStatusOf(error);
  if (error instanceof OversizeError) return oversize(to, error.status);
  if (codes.some((code) => HEADERS_TOO_LARGE.has(code))) return oversizeHeaders(to);
  if (codes.some((code) => BODY_TOO_LARGE.has(code)))
    return new AuthError(`${to}: the answer is larger than the dispatcher allows`);
  const cause = error === undefined ? undefined : maskedCause(error, mask);
  if (status !== undefined) return refusedByProxy(to, status, cause);
  const isOfProxy = error instanceof ProxyConnectionError;
  const what = `${to}: ${isOfProxy ? "no connection to the proxy" : "no answer"}`;
  const tls = tlsFailure(codes, textOf(error));
  if (tls !== undefined)
    return new TransportError(`${what}: ${tls.message}`, { unsent: true, retryable: tls.isRetryable, cause });
  const [code] = codes.map((given) => mask.secretsOnly(given)).filter((given) => given !== undefined);
  return new TransportError(`${what}${code === undefined ? "" : ` (${code})`}`, {
    unsent: isOfProxy || codes.some((given) => UNSENT.has(given)) || isOfConnecting(error),
    retryable: !codes.some((given) => UNUSABLE_REQUEST.has(given)),
    cause,
  });
}

/** The error for a success whose body cannot be decoded. */
export function errorOfBody(error: unknown, { to, status }: { to: string; status: number }): AuthError {
  if (error instanceof DecodedOversizeError) return oversize(to, status);
  if (error instanceof UnknownCodingError) {
    const coding = /^[\w, .-]{1,60}$/.test(error.message) ? error.message : "unknown";
    return new AuthError(
      `${to}: HTTP ${status}, but the body has the content coding ${coding}, which cannot be read; known are ${READABLE_CODINGS}`,
      { status, unreadable: true },
    );
  }
  return new AuthError(`${to}: HTTP ${status}, but the body is cut off or garbled: it cannot be decoded`, {
    status,
    unreadable: true,
    retryable: true,
  });
}

/**
 * The answer that is in an error: undici's interceptors `retry` and `responseError` make errors of answers.
 * A 3xx to 5xx only: of others, such an error says that something else was wrong.
 */
export function answerOfError(error: unknown): RawAnswer | undefined {
  const { statusCode, headers, body } = (error ?? {}) as { statusCode?: unknown; headers?: unknown; body?: unknown };
  if (typeof statusCode !== "number" || statusCode < 300 || typeof headers !== "object" || headers === null)
    return undefined;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status: statusCode, headers: headers as AnswerHeaders, bytes: Buffer.from(text ?? ""), isDecoded: true };
}

/** Nothing was sent: there was no connection, or no request. */
const UNSENT: ReadonlySet<string> = new Set([
  "ConnectionRefused", // Bun's
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CLOSED",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_DESTROYED",
  "UND_ERR_INVALID_ARG",
]);

/** The same request is refused again. */
const UNUSABLE_REQUEST: ReadonlySet<string> = new Set(["ERR_INVALID_URL", "UND_ERR_INVALID_ARG"]);

const HEADERS_TOO_LARGE: ReadonlySet<string> = new Set(["HPE_HEADER_OVERFLOW", "UND_ERR_HEADERS_OVERFLOW"]);

const BODY_TOO_LARGE: ReadonlySet<string> = new Set(["UND_ERR_RES_EXCEEDED_MAX_SIZE"]);

function oversize(to: string, status: number): AuthError {
  return new AuthError(`${to}: the answer is larger than ${MAX_ANSWER_BYTES} bytes`, { status });
}

function oversizeHeaders(to: string): AuthError {
  return new AuthError(
    `${to}: the header fields of the answer are larger than the dispatcher allows; give runtime.dispatcher an undici Agent with a larger maxHeaderSize`,
  );
}

/** A proxy that cannot reach the IdP just now may later; one that forbids it, or asks who we are, will again. */
function refusedByProxy(to: string, status: number, cause: Error | undefined): TransportError {
  const remedy =
    status === 407
      ? "; it wants credentials: give user and password in proxy_url, or a ProxyAgent that has them as runtime.dispatcher"
      : "";
  return new TransportError(`${to}: no answer: the proxy has refused the request with HTTP ${status}${remedy}`, {
    unsent: true,
    retryable: status >= 500 || status === 408 || status === 429,
    cause,
  });
}

/** undici's `ProxyAgent` says it in prose only. */
function proxyStatusOf(error: unknown): number | undefined {
  const [, status] = /Proxy response \((\d{3})\)/.exec(textOf(error)) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The system call that failed comes before a connection is there. */
function isOfConnecting(error: unknown): boolean {
  return causesOf(error).some(({ syscall }) => syscall === "connect" || syscall === "getaddrinfo");
}

/** The codes of an error and of its causes, the outermost first: ECONNREFUSED, UND_ERR_SOCKET. */
function codesOf(error: unknown): string[] {
  const codes = causesOf(error).map(({ code }) => code);
  return codes.filter((code) => typeof code === "string").filter((code) => CODE.test(code));
}

/** OpenSSL 3.5, of Node 22 and later, has a slash in the names of its alerts. */
const CODE = /^(?:ERR_SSL_SSL\/TLS_)?[A-Za-z][A-Za-z0-9_]{2,60}$/;

function textOf(error: unknown): string {
  return causesOf(error)
    .map(({ message }) => message)
    .join("\n");
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message: string;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
}

// Errors have causes that have causes; some, themselves.
const DEEPEST_CAUSE = 4;

function causesOf(error: unknown): ErrorLike[] {
  const causes: ErrorLike[] = [];
  for (let cause = error; isErrorLike(cause) && causes.length < DEEPEST_CAUSE; cause = cause.cause) causes.push(cause);
  return causes;
}

/** Of whichever realm: Jest and `vm` have an `Error` of their own. */
function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === "object" && value !== null && typeof (value as { message?: unknown }).message === "string";
}

/** The error of a dispatcher, which may quote the request, as one without secrets (S1). */
function maskedCause(error: unknown, mask: Mask): Error {
  const causes = causesOf(error);
  if (causes.length === 0) return new Error("the dispatcher threw something that is no Error");
  return causes.reduceRight<Error | undefined>((cause, each) => maskedError(each, cause, mask), undefined) as Error;
}

function maskedError({ name, message, code }: ErrorLike, cause: Error | undefined, mask: Mask): Error {
  const masked = new Error(mask.prose(message) ?? "(left out: it may quote a secret)", cause && { cause });
  if (typeof name === "string") masked.name = mask.secretsOnly(name) ?? "Error";
  const [known] = codesOf({ message, code }).map((given) => mask.secretsOnly(given));
  return known === undefined ? masked : Object.assign(masked, { code: known });
}
