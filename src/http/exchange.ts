/** One exchange with an IdP: a request, and its answer read whole within limits (H1, H2, H4, H8, H9). */

import { type Clock, wallClock } from "../values/clock.js";
import { loadDependency } from "../values/load-dependency.js";
import { type AnswerHeaders, type RawAnswer, StaleConnectionError } from "./answer-handler.js";
import { decode, READABLE_CODINGS } from "./content-coding.js";
import { type Dispatcher, dispatch, type OutgoingRequest } from "./dispatcher.js";
import { answerOfError, errorOfBody, errorOfExchange } from "./exchange-error.js";
import { sendByFetch, type TokenFetch } from "./fetch.js";
import type { Mask } from "./mask.js";
import { displayUrl, userinfoAuthorization } from "./url.js";
import { USER_AGENT } from "./user-agent.js";

/** A request to an IdP. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** What messages show in place of `url`, where its path holds a secret. */
  readonly shownUrl?: URL | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further headers, made anew each time that it is sent: a server takes a proof once. */
  readonly freshHeaders?: (() => Readonly<Record<string, string>>) | undefined;
  readonly body?: string | undefined;
  /** How it shows which OAuth 2 client sends it, if it does. */
  readonly clientProof?: ClientProof | undefined;
  /** What was put into it for this time alone, and must not be shown. */
  readonly secrets?: readonly string[] | undefined;
}

/** How a client shows itself by something that it has: a secret in a header or in the body, or an assertion of its own or of another. */
export type ClientProof = "basic" | "post" | "signed_assertion" | "issued_assertion";

/** What came back. */
export interface HttpAnswer {
  /** The request, for messages: method and URL, nothing secret. */
  readonly to: string;
  readonly url: URL;
  /** How the request has shown its client, if it has. */
  readonly clientProof?: ClientProof | undefined;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: AnswerHeaders;
  /** When it had come, by our clock, in milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly text: string;
}

/** What an exchange needs beside its request. */
export interface ExchangeOptions {
  /** By default the process's global one. */
  readonly dispatcher?: Dispatcher | undefined;
  /** In place of a dispatcher. */
  readonly fetch?: TokenFetch | undefined;
  /** The wall clock by default. */
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
  readonly mask: Mask;
}

/**
 * Sends `request` and reads the answer, whatever its status. Rejects with a `TransportError` if no
 * whole answer came, with an `AuthError` if it is over 1 MiB or cannot be decoded, and with the
 * signal's reason once that is aborted.
 */
export async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const { signal, mask, clock = wallClock } = options;
  const to = `${request.method} ${displayUrl(request.shownUrl ?? request.url)}`;
  const send = await sender(options);
  const outgoing = (): OutgoingRequest => outgoingRequest(request, signal, send.decodes);
  const raw = await sendOnLiveConnection(send, outgoing).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return answerOfError(error) ?? fail(errorOfExchange(error, { to, mask }));
  });
  if (raw.status === 407) throw errorOfExchange(undefined, { to, mask, proxyStatus: 407 });
  return {
    to,
    url: request.url,
    clientProof: request.clientProof,
    status: raw.status,
    headers: raw.headers,
    receivedAt: clock(),
    text: await textOf(raw, to),
  };
}

type Send = ((request: OutgoingRequest) => Promise<RawAnswer>) & { readonly decodes: boolean };

/** undici is loaded when first needed. Where another takes its place, as in Bun, there may be no dispatcher. */
async function sender({ dispatcher, fetch }: ExchangeOptions): Promise<Send> {
  if (fetch !== undefined) return byFetch(fetch);
  if (dispatcher !== undefined) return byDispatcher(dispatcher);
  const undici = await loadDependency("undici", () => import("undici"));
  const global = undici.getGlobalDispatcher();
  return typeof global?.dispatch === "function" ? byDispatcher(global) : byFetch(globalThis.fetch as TokenFetch);
}

function byFetch(fetch: TokenFetch): Send {
  return Object.assign((request: OutgoingRequest) => sendByFetch(fetch, request), { decodes: true });
}

function byDispatcher(dispatcher: Dispatcher): Send {
  return Object.assign((request: OutgoingRequest) => dispatch(dispatcher, request), { decodes: false });
}

function outgoingRequest(request: HttpRequest, signal: AbortSignal, decodes: boolean): OutgoingRequest {
  const authorization = userinfoAuthorization(request.url);
  const url = new URL(request.url);
  url.username = "";
  url.password = "";
  return {
    method: request.method,
    url,
    headers: {
      "user-agent": USER_AGENT,
      ...(!decodes && { "accept-encoding": READABLE_CODINGS }),
      // A cache, ours or one on the way, neither answers in place of the IdP nor keeps what has a token in it.
      "cache-control": "no-store",
      ...(authorization && { authorization }),
      ...request.headers,
      ...request.freshHeaders?.(),
    },
    body: request.body,
    signal,
  };
}

/**
 * Sends again at once, and only once, where a connection that had been idle turns out to be closed (H9); undici then makes a
 * new one. Nobody can know for certain that the server has not read the request; but it has answered on that
 * connection before and not begun to answer now, which is how a keep-alive that ran out looks. For a refresh token the
 * worst case is that of every lost answer, after which the same token is presented again at once anyway (F2).
 */
async function sendOnLiveConnection(send: Send, request: () => OutgoingRequest): Promise<RawAnswer> {
  try {
    return await send(request());
  } catch (error) {
    if (!(error instanceof StaleConnectionError)) throw error;
    return await send(request()).catch((second: unknown) => {
      throw second instanceof StaleConnectionError ? second.cause : second;
    });
  }
}

/** Of an answer that says no by its status, nothing depends on its body: where that cannot be decoded, it is left out. */
async function textOf(raw: RawAnswer, to: string): Promise<string> {
  const { status, headers, bytes, isDecoded } = raw;
  try {
    const decoded = isDecoded ? bytes : await decode(bytes, headers["content-encoding"]);
    return new TextDecoder().decode(decoded);
  } catch (error) {
    // An interceptor that decodes may have left the header as it was.
    if (looksLikeJson(bytes)) return new TextDecoder().decode(bytes);
    return status >= 200 && status < 300 ? fail(errorOfBody(error, { to, status })) : "";
  }
}

function looksLikeJson(bytes: Buffer): boolean {
  return /^\s*[{["]/.test(bytes.subarray(0, 64).toString("latin1"));
}

function fail(error: Error): never {
  throw error;
}
