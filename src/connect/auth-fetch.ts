/** `authFetch`: a fetch that authorizes its requests, and handles a refusal once and right. */

import type { AuthProvider } from "../auth-provider.js";
import { isChallenged } from "../placement/challenge.js";
import type { Credential } from "../values/credential.js";
import { Authorization, Reauthorization } from "./authorization.js";
import { FetchRequest } from "./fetch-request.js";
import { FetchedAnswer } from "./fetched-answer.js";
import { type IsMeant, listedOrigins } from "./origins.js";
import { asRedirected, locationOf } from "./redirects.js";
import { type RefusalOptions, type RefusalRule, refusalRule } from "./refusal.js";
import { SignalRelay } from "./signal-relay.js";
import { NO_BASE } from "./unusable-url.js";
import { checkWrapper, faultOfFunction } from "./wrapper-options.js";

/** `fetch`, as the types of the environment have it; some function where they have none. */
export type FetchFunction = typeof globalThis extends {
  /** The global fetch, where its types are known. */
  fetch: infer Fetch;
}
  ? Fetch
  : // biome-ignore lint/suspicious/noExplicitAny: without lib.dom and @types/node there is no Request and no Response
    (input: any, init?: any) => Promise<any>;

/** How `authFetch` sends. */
export interface AuthFetchOptions extends RefusalOptions {
  /**
   * The fetch to send with: undici's, node-fetch, a framework's own. By default the global one, as it
   * is when `authFetch` is called.
   */
  readonly fetch?: FetchFunction | undefined;
  /**
   * The origins that the credential may go to, such as `https://api.example`; elsewhere requests pass
   * without it. By default it goes wherever a request is addressed to, and no redirect takes it to
   * another origin.
   */
  readonly origins?: readonly string[] | undefined;
}

/**
 * A function like `fetch`, for wherever one is taken. It puts the provider's credential onto each
 * request. If that is refused, it reports it, and sends the request once more with what has replaced
 * it; the second answer is final. A body that can be read only once is not sent again: then the
 * refusal is the answer. Redirects are followed as fetch does, and the credential is left behind
 * when the origin changes to one that is not listed. The function rejects as fetch does, and with the
 * provider's errors.
 *
 * @throws `ConfigError` for what is no provider, and for bad options.
 * @example
 * const fetch = authFetch(provider, { origins: ["https://api.example"] });
 * const rows = await (await fetch("https://api.example/rows")).json();
 */
export function authFetch(provider: AuthProvider, options: AuthFetchOptions = {}): FetchFunction {
  checkWrapper("authFetch", provider, options, { fetch: faultOfFunction });
  const wrapper: Wrapper = {
    fetch: options.fetch ?? globalThis.fetch,
    authorization: new Authorization(provider, options.graceMs),
    isRefusal: refusalRule(options, provider),
    isMeant: options.origins && listedOrigins(options.origins),
    relay: new SignalRelay(),
  };
  return async (input, init) => {
    const request = FetchRequest.from(input, init ?? undefined);
    // Of a relative URL it is known where it goes once its credential is.
    const response = await sendHop(wrapper, request, request.isRelative || isMeantFor(wrapper, request));
    const isDone = !request.follows || response.status < 300 || response.status > 399;
    const answer = isDone ? response : await follow(wrapper, request, response);
    return request.integrity === "" ? answer : matching(wrapper.fetch, answer, request.integrity);
  };
}

/** What one `authFetch` was made with. */
interface Wrapper {
  readonly fetch: FetchFunction;
  readonly authorization: Authorization;
  readonly isRefusal: RefusalRule;
  /** `undefined` where no origins are listed. */
  readonly isMeant: IsMeant | undefined;
  readonly relay: SignalRelay;
}

/** Sends one hop; with the credential if its origin is meant to have it. */
function sendHop(wrapper: Wrapper, hop: FetchRequest, isMeant: boolean): Promise<Response> {
  if (!isMeant || wrapper.authorization.isOwnFlight()) return hop.send(wrapper.fetch);
  return sendAuthorized(wrapper, hop);
}

async function sendAuthorized(wrapper: Wrapper, request: FetchRequest): Promise<Response> {
  const { authorization, fetch } = wrapper;
  const credential = await authorization.credential(request.signal).catch((error: unknown) => {
    request.discardBody(error);
    throw error;
  });
  request.startAt(credential);
  if (request.isRelative && !isMeantFor(wrapper, request)) return request.send(fetch);
  const response = await send(fetch, request, credential);
  if (isChallenge(request, credential, response)) return response;
  let answer: FetchedAnswer | undefined;
  const looked = (): FetchedAnswer => {
    answer ??= new FetchedAnswer(response);
    return answer;
  };
  const verdict = wrapper.isRefusal(response.status, looked, request.signal);
  if (verdict === true || (verdict !== false && (await decided(verdict, looked())))) {
    return sendAgain(wrapper, request, credential, looked());
  }
  authorization.answered(credential, response.status);
  return answer?.pass() ?? response;
}

/** The verdict about `answer`, which nobody will read where there is none. */
async function decided(verdict: boolean | Promise<boolean>, answer: FetchedAnswer): Promise<boolean> {
  try {
    return await verdict;
  } catch (error) {
    answer.discard();
    throw error;
  }
}

function isMeantFor({ isMeant }: Wrapper, { href }: FetchRequest): boolean {
  return isMeant === undefined || isMeant(originOf(href));
}

/** Sends once; and once more where the answer asks for another signature. */
async function send(
  fetch: FetchFunction,
  request: FetchRequest,
  credential: Credential,
  signal?: AbortSignal,
): Promise<Response> {
  const response = await request.send(fetch, credential, signal);
  if (!request.isReplayable || !isChallenge(request, credential, response)) return response;
  new FetchedAnswer(response).discard();
  return request.send(fetch, credential, signal);
}

function isChallenge({ href }: FetchRequest, credential: Credential, { status, headers }: Response): boolean {
  return isChallenged(credential, () => ({ origin: originOf(href), status, headers }));
}

/** Sends on, with what replaces a refused credential, until an answer is no refusal or there is nothing else to try. */
async function sendAgain(
  wrapper: Wrapper,
  request: FetchRequest,
  sent: Credential,
  refusal: FetchedAnswer,
): Promise<Response> {
  const { authorization, fetch, isRefusal, relay } = wrapper;
  const sendWith = (credential: Credential): Promise<Response> =>
    relay.send(request.signal, (signal) => send(fetch, request, credential, signal));
  const reauthorization = new Reauthorization(authorization, request.signal);
  let [refused, answer] = [sent, refusal];
  for (;;) {
    const next = await nextAfter(answer, request, refused, { authorization, reauthorization });
    // A refusal that was let go of, and is the answer, is asked for again.
    if (next === undefined) return answer.pass() ?? sendWith(refused);
    answer.discard();
    request.startAt(next);
    // Another session may be another address, which need not be a listed one.
    if (request.isRelative && !isMeantFor(wrapper, request)) {
      return relay.send(request.signal, (signal) => request.send(fetch, undefined, signal));
    }
    const response = await sendWith(next);
    if (isChallenge(request, next, response)) return response;
    const current = new FetchedAnswer(response);
    const verdict = isRefusal(current.status, () => current, request.signal);
    if (!(await decided(verdict, current))) {
      authorization.answered(next, current.status);
      return current.pass() as Response;
    }
    [refused, answer] = [next, current];
  }
}

/** What to send after `refused`; nothing if `answer`, which refuses it, is for the caller. */
async function nextAfter(
  answer: FetchedAnswer,
  request: FetchRequest,
  refused: Credential,
  { authorization, reauthorization }: { authorization: Authorization; reauthorization: Reauthorization },
): Promise<Credential | undefined> {
  if (!request.isReplayable) authorization.report(refused);
  if (!request.isReplayable || reauthorization.isFinal(refused)) return undefined;
  answer.hold();
  try {
    return await reauthorization.next(refused);
  } catch (error) {
    // Nobody will read the answer that the provider was asked about.
    answer.discard();
    throw error;
  }
}

/** Follows where `redirect` leads, hop by hop, so that each origin is known for what it is (W5). */
async function follow(wrapper: Wrapper, request: FetchRequest, redirect: Response): Promise<Response> {
  let [hop, response, isMeant] = [request, redirect, isMeantFor(wrapper, request)];
  for (let redirects = 0; ; redirects += 1) {
    const location = locationOf(response, hop.href);
    if (location === undefined) return redirects === 0 ? response : asRedirected(response);
    new FetchedAnswer(response).discard();
    if (redirects === MOST_REDIRECTS) throw new TypeError("fetch failed: redirected too often");
    isMeant &&=
      !location.leavesOrigin || (location.origin !== undefined && wrapper.isMeant?.(location.origin) === true);
    hop = await hop.redirected(response.status, location);
    response = await sendHop(wrapper, hop, isMeant);
  }
}

/** Fetch standard, HTTP-redirect fetch. */
const MOST_REDIRECTS = 20;

function originOf(href: string): string {
  if (!URL.canParse(href)) {
    const why = "a URL that is relative or invalid cannot be compared with authFetch's origins";
    throw new TypeError(`fetch failed: ${why}; if it is relative, ${NO_BASE}`);
  }
  return new URL(href).origin;
}

/**
 * `response`, if its body matches. Only the final answer has to, so the check cannot be part of the requests.
 * fetch itself does it, on a copy.
 */
async function matching(fetch: FetchFunction, response: Response, integrity: string): Promise<Response> {
  const body = Buffer.from(await response.clone().arrayBuffer());
  await fetch(`data:application/octet-stream;base64,${body.toString("base64")}`, { integrity });
  return response;
}
