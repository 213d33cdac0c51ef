/** `authInterceptor`: for undici's dispatchers what `authFetch` is for fetch (W1 to W5). */

import type { AuthProvider } from "../auth-provider.js";
import { TOKEN_REQUEST } from "../http/dispatcher.js";
import type { Credential } from "../values/credential.js";
import { ConfigError } from "../values/errors.js";
import { Attempt, authorize, checkedStatuses, reauthorize, report } from "./authorize.js";
import {
  type Dispatch,
  type DispatchHandler,
  type DispatchOptions,
  endedController,
  type Interceptor,
  isReplayable,
  signalOf,
  snapshotOf,
  withHeaders,
  withReplayableBody,
} from "./dispatch.js";
import { FirstAttempt } from "./first-attempt.js";
import { anyOrigin, type IsMeant, listedOrigins } from "./origins.js";

/** How `authInterceptor` sends. */
export interface AuthInterceptorOptions {
  /**
   * The origins that the credential may go to; elsewhere requests pass without it. An interceptor
   * cannot tell a redirect's next hop from a request of its own, so this must be said: `"any"` sends
   * the credential wherever redirects lead.
   */
  readonly origins: readonly string[] | "any";
  /** The answers that refuse a credential; `[401]` by default. */
  readonly statuses?: readonly number[] | undefined;
}

/**
 * An interceptor for undici 7 and 8: `dispatcher.compose(authInterceptor(provider, { origins }))`,
 * for `request`, `stream` and undici's `fetch` alike. Compose it before undici's own `redirect` and
 * `retry`. A body that can be read only once is sent again if its length is known and at most 1 MiB.
 * The provider's own token requests pass untouched, so that it may be composed onto the dispatcher
 * that the provider uses. Throws a `ConfigError` for bad options.
 */
export function authInterceptor(provider: AuthProvider, options: AuthInterceptorOptions): Interceptor {
  const { origins } = options ?? {};
  const statuses = checkedStatuses("authInterceptor", options?.statuses);
  const isMeant = meant(origins);
  return (dispatch) => (given: DispatchOptions, handler: DispatchHandler) => {
    if (TOKEN_REQUEST in given || !isMeant(originOf(given, origins))) return dispatch(given, handler);
    dispatchAuthorized({ provider, statuses, dispatch, handler }, snapshotOf(given)).catch((error: Error) => {
      handler.onResponseError?.(endedController(error), error);
    });
    return true;
  };
}

interface Setting {
  readonly provider: AuthProvider;
  readonly statuses: readonly number[];
  readonly dispatch: Dispatch;
  readonly handler: DispatchHandler;
}

async function dispatchAuthorized(setting: Setting, given: DispatchOptions): Promise<void> {
  const { provider, statuses, dispatch, handler } = setting;
  const signal = signalOf(given);
  const attempt = attemptOf(given);
  const sent = await authorize(provider, attempt, signal);
  const options = isReplayable(given.body) ? given : await withReplayableBody(given, signal);
  const first = new FirstAttempt({
    handler,
    isRefusal: (status) => statuses.includes(status),
    next() {
      if (isReplayable(options.body)) return secondAttempt(setting, options, sent, signal);
      report(provider, sent);
      return undefined;
    },
  });
  dispatch(withHeaders(options, attempt.headers.entries), first);
}

async function secondAttempt(
  { provider, dispatch, handler }: Setting,
  options: DispatchOptions,
  sent: Credential,
  signal: AbortSignal | undefined,
): Promise<(() => void) | undefined> {
  const attempt = attemptOf(options);
  const next = await reauthorize(provider, attempt, sent, signal);
  return next && ((): void => void dispatch(withHeaders(options, attempt.headers.entries), handler));
}

function attemptOf(options: DispatchOptions): Attempt {
  return new Attempt(options.method ?? "GET", () => urlOf(options));
}

function meant(origins: unknown): IsMeant {
  if (origins === "any") return anyOrigin;
  if (Array.isArray(origins)) return listedOrigins("authInterceptor", origins);
  const message = 'is required: a list of origins, or "any" to send the credential wherever redirects lead';
  throw new ConfigError("authInterceptor", [{ path: "origins", message }]);
}

/** A pool knows its origin without being told with each request; this does not. */
function originOf({ origin }: DispatchOptions, origins: unknown): string {
  if (origin !== undefined || origins === "any") return String(origin);
  const message = 'give it with the request: it cannot be compared with origins otherwise (or say origins: "any")';
  throw new ConfigError("authInterceptor", [{ path: "origin", message }]);
}

function urlOf({ origin, path }: DispatchOptions): URL {
  return new URL(path, String(origin));
}
