/** `authFetch`: a fetch that authorizes its requests, and handles a 401 once and right (W1 to W5). */

import type { AuthProvider } from "../auth-provider.js";
import { Attempt, authorize, checkedStatuses, reauthorize, report } from "./authorize.js";
import { FetchRequest } from "./fetch-request.js";
import { anyOrigin, listedOrigins } from "./origins.js";
import { discard, follow } from "./redirects.js";
import { SignalRelay } from "./signal-relay.js";

type Fetch = typeof globalThis.fetch;

/** How `authFetch` sends. */
export interface AuthFetchOptions {
  /** The fetch to send with; the global one by default. */
  readonly fetch?: Fetch | undefined;
  /** The answers that refuse a credential; `[401]` by default. */
  readonly statuses?: readonly number[] | undefined;
  /** If given, the credential goes to these origins only; elsewhere requests pass without it. */
  readonly origins?: readonly string[] | undefined;
}

/**
 * A function like `fetch`, for wherever one is taken. It puts the provider's credential onto each
 * request. If that is refused, it reports it, and sends the request once more with what has replaced
 * it; the second answer is final. A body that can be read only once is not sent again: then the
 * refusal is the answer. Redirects are followed as fetch does, and the credential is left behind
 * when the origin changes.
 *
 * Rejects as fetch does, and with the provider's errors. Throws a `ConfigError` for bad options.
 */
export function authFetch(provider: AuthProvider, options: AuthFetchOptions = {}): Fetch {
  const { origins } = options;
  const statuses = checkedStatuses("authFetch", options.statuses);
  const relay = new SignalRelay();
  const isMeant = origins === undefined ? anyOrigin : listedOrigins("authFetch", origins);
  return async (input, init) => {
    const fetch = options.fetch ?? globalThis.fetch;
    return follow(FetchRequest.from(input, init), (hop, meant) => {
      return meant && (origins === undefined || isMeant(hop.url.origin))
        ? sendAuthorized({ fetch, provider, statuses, relay }, hop)
        : hop.send(fetch, []);
    });
  };
}

interface Setting {
  readonly fetch: Fetch;
  readonly provider: AuthProvider;
  readonly statuses: readonly number[];
  readonly relay: SignalRelay;
}

async function sendAuthorized({ fetch, provider, statuses, relay }: Setting, request: FetchRequest): Promise<Response> {
  const { method, signal } = request;
  const urlOf = (): URL => request.url;
  const first = new Attempt(method, urlOf);
  const sent = await authorize(provider, first, signal);
  const response = await request.send(fetch, first.headers.entries);
  if (!statuses.includes(response.status)) return response;
  if (!request.isReplayable) {
    report(provider, sent);
    return response;
  }
  const second = new Attempt(method, urlOf);
  const next = await reauthorize(provider, second, sent, signal).catch(async (error: unknown) => {
    // Nobody will read the answer that the provider was asked about.
    await discard(response);
    throw error;
  });
  if (next === undefined) return response;
  await discard(response);
  return relay.send(signal, (relayed) => request.send(fetch, second.headers.entries, relayed));
}
