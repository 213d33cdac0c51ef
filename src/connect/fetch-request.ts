/** What `fetch` was called with, in a form that can be sent, sent again, and sent on. */

import { headersOf, placed, readsBody } from "../placement/placement.js";
import { Credential, type SignableRequest } from "../values/credential.js";
import { below } from "./base-url.js";
import {
  bodyOfInput,
  contentOf,
  copyOf,
  discardBody,
  hasForeignBody,
  isForm,
  isOneShot,
  type KnownBody,
  knownBody,
} from "./fetch-body.js";
import { becomesGet, type Location, withoutBodyHeaders, withoutPrivateHeaders } from "./redirects.js";
import { sentTo } from "./unusable-url.js";

type Fetch = typeof globalThis.fetch;
type Body = RequestInit["body"];
type FetchHeaders = Headers | Record<string, string>;

/** What was given, as this room has it: `init` is a copy of its own, `input` keeps what only a `Request` has. */
interface Parts {
  readonly href: string;
  readonly init: RequestInit;
  readonly headers: FetchHeaders | undefined;
  readonly input?: Request | undefined;
}

/** A request of the Fetch standard that can be sent more than once, unless its body is used up by being sent. */
export class FetchRequest {
  readonly signal: AbortSignal | undefined;
  /** Whether the caller wants redirects to be followed. */
  readonly follows: boolean;
  /** What the final answer's body must match (Subresource Integrity); empty if nothing is asked. */
  readonly integrity: string;
  readonly #init: RequestInit;
  readonly #headers: FetchHeaders | undefined;
  readonly #input: Request | undefined;
  /** As the caller spelt it: some implementations take a relative one. */
  readonly #given: string;
  /** The base URL of the credential that was sent last. */
  #base: string | undefined;

  private constructor({ href, init, headers, input }: Parts) {
    this.#given = href;
    this.signal = (init.signal === undefined ? input?.signal : init.signal) ?? undefined;
    this.follows = (init.redirect ?? input?.redirect ?? "follow") === "follow";
    this.integrity = init.integrity ?? input?.integrity ?? "";
    this.#init = init;
    this.#headers = headers;
    this.#input = input;
    // A redirect is an answer here, unless the caller wants an error; so is one that does not match.
    if (this.follows) init.redirect = "manual";
    if (this.integrity !== "") init.integrity = "";
  }

  /** What is given, as it is now: a caller may change its objects while a token is waited for. */
  static from(input: string | URL | Request, given: RequestInit = {}): FetchRequest {
    const request = isRequest(input) ? input : undefined;
    const init: RequestInit = isRequest(given) ? settingsOf(given) : { headers: undefined as never, ...given };
    const body = isRequest(given) ? given.clone().body : given.body;
    if (body != null) {
      init.body = copyOf(body) as NonNullable<Body>;
      (init as { duplex?: string }).duplex ??= "half";
    }
    if (request !== undefined) keepDispatcher(init as { dispatcher?: unknown }, request);
    return new FetchRequest({
      href: request?.url ?? String(input),
      init,
      headers: copyOfHeaders(given.headers ?? request?.headers),
      input: request,
    });
  }

  /** Where it goes: as the caller spelt it, or below the address of the API, where only a credential tells that (P2). */
  get href(): string {
    return this.#base === undefined ? this.#given : below(this.#base, this.#given);
  }

  /** Whether it is relative, so that it depends on the credential where it goes. */
  get isRelative(): boolean {
    return !URL.canParse(this.#given);
  }

  /** Lets a relative URL start at the base URL of `credential`, if that has one. */
  startAt(credential: Credential): void {
    if (this.isRelative) this.#base = Credential.baseUrl(credential);
  }

  /** Whether its body can be sent again. A stream or an iterable is used up by being sent (W3). */
  get isReplayable(): boolean {
    return !isOneShot(this.#init.body) && !hasForeignBody(this.#input);
  }

  /** One hop, with the credential on it in place of what the caller has there. */
  send(fetch: Fetch, credential?: Credential, signal?: AbortSignal): Promise<Response> {
    const init = this.#init;
    if (credential === undefined) {
      init.headers = this.#headers as FetchHeaders;
    } else {
      const added = headersOf(credential);
      if (added === undefined) return sentTo(this.href, () => this.#sendPlaced(fetch, credential, signal));
      init.headers = this.#headersWith(added);
    }
    if (signal !== undefined) init.signal = signal;
    if (this.#input === undefined) return fetch(this.href, init);
    // A clone keeps what cannot be read from a Request: its dispatcher, the length of its body.
    return fetch(hasForeignBody(this.#input) ? this.#input : this.#input.clone(), init);
  }

  /** Lets go of the body of a request that will not be sent, as fetch does: a file stream must not stay open. */
  discardBody(reason: unknown): void {
    discardBody(this.#init.body, reason);
    if (!isForm(this.#input)) discardBody(this.#input?.body, reason);
  }

  /** The request that a redirect asks for (Fetch standard, HTTP-redirect fetch). */
  async redirected(status: number, { href, leavesOrigin }: Location): Promise<FetchRequest> {
    const method = this.#init.method ?? this.#input?.method ?? "GET";
    const onward: RequestInit = { ...settingsOf(this.#input), ...this.#init, redirect: "follow" };
    if (this.integrity !== "") onward.integrity = this.integrity;
    let headers = new Headers(this.#headers);
    if (leavesOrigin) headers = withoutPrivateHeaders(headers);
    if (becomesGet(status, method)) {
      const init = { ...onward, method: "GET", body: null };
      return new FetchRequest({ href, init, headers: withoutBodyHeaders(headers) });
    }
    if (!this.isReplayable) {
      throw new TypeError("fetch failed: a body that can be read only once cannot follow a redirect");
    }
    const body = onward.body ?? (this.#input?.body ? await this.#input.clone().arrayBuffer() : null);
    return new FetchRequest({ href, init: { ...onward, method, body }, headers });
  }

  /** One hop with a credential that may change the URL and the body, and sign them. */
  async #sendPlaced(fetch: Fetch, credential: Credential, signal: AbortSignal | undefined): Promise<Response> {
    const [given, input] = [this.#init, this.#input];
    const body = readsBody(credential) ? await knownBody(given.body, input) : undefined;
    const request = this.#signable(body);
    const to = placed(request, credential);
    const added = to.body === undefined ? { ...to.headers } : withType(to.headers, request);
    const init: RequestInit = { ...settingsOf(input), ...given, headers: this.#headersWith(added) };
    if (signal !== undefined) init.signal = signal;
    const content = to.body ?? given.body ?? (await bodyOfInput(input));
    if (content == null) return fetch(to.url, init);
    // The length that a caller has given is that of another body.
    if (to.body !== undefined) init.headers = withoutLength(init.headers as FetchHeaders);
    return fetch(to.url, Object.assign(init, { body: content, duplex: "half" }));
  }

  #signable(body: KnownBody | undefined): SignableRequest {
    const headers = new Headers(this.#headers);
    if (body?.type !== undefined && !headers.has("content-type")) headers.set("content-type", body.type);
    return {
      method: (this.#init.method ?? this.#input?.method ?? "GET").toUpperCase(),
      // A signature covers the URL as fetch sends it.
      url: body !== undefined && URL.canParse(this.href) ? new URL(this.href).href : this.href,
      header: (name) => headers.get(name),
      body: () => body && contentOf(body),
    };
  }

  /** A caller's record stays one, and none becomes one: implementations read it fastest. */
  #headersWith(added: Record<string, string>): FetchHeaders {
    const given = this.#headers;
    if (given === undefined) return added;
    if (given instanceof Headers) {
      const headers = new Headers(given);
      for (const name in added) headers.set(name, added[name] as string);
      return headers;
    }
    return Object.assign(withoutNames(given, added), added);
  }
}

/** `added` with the content type of the original body: a changed one is text, of which fetch would say that it is plain. */
export function withType(added: Readonly<Record<string, string>>, { header }: SignableRequest): Record<string, string> {
  const type = header("content-type");
  return { ...(type !== null && withoutNames({ "content-type": type }, added)), ...added };
}

/** `headers` without the length of the body, which fetch counts itself. */
function withoutLength(headers: FetchHeaders): FetchHeaders {
  if (!(headers instanceof Headers)) return withoutNames(headers, { "content-length": "" });
  headers.delete("content-length");
  return headers;
}

/** `record` without the headers that `names` has, in any case. */
export function withoutNames<T>(record: Record<string, T>, names: Record<string, string>): Record<string, T> {
  const left: Record<string, T> = {};
  for (const name of Object.keys(record)) {
    if (!hasName(names, name)) left[name] = record[name] as T;
  }
  return left;
}

function hasName(names: Record<string, string>, wanted: string): boolean {
  for (const name in names) {
    if (name.length === wanted.length && name.toLowerCase() === wanted.toLowerCase()) return true;
  }
  return false;
}

function copyOfHeaders(headers: RequestInit["headers"] | undefined): FetchHeaders | undefined {
  if (headers === undefined || headers === null) return undefined;
  return Symbol.iterator in headers ? new Headers(headers) : { ...(headers as Record<string, string>) };
}

/** Of whichever fetch implementation: there are several in one process. */
function isRequest(input: unknown): input is Request {
  return typeof input === "object" && Object.prototype.toString.call(input) === "[object Request]";
}

/** What a `Request` says beside its URL, headers and body. */
function settingsOf(request: Request | undefined): RequestInit {
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
function keepDispatcher(init: { dispatcher?: unknown }, request: Request): void {
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === "dispatcher");
  const dispatcher = symbol && (request as unknown as Record<symbol, unknown>)[symbol];
  if (dispatcher !== undefined) init.dispatcher ??= dispatcher;
}
