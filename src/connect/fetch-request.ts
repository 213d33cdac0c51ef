/** What `fetch` was called with, in a form that can be sent, sent again, and sent on. */

type Fetch = typeof globalThis.fetch;
type HeadersInit = NonNullable<RequestInit["headers"]>;

/** Where a request stands. `input` keeps what only a `Request` has, its body above all. */
interface Parts {
  readonly href: string;
  readonly method: string;
  readonly headers: Headers | undefined;
  readonly init: RequestInit;
  readonly input?: Request | undefined;
}

/** A request of the Fetch standard, never used up by being sent. What nobody asks of it is not worked out. */
export class FetchRequest {
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  readonly redirect: "error" | "follow" | "manual";
  readonly #parts: Parts;
  #url: URL | undefined;

  private constructor(parts: Parts) {
    this.method = parts.method;
    this.signal = (parts.init.signal === undefined ? parts.input?.signal : parts.init.signal) ?? undefined;
    this.redirect = parts.init.redirect ?? parts.input?.redirect ?? "follow";
    this.#parts = parts;
  }

  /** What is given, as it is now: a caller may change its objects while a token is waited for. */
  static from(input: string | URL | Request, given: RequestInit = {}): FetchRequest {
    const request = isRequest(input) ? input : undefined;
    const init = isRequest(given) ? { ...settingsOf(given), method: given.method, headers: given.headers } : given;
    const body = isRequest(given) ? given.clone().body : copyOf(given.body);
    const headers = init.headers ?? request?.headers;
    return new FetchRequest({
      href: request?.url ?? String(input),
      method: init.method ?? request?.method ?? "GET",
      headers: headers === undefined ? undefined : new Headers(headers),
      init: body == null ? { ...init } : ({ duplex: "half", ...init, body } as RequestInit),
      input: request,
    });
  }

  /** Throws `TypeError` where fetch would. */
  get url(): URL {
    this.#url ??= new URL(this.#parts.href);
    return this.#url;
  }

  /** Whether its body can be sent again. A stream or an iterable is used up by being sent (W3). */
  get isReplayable(): boolean {
    const { body } = this.#parts.init;
    return !(typeof body === "object" && body !== null && (Symbol.asyncIterator in body || "getReader" in body));
  }

  /**
   * One hop, with what a credential adds to the caller's headers. A redirect is an answer here, unless
   * the caller wants an error.
   */
  send(
    fetch: Fetch,
    added: readonly [string, string][],
    signal: AbortSignal | undefined = this.signal,
  ): Promise<Response> {
    const { href, init, input } = this.#parts;
    const hop: RequestInit = {
      ...init,
      method: this.method,
      headers: this.#headersWith(added),
      redirect: this.redirect === "follow" ? "manual" : this.redirect,
    };
    if (signal !== undefined) hop.signal = signal;
    // A clone keeps what cannot be read from a Request: its dispatcher, the length of its body.
    return fetch(input === undefined ? href : input.clone(), hop);
  }

  #headersWith(added: readonly [string, string][]): HeadersInit {
    if (this.#parts.headers === undefined) return Object.fromEntries(added);
    const headers = new Headers(this.#parts.headers);
    for (const [name, value] of added) headers.set(name, value);
    return headers;
  }

  /** The request that a redirect asks for (Fetch standard, HTTP-redirect fetch). */
  async redirected(status: number, target: URL): Promise<FetchRequest> {
    const { init, input } = this.#parts;
    const method = normalized(this.method);
    const headers = new Headers(this.#parts.headers);
    if (target.origin !== this.url.origin) for (const name of PRIVATE_HEADERS) headers.delete(name);
    const becomesGet =
      (status === 303 && method !== "GET" && method !== "HEAD") ||
      ((status === 301 || status === 302) && method === "POST");
    const onward = { ...settingsOf(input), ...init };
    if (becomesGet) {
      for (const name of BODY_HEADERS) headers.delete(name);
      return new FetchRequest({ href: target.href, method: "GET", headers, init: { ...onward, body: null } });
    }
    if (!this.isReplayable) {
      throw new TypeError("fetch failed: a body that can be read only once cannot follow a redirect");
    }
    const body = init.body ?? (input?.body ? await input.clone().arrayBuffer() : null);
    return new FetchRequest({ href: target.href, method: this.method, headers, init: { ...onward, body } });
  }
}

/** Fetch standard: not for another origin. */
const PRIVATE_HEADERS = ["authorization", "cookie", "host", "proxy-authorization"];

/** Fetch standard: request-body-header names. */
const BODY_HEADERS = ["content-encoding", "content-language", "content-length", "content-location", "content-type"];

/** Fetch standard, "normalize a method": these may be given in any case. */
function normalized(method: string): string {
  const upper = method.toUpperCase();
  return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].includes(upper) ? upper : method;
}

/** Of a body that its caller may change, a copy; one that is used up by being read stays as it is. */
function copyOf(body: RequestInit["body"]): RequestInit["body"] {
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof ArrayBuffer) return body.slice(0);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  return body;
}

/** Of whichever fetch implementation: there are several in one process. */
function isRequest(input: unknown): input is Request {
  return typeof input === "object" && Object.prototype.toString.call(input) === "[object Request]";
}

/** What a `Request` says beside URL, method, headers and body. */
function settingsOf(input: Request | undefined): RequestInit {
  if (input === undefined) return {};
  const { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy, signal } = input;
  return { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy, signal } as RequestInit;
}
