/** `authInterceptor`: for undici's dispatchers what `authFetch` is for fetch. */

import type { AuthProvider } from "../auth-provider.js";
import { TOKEN_REQUEST } from "../http/dispatcher.js";
import { isChallenged } from "../placement/challenge.js";
import { headersOf } from "../placement/placement.js";
import type { Credential } from "../values/credential.js";
import { Authorization, Reauthorization } from "./authorization.js";
import { ControlledExchange } from "./controlled-exchange.js";
import {
  type Dispatch,
  type DispatchHandler,
  type DispatchOptions,
  failWithoutExchange,
  type Interceptor,
  isLegacy,
  type LegacyHandler,
  originOf,
  signalOf,
  targetOriginOf,
} from "./dispatch.js";
import { copyOfHeaders, copyOfOptions, type OwnOptions, type RequestHeaders, withHeaders } from "./dispatch-headers.js";
import type { Decider } from "./exchange.js";
import { checkBelow, explained, faultAbove } from "./interceptor-order.js";
import { LegacyExchange } from "./legacy-exchange.js";
import { faultsOfOrigins, type IsMeant, listedOrigins } from "./origins.js";
import { placedDispatch } from "./placed-dispatch.js";
import { PlacedParameters } from "./placed-parameters.js";
import { type RefusalCandidate, type RefusalOptions, type RefusalRule, refusalRule } from "./refusal.js";
import { gathered, isReplayable } from "./replayable-body.js";
import { checkWrapper } from "./wrapper-options.js";

/** How `authInterceptor` sends. */
export interface AuthInterceptorOptions extends RefusalOptions {
  /**
   * The origins that the credential may go to, such as `https://api.example`; elsewhere requests pass
   * without it. An interceptor cannot tell a redirect's next hop from a request of its own, so this must
   * be said: `"any"` sends the credential wherever redirects lead.
   */
  readonly origins: readonly string[] | "any";
}

/**
 * An interceptor for undici 6.9 to 8: `dispatcher.compose(authInterceptor(provider, { origins }))`, for
 * `request`, `stream` and undici's `fetch` alike. Compose it after undici's own `dns`, `cache` and
 * `deduplicate`, and before `redirect`, `retry` and `responseError`; an order that it can see to be wrong
 * is an error of the request. A body that can be read only once is sent again if its length is known and
 * at most 1 MiB. The provider's own token requests pass untouched, so that it may be composed onto the
 * dispatcher that the provider uses.
 *
 * @throws `ConfigError` for what is no provider, and for bad options.
 * @example
 * const dispatcher = new Agent().compose(
 *   authInterceptor(provider, { origins: ["https://api.example"] }),
 *   interceptors.redirect({ maxRedirections: 5 }),
 * );
 */
export function authInterceptor(provider: AuthProvider, options: AuthInterceptorOptions): Interceptor {
  checkWrapper("authInterceptor", provider, options ?? {}, { origins: faultsOfRequiredOrigins }, ["origins"]);
  const { origins } = options;
  const isMeant = origins === "any" ? undefined : listedOrigins(origins);
  const wrapper = {
    isMeant,
    authorization: new Authorization(provider, options.graceMs),
    isRefusal: refusalRule(options, provider),
    parameters: new PlacedParameters(),
  };
  return (dispatch) => (given: DispatchOptions, handler: DispatchHandler | LegacyHandler) => {
    if (TOKEN_REQUEST in given) return dispatch(given, handler);
    const fault = faultAbove(handler, isMeant !== undefined);
    if (fault !== undefined) {
      // Not thrown: some interceptors would wait for ever for a request that was never sent.
      queueMicrotask(() => failWithoutExchange(handler, fault));
      return true;
    }
    if (isMeant !== undefined && !isMeant(originOf(given))) return dispatch(unmeant(given, wrapper), handler);
    if (wrapper.authorization.isOwnFlight()) return dispatch(given, handler);
    new AuthorizedRequest(wrapper, dispatch, given, handler).begin();
    return true;
  };
}

/** What one `authInterceptor` was made with. */
interface Wrapper {
  readonly authorization: Authorization;
  readonly isRefusal: RefusalRule;
  /** `undefined` where every origin is meant. */
  readonly isMeant: IsMeant | undefined;
  /** What requests have had in their queries, any of which may have been answered by a redirect. */
  readonly parameters: PlacedParameters;
}

/** A request to an origin that is not meant: it may be the next hop of one that had the credential in its query. */
function unmeant(given: DispatchOptions, { parameters }: Wrapper): DispatchOptions {
  const path = typeof given.path === "string" ? parameters.takenOutOf(given.path) : given.path;
  return path === given.path ? given : { ...copyOfOptions(given), path };
}

/** One request of a caller, who sees one exchange however often it is sent. */
class AuthorizedRequest implements Decider {
  readonly #wrapper: Wrapper;
  readonly #dispatch: Dispatch;
  readonly #handler: DispatchHandler | LegacyHandler;
  readonly #signal: AbortSignal | undefined;
  readonly #options: { body?: unknown } & OwnOptions;
  /** The caller's. */
  readonly #headers: RequestHeaders;
  /** What was sent last. */
  #sent: Credential | undefined;
  #reauthorization: Reauthorization | undefined;
  /** Whether the last answer has asked for another signature, and whether it gets one. */
  #challenge: "none" | "met" | "unmet" = "none";
  /** Whether the next answer is the caller's, whatever it is. */
  #isFinal = false;

  constructor(wrapper: Wrapper, dispatch: Dispatch, given: DispatchOptions, handler: DispatchHandler | LegacyHandler) {
    this.#wrapper = wrapper;
    this.#dispatch = dispatch;
    this.#handler = handler;
    this.#signal = signalOf(given);
    this.#options = copyOfOptions(given);
    this.#headers = copyOfHeaders(given.headers);
  }

  begin(): void {
    const fail = (error: Error): void => failWithoutExchange(this.#handler, error);
    const credential = this.#wrapper.authorization.credential(this.#signal);
    const sent = isReplayable(this.#options)
      ? credential.then((each) => this.#send(each))
      : credential.then((each) => this.#gatherAndSend(each));
    sent.catch(fail);
  }

  checkContext(context: unknown): void {
    if (this.#wrapper.isMeant !== undefined) checkBelow(context);
  }

  isRefusal(status: number, candidate: () => RefusalCandidate): boolean | Promise<boolean> {
    const sent = this.#sent as Credential;
    const isAgain = this.#challenge !== "none";
    if (isChallenged(sent, () => ({ origin: targetOriginOf(this.#options), status, headers: candidate().headers }))) {
      this.#challenge = isAgain || !isReplayable(this.#options) ? "unmet" : "met";
      return this.#challenge === "met";
    }
    this.#challenge = "none";
    return this.#wrapper.isRefusal(status, candidate, this.#signal);
  }

  answered(status: number): void {
    if (this.#challenge === "none") this.#wrapper.authorization.answered(this.#sent as Credential, status);
  }

  next(): Promise<(() => void) | undefined> | undefined {
    const { authorization } = this.#wrapper;
    const sent = this.#sent as Credential;
    if (this.#challenge === "met") return Promise.resolve(() => this.#send(sent));
    if (this.#isFinal) return undefined;
    if (!isReplayable(this.#options)) {
      authorization.report(sent);
      return undefined;
    }
    this.#reauthorization ??= new Reauthorization(authorization, this.#signal);
    if (this.#reauthorization.isFinal(sent)) return undefined;
    return this.#reauthorization.next(sent).then((next) => next && ((): void => this.#send(next)));
  }

  repeat(): void {
    this.#isFinal = true;
    this.#send(this.#sent as Credential);
  }

  explained(error: Error): Error {
    return explained(error, (status) => this.#wrapper.isRefusal(status, () => bare(status)) === true);
  }

  async #gatherAndSend(credential: Credential): Promise<void> {
    this.#options.body = await gathered(this.#options, this.#headers, this.#signal);
    this.#send(credential);
  }

  #send(credential: Credential): void {
    const added = headersOf(credential);
    // Whoever got the options of the first time may have kept them.
    const options = this.#sent === undefined && added !== undefined ? this.#options : copyOfOptions(this.#options);
    if (added === undefined) this.#place(credential, options);
    else options.headers = withHeaders(this.#headers, added);
    this.#sent = credential;
    this.#dispatch(options, exchangeFor(this.#handler, this));
  }

  #place(credential: Credential, options: object): void {
    const { changes, parameters } = placedDispatch(this.#options, this.#headers, credential);
    this.#wrapper.parameters.add(parameters);
    Object.assign(options, changes);
  }
}

function faultsOfRequiredOrigins(origins: unknown): ReturnType<typeof faultsOfOrigins> | undefined {
  if (origins === "any") return undefined;
  if (Array.isArray(origins)) return faultsOfOrigins(origins);
  return 'is required: a list of origins, or "any" to send the credential wherever redirects lead';
}

/** An answer of which only the status is known. */
function bare(status: number): RefusalCandidate {
  return { status, headers: { get: () => null }, text: async () => "" };
}

/** An exchange whose caller is `handler`, of the same kind as that. */
function exchangeFor(handler: DispatchHandler | LegacyHandler, decider: Decider): DispatchHandler | LegacyHandler {
  return isLegacy(handler) ? new LegacyExchange(handler, decider) : new ControlledExchange(handler, decider);
}
