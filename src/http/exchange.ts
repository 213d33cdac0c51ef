/** One exchange with an IdP: a request, and its answer read whole within limits (H1, H2, H4). */

import { AuthError, TransportError } from "../values/errors.js";
import { type Dispatcher, dispatch, TOKEN_REQUEST } from "./dispatcher.js";
import type { Mask } from "./mask.js";
import { displayUrl, userinfoAuthorization } from "./url.js";

/** There was no connection, so nothing was sent on it. */
const UNSENT: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const MAX_ANSWER_BYTES = 1024 * 1024;

/** A request to an IdP. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What came back. */
export interface HttpAnswer {
  /** The request, for messages: method and URL, nothing secret. */
  readonly to: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What an exchange needs beside its request. */
export interface ExchangeOptions {
  readonly dispatcher: Dispatcher | undefined;
  readonly signal: AbortSignal;
  readonly mask: Mask;
}

/**
 * Sends `request` and reads the answer, whatever its status. Rejects with a `TransportError` if no
 * whole answer came, with an `AuthError` if it is over 1 MiB. An abort ends it sooner or later, as the
 * dispatcher sees fit: who cannot wait for that must not (see `withDeadline`).
 */
export async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const to = `${request.method} ${displayUrl(request.url)}`;
  try {
    return await transact(to, request, options);
  } catch (error) {
    if (error instanceof AuthError || options.signal.aborted) throw error;
    const code = codeOf(error, options.mask);
    throw new TransportError(`${to}: no answer${code === undefined ? "" : ` (${code})`}`, {
      unsent: code !== undefined && UNSENT.has(code),
      cause: maskedCause(error, options.mask),
    });
  }
}

async function transact(to: string, request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const authorization = userinfoAuthorization(request.url);
  const { statusCode, headers, body } = await dispatch(options.dispatcher, {
    origin: request.url.origin,
    path: request.url.pathname + request.url.search,
    method: request.method,
    headers: { ...(authorization && { authorization }), ...request.headers },
    body: request.body ?? null,
    signal: options.signal,
    // The flight's deadline is the only clock (H2).
    headersTimeout: 0,
    bodyTimeout: 0,
    // For a redirect interceptor on the dispatcher: not here (H3).
    maxRedirections: 0,
    [TOKEN_REQUEST]: true,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early destroys the body, and its socket with it.
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      throw new AuthError(`${to}: the answer is larger than ${MAX_ANSWER_BYTES} bytes`, { status: statusCode });
    }
    chunks.push(chunk);
  }
  return { to, url: request.url, status: statusCode, headers, text: new TextDecoder().decode(Buffer.concat(chunks)) };
}

// Errors have causes that have causes; some, themselves.
const DEEPEST_CAUSE = 4;

/** The error of a dispatcher, which may quote the request, retold without secrets (S1). */
function maskedCause(error: unknown, mask: Mask, depth = 1): Error {
  if (!(error instanceof Error)) return new Error("the dispatcher threw something that is no Error");
  const told = error.cause !== undefined && depth < DEEPEST_CAUSE;
  const cause = told ? { cause: maskedCause(error.cause, mask, depth + 1) } : undefined;
  const retold = new Error(mask.prose(error.message) ?? "(left out: it may quote a secret)", cause);
  retold.name = error.name;
  const code = codeOf(error, mask);
  return code === undefined ? retold : Object.assign(retold, { code });
}

/** A code as Node and undici have them: ECONNREFUSED, UND_ERR_SOCKET. */
function codeOf(error: unknown, mask: Mask): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) ? mask.name(code) : undefined;
}
