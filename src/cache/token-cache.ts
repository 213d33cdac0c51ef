/**
 * The cache at the heart of every provider: one token, one flight, compare-and-swap (C1 to C11).
 *
 * A generation is what one successful flight produced. It is fresh, then stale; a connector may
 * report it, which rejects it. Only a fresh generation that nobody rejected is served.
 */

import { AsyncResource } from "node:async_hooks";
import { type Credential, remake, secretOf } from "../credential.js";
import { AuthError, ConfigError } from "../errors.js";
import { handled } from "../handled.js";
import { type CallOptions, type Issue, type IssueContext, type Issued, lifetimeOf } from "../issued.js";
import { type Clock, wallClock } from "./clock.js";
import { DEFAULT_TIMEOUT_SECS, type UntimedIssue, withDeadline } from "./deadline.js";
import { Flight } from "./flight.js";

/** The share of its lifetime for which a token is used: what is left covers clocks and networks. */
export const DEFAULT_EXPIRY_RATIO = 0.9;

/** How a cache keeps its credentials. */
export interface TokenCacheOptions {
  /** The share of its lifetime for which a credential is used, in (0, 1]; 0.9 by default. */
  readonly expiryRatio?: number | undefined;
  /** The wall clock, in milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: Clock | undefined;
}

interface Generation {
  readonly credential: Credential;
  /** Handed out as it is while the generation is fresh (C2). */
  readonly promise: Promise<Credential>;
  /** Milliseconds since the epoch, as all times here. */
  readonly issuedAt: number;
  readonly freshUntil: number;
  rejected: boolean;
}

/**
 * Keeps one credential and gets a new one, once for all callers, when it is used up or reported as
 * refused. Both methods may be called concurrently and without `await`.
 *
 * `issue` makes one exchange with the identity provider. It has 30 seconds, then its callers get a
 * retryable `TransportError`; whatever it throws reaches all callers as it is, and the next call
 * tries again. Throws a `ConfigError` if an option is out of range.
 */
export class TokenCache {
  readonly #issue: UntimedIssue;
  readonly #expiryRatio: number;
  readonly #clock: Clock;
  /** Flights run in the context of the cache's maker, not of whoever happens to call first (C8). */
  readonly #context = new AsyncResource("faucet-auth.TokenCache");
  /** Which generation a credential object was handed out for. */
  readonly #origins = new WeakMap<Credential, Generation>();
  #current: Generation | undefined;
  #flight: Flight | undefined;

  constructor(issue: Issue, options: TokenCacheOptions = {}) {
    this.#issue = withDeadline(issue, DEFAULT_TIMEOUT_SECS);
    this.#expiryRatio = checkRatio(options.expiryRatio ?? DEFAULT_EXPIRY_RATIO);
    this.#clock = options.clock ?? wallClock;
  }

  /**
   * The current credential, or that of the flight which gets the next one. While a credential is
   * fresh, every call returns the same promise. Rejects with what `issue` threw, with an
   * `AuthError` if it issued nothing usable, or with `options.signal.reason`.
   */
  getToken(options?: CallOptions): Promise<Credential> {
    const signal = options?.signal;
    if (signal?.aborted) return handled(Promise.reject(signal.reason));
    const current = this.#current;
    if (current !== undefined && !current.rejected && this.#isFresh(current)) return current.promise;
    return (this.#flight ?? this.#takeOff()).join(signal);
  }

  /**
   * Reports that `stale` was refused. If it is the current credential, or carries the same secret,
   * that one is not served again; then as `getToken`. A report of an older one changes nothing.
   */
  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    if (typeof stale !== "object" || stale === null) {
      return handled(Promise.reject(new TypeError("invalidate() takes the credential that was refused")));
    }
    const reported = this.#generationOf(stale);
    if (reported !== undefined && reported === this.#current) reported.rejected = true;
    return this.getToken(options);
  }

  /** A clock that has jumped back behind `issuedAt` says nothing about the age any more (C10). */
  #isFresh({ issuedAt, freshUntil }: Generation): boolean {
    const now = this.#clock();
    return issuedAt <= now && now < freshUntil;
  }

  /** By object identity; an object from elsewhere by the secret that it carries (C3). */
  #generationOf(credential: Credential): Generation | undefined {
    const origin = this.#origins.get(credential);
    if (origin !== undefined || this.#current === undefined) return origin;
    return secretOf(credential) === secretOf(this.#current.credential) ? this.#current : undefined;
  }

  #takeOff(): Flight {
    const flight = new Flight();
    // Before the issuer runs, since that may call back into this cache (C1).
    this.#flight = flight;
    this.#context.runInAsyncScope(() => this.#fly(flight));
    return flight;
  }

  async #fly(flight: Flight): Promise<void> {
    try {
      const issued = await this.#issue(this.#why());
      this.#current = this.#generation(issued, flight.promise);
      this.#flight = undefined;
      flight.land(this.#current.credential);
    } catch (error) {
      this.#flight = undefined;
      flight.fail(error);
    }
  }

  #why(): Omit<IssueContext, "signal"> {
    if (this.#current === undefined) return { reason: "initial" };
    const { rejected, credential } = this.#current;
    return rejected ? { reason: "invalidated", rejected: credential } : { reason: "expired" };
  }

  #generation(issued: Issued, promise: Promise<Credential>): Generation {
    const issuedAt = this.#clock();
    const lifetime = lifetimeOf(issued?.expiresIn);
    const freshUntil = lifetime === undefined ? Infinity : issuedAt + lifetime * 1000 * this.#expiryRatio;
    const generation = { credential: ownCopy(issued?.credential), promise, issuedAt, freshUntil, rejected: false };
    this.#origins.set(generation.credential, generation);
    return generation;
  }
}

/**
 * A new object for each generation, which tells them apart even where the IdP repeats a token (C3),
 * and prints no secret whatever the issuer made it of (S1).
 */
function ownCopy(credential: Credential): Credential {
  try {
    return remake(credential);
  } catch (error) {
    throw new AuthError(`the issuer gave no usable credential: ${(error as TypeError).message}`);
  }
}

function checkRatio(ratio: number): number {
  if (typeof ratio === "number" && ratio > 0 && ratio <= 1) return ratio;
  throw new ConfigError("TokenCache", [{ path: "expiryRatio", message: "must be in (0, 1]: above zero, at most 1" }]);
}
