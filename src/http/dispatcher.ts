/** Sends by an undici dispatcher, of which so little is used that those of undici 6, 7 and 8 all fit (H1, H7). */

import { AnswerHandler, type RawAnswer } from "./answer-handler.js";

/** Marks a token request in its dispatch options, for interceptors that must let it pass (H1). */
export const TOKEN_REQUEST: unique symbol = Symbol.for("faucet-auth.token-request") as never;

/**
 * An undici dispatcher: an `Agent`, `Pool`, `ProxyAgent`, `MockAgent` and the like, composed or not,
 * of undici 6, 7 or 8, Node's own too.
 */
export interface Dispatcher {
  /** As undici's `Dispatcher.dispatch`: begins a request and reports its answer to `handler`. */
  // biome-ignore lint/suspicious/noExplicitAny: each undici release types its own options and handlers
  dispatch(options: any, handler: any): boolean;
}

/** A request as it is sent, with all of its headers. */
export interface OutgoingRequest {
  readonly method: string;
  /** Without user info, which is a header. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** What the answer to `request` is, read whole. Rejects with what the dispatcher reports, or the signal's reason. */
export function dispatch(dispatcher: Dispatcher, request: OutgoingRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new AnswerHandler(request.signal, resolve, reject);
    try {
      dispatcher.dispatch(dispatchOptions(dispatcher, request), handler);
    } catch (error) {
      handler.onError(error);
    }
  });
}

/** With what makes undici's own interceptors let the answer pass as it is: nobody but us asks again (H7). */
function dispatchOptions(dispatcher: Dispatcher, { method, url, headers, body, signal }: OutgoingRequest): object {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers,
    body: ignoresRetryOptions(dispatcher) ? spent(body ?? "") : (body ?? null),
    signal,
    // The flight's deadline is the only clock (H2).
    headersTimeout: 0,
    bodyTimeout: 0,
    maxRedirections: 0,
    retryOptions: NO_RETRY,
    [TOKEN_REQUEST]: true,
  };
}

const NO_RETRY = {
  retry: (error: unknown, _context: unknown, done: (error: unknown) => void): void => done(error),
  maxRetries: 0,
  statusCodes: [],
  errorCodes: [],
  methods: [],
  throwOnError: true,
};

/** undici's `RetryAgent`: beside mocks, it is the only dispatcher that extends undici's and has no `closed`. */
function ignoresRetryOptions(dispatcher: Dispatcher): boolean {
  return "compose" in dispatcher && !("closed" in dispatcher) && !("disableNetConnect" in dispatcher);
}

/**
 * A body that says of itself that it has been read, as a stream does that was sent: such a one is not sent
 * again. It is not the form that everybody gets, since mocks compare a body with text.
 */
function spent(body: string): Buffer {
  return Object.assign(Buffer.from(body), { readableDidRead: true });
}
