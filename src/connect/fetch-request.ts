/** What `fetch` was called with, in a form that can be sent, sent again, and sent on. */

import { headersOf, placed, readsBody } from "../placement/placement.js";
import { Credential, type QueryCredential, type SignableRequest } from "../values/credential.js";
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
import { copyOfHeaders, type FetchHeaders, headersWith, withoutLength, withType } from "./fetch-headers.js";
import { copyOfInit, isRequest, keepDispatcher, settingsOf } from "./fetch-init.js";
import { PlacedParameters } from "./placed-parameters.js";
import { becomesGet, type Location, withoutBodyHeaders, withoutPrivateHeaders } from "./redirects.js";
import { sentTo } from "./unusable-url.js";

type Fetch = typeof globalThis.fetch;
type Body = RequestInit["body"];

/** What was given, as this room has it: `init` is a copy of its own, `input` keeps what only a `Request` has. */
interface Parts {
  readonly href: string;
  readonly init: RequestInit;
  readonly headers: FetchHeaders | undefined;
  readonly input?: Request | undefined;
  /** What the hops before it had in their queries. */
  readonly parameters?: PlacedParameters | undefined;
}

/** A request of the Fetch standard that can be sent more than once, unless its body is used up by being sent. */
export class FetchRequest {
  readonly signal: AbortSignal | undefined;
  /** Whether it is relative, so that it depends on the credential where it goes. */
  readonly isRelative: boolean;
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
  /** What credentials have put into its query; `undefined` if there is nothing. */
  #parameters: PlacedParameters | undefined;

  private constructor({ href, init, headers, input, parameters }: Parts) {
    this.#given = href;
    this.isRelative = !URL.canParse(href);
    this.signal = (init.signal === undefined ? input?.signal : init.signal) ?? undefined;
    this.follows = (init.redirect ?? input?.redirect ?? "follow") === "follow";
    this.integrity = init.integrity ?? input?.integrity ?? "";
    this.#init = init;
    this.#headers = headers;
    this.#input = input;
    this.#parameters = parameters;
    // A redirect is an answer here, unless the caller wants an error; so is one that does not match.
    if (this.follows) init.redirect = "manual";
    if (this.integrity !== "") init.integrity = "";
  }

  /** What is given, as it is now: a caller may change its objects while a token is waited for. */
  static from(input: string | URL | Request, given: RequestInit = {}): FetchRequest {
    const request = isRequest(input) ? input : undefined;
    const init = isRequest(given) ? settingsOf(given) : copyOfInit(given);
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
      init.headers = headersWith(this.#headers, added);
    }
    if (signal !== undefined) init.signal = signal;
    if (this.#input === undefined) {
      return this.isRelative ? sentTo(this.href, () => fetch(this.href, init)) : fetch(this.href, init);
    }
    // A clone keeps what cannot be read from a Request: its dispatcher, the length of its body.
    return fetch(hasForeignBody(this.#input) ? this.#input : this.#input.clone(), init);
  }

  /** Lets go of the body of a request that will not be sent, as fetch does: a file stream must not stay open. */
  discardBody(reason: unknown): void {
    discardBody(this.#init.body, reason);
    if (!isForm(this.#input)) discardBody(this.#input?.body, reason);
  }

  /** The request that a redirect asks for (Fetch standard, HTTP-redirect fetch), without any credential on it. */
  async redirected(status: number, location: Location): Promise<FetchRequest> {
    const parameters = this.#parameters;
    const href = parameters?.takenOutOf(location.href) ?? location.href;
    const method = this.#init.method ?? this.#input?.method ?? "GET";
    const onward: RequestInit = { ...settingsOf(this.#input), ...this.#init, redirect: "follow" };
    if (this.integrity !== "") onward.integrity = this.integrity;
    let headers = new Headers(this.#headers);
    if (location.leavesOrigin) headers = withoutPrivateHeaders(headers);
    if (becomesGet(status, method)) {
      const init = { ...onward, method: "GET", body: null };
      return new FetchRequest({ href, init, headers: withoutBodyHeaders(headers), parameters });
    }
    if (!this.isReplayable) {
      throw new TypeError("fetch failed: a body that can be read only once cannot follow a redirect");
    }
    const body = onward.body ?? (this.#input?.body ? await this.#input.clone().arrayBuffer() : null);
    return new FetchRequest({ href, init: { ...onward, method, body }, headers, parameters });
  }

  /** One hop with a credential that may change the URL and the body, and sign them. */
  async #sendPlaced(fetch: Fetch, credential: Credential, signal: AbortSignal | undefined): Promise<Response> {
    const [given, input] = [this.#init, this.#input];
    const body = readsBody(credential) ? await knownBody(given.body, input) : undefined;
    const request = this.#signable(body);
    const to = placed(request, credential);
    if (to.parameters.length > 0) this.#hasInQuery(to.parameters);
    const added = to.body === undefined ? { ...to.headers } : withType(to.headers, request);
    const init: RequestInit = { ...settingsOf(input), ...given, headers: headersWith(this.#headers, added) };
    if (signal !== undefined) init.signal = signal;
    const content = to.body ?? given.body ?? (await bodyOfInput(input));
    if (content == null) return fetch(to.url, init);
    // The length that a caller has given is that of another body.
    if (to.body !== undefined) init.headers = withoutLength(init.headers as FetchHeaders);
    return fetch(to.url, Object.assign(init, { body: content, duplex: "half" }));
  }

  #hasInQuery(parameters: readonly QueryCredential[]): void {
    this.#parameters ??= new PlacedParameters();
    this.#parameters.add(parameters);
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
}
