/**
 * Asks an issuer where its endpoints are (RFC 8414, OpenID Connect Discovery 1.0), and keeps what it says as long as its
 * cache headers allow (K7).
 */

import { isRetryableAnswer } from "../failure/policy.js";
import { isRedirect } from "../http/answer.js";
import { cacheSeconds } from "../http/cache-lifetime.js";
import type { exchange, HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { redirected } from "../http/refusal.js";
import { retryAfterSeconds } from "../http/retry-after.js";
import type { Clock } from "../values/clock.js";
import { AuthError, FaucetError, TransportError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import { metadataIn, type ServerMetadata } from "./server-metadata.js";

/** One token request, which may have to ask for something else first. */
export interface Errand {
  /** Sends a request within the deadline of the flight, by an exchange as all have it, or by another. */
  send(request: HttpRequest, by?: typeof exchange): Promise<HttpAnswer>;
  /** Masks what `request` carries too, and further secrets. */
  maskOf(request: HttpRequest, secrets?: readonly string[]): Mask;
  /** Aborted when nobody waits for the token any more. */
  readonly signal: AbortSignal;
  readonly mask: Mask;
  readonly clock: Clock;
}

/** Where the server does not say how long its metadata hold. */
const DEFAULT_SECS = 3600;

/** Whatever the server says: an endpoint that has moved is found within a day. */
const MOST_SECS = 24 * 3600;

interface Kept {
  readonly metadata: ServerMetadata;
  readonly from: number;
  readonly until: number;
}

interface Pending {
  readonly metadata: Promise<ServerMetadata>;
  /** Of the token request that has begun it, and on whose way it is. */
  readonly signal: AbortSignal;
}

/** The metadata of one issuer. Those who want them at the same time share one request. A failure is not kept. */
export class Discovery {
  readonly #issuer: URL;
  #kept: Kept | undefined;
  #pending: Pending | undefined;

  constructor(issuer: URL) {
    this.#issuer = issuer;
  }

  /** Rejects with an `AuthError` for metadata that cannot be used, and with a `TransportError` where no answer came. */
  async metadata(errand: Errand): Promise<ServerMetadata> {
    for (;;) {
      if (errand.signal.aborted) throw errand.signal.reason;
      const kept = this.#keptAt(errand.clock());
      if (kept !== undefined) return kept;
      this.#pending ??= this.#begin(errand);
      const { metadata, signal } = this.#pending;
      try {
        return await metadata;
      } catch (error) {
        // What has ended with its own token request says nothing to others that wait for it.
        if (!signal.aborted || errand.signal.aborted) throw error;
      }
    }
  }

  /** A clock that has jumped back says nothing of the age any more (C10). */
  #keptAt(now: number): ServerMetadata | undefined {
    const { metadata, from, until } = this.#kept ?? { from: 0, until: 0 };
    return from <= now && now < until ? metadata : undefined;
  }

  #begin(errand: Errand): Pending {
    const metadata = handled(this.#fetch(errand).finally(() => (this.#pending = undefined)));
    return { metadata, signal: errand.signal };
  }

  async #fetch(errand: Errand): Promise<ServerMetadata> {
    const answer = await askFirst(locationsOf(this.#issuer), errand);
    const metadata = metadataIn(answer, this.#issuer, errand.mask);
    const seconds = Math.min(cacheSeconds(answer) ?? DEFAULT_SECS, MOST_SECS);
    this.#kept = { metadata, from: answer.receivedAt, until: answer.receivedAt + seconds * 1000 };
    return metadata;
  }
}

/** RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect behind it. */
function locationsOf({ origin, pathname }: URL): URL[] {
  const path = pathname.replace(/\/$/, "");
  return [
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${origin}${path}/.well-known/openid-configuration`),
  ];
}

/** The first answer that is no 404. */
async function askFirst([location, ...others]: readonly URL[], errand: Errand): Promise<HttpAnswer> {
  const answer = await ask(location as URL, errand);
  const { status } = answer;
  if (status === 404 && others.length > 0) return askFirst(others, errand);
  if (isRedirect(status)) throw redirected(answer, errand.mask);
  if (status < 200 || status >= 300) throw refused(answer);
  return answer;
}

async function ask(url: URL, { send }: Errand): Promise<HttpAnswer> {
  try {
    return await send({ method: "GET", url, headers: { accept: "application/json" } });
  } catch (failure) {
    throw beforeTheToken(failure);
  }
}

/** Nothing of the answer's text is shown: whoever answers there need not be the issuer. */
function refused(answer: HttpAnswer): AuthError {
  const { to, status } = answer;
  const mending = status === 404 ? "; the issuer has no metadata: check issuer, or give token_url" : "";
  return new AuthError(`${to}: HTTP ${status}${mending}`, {
    status,
    retryable: isRetryableAnswer(status),
    retryAfter: retryAfterSeconds(answer),
  });
}

/** The token request was not made: no refresh token can have been spent by it (F2). */
function beforeTheToken(failure: unknown): unknown {
  if (!FaucetError.is(failure)) return failure;
  const { message, retryable, cause } = failure;
  if (failure.code === "transport") return new TransportError(message, { retryable, cause, unsent: true });
  return failure.code === "auth"
    ? new AuthError(message, { retryable, cause, status: (failure as AuthError).status })
    : failure;
}
