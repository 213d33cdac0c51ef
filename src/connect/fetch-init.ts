/** What `fetch` is told beside URL, headers and body. */

/** Of whichever fetch implementation: there are several in one process. */
export function isRequest(input: unknown): input is Request {
  return typeof input === "object" && Object.prototype.toString.call(input) === "[object Request]";
}

/** What a `Request` says beside its URL, headers and body. */
export function settingsOf(request: Request | undefined): RequestInit {
  if (request === undefined) return {};
  const { method, cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy, signal } =
    request;
  return {
    method,
    cache,
    credentials,
    integrity,
    keepalive,
    mode,
    redirect,
    referrer,
    referrerPolicy,
    signal,
  } as RequestInit;
}

/** In undici 6, Node 20 and Node 22 a clone loses the request's own dispatcher. Later releases let nobody see it. */
export function keepDispatcher(init: { dispatcher?: unknown }, request: Request): void {
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === "dispatcher");
  const dispatcher = symbol && (request as unknown as Record<symbol, unknown>)[symbol];
  if (dispatcher !== undefined) init.dispatcher ??= dispatcher;
}
