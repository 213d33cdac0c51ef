/**
 * The cache at the heart of every provider: one token, one flight, compare-and-swap (C1 to C11), and
 * service through failures (F3 to F6). It decides, in this order: is what is held fresh, is it at least
 * good, is a flight under way, may one be begun.
 */

import { PATIENCE_MS } from "../failure/policy.js";
import { reliable } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { ClosedError, nameProvider } from "../values/errors.js";
import { rejection } from "../values/handled.js";
import type { CallOptions, Issue } from "../values/issued.js";
import type { Generation } from "./generation.js";
import { Generations } from "./generations.js";
import { Renewal } from "./renewal.js";
import { faultOfReport } from "./report.js";
import { type ProviderStatus, statusOf } from "./status.js";
import { type CacheSettings, settingsOf, type TokenCacheOptions } from "./token-cache-options.js";
import type { WatchListener, WatchOptions } from "./watches.js";

/**
 * Keeps one credential and gets a new one, once for all callers, when it is used up or reported as
 * refused. Both methods may be called concurrently and without `await`.
 *
 * `issue` makes one exchange with the identity provider. When its time is over, its callers get a
 * retryable `TransportError`; what it throws reaches them as it is. A failure of a renewal ahead of
 * expiry reaches nobody while the credential is good. After the second failure in a row, or one that
 * is not `retryable`, callers get an error with `retryAt` at once, until the IdP has had time.
 *
 * @throws ConfigError if `issue` is no function, or an option is out of range.
 * @example
 * const cache = new TokenCache(async ({ signal }) => {
 *   const { token, ttl } = await askMyIdp(signal);
 *   return { credential: Credential.bearer(token), expiresIn: ttl };
 * });
 * const credential = await cache.getToken();
 */
export class TokenCache {
  readonly #options: CacheSettings;
  readonly #generations: Generations;
  readonly #renewal: Renewal;

  constructor(issue: Issue, options: TokenCacheOptions = {}) {
    this.#options = settingsOf(issue, options);
    this.#generations = new Generations(issue, this.#options);
    this.#renewal = new Renewal(this.#generations, this.#options);
  }

  /**
   * The current credential, or that of the flight which gets the next one. While a credential is
   * fresh, every call returns the same promise. Rejects with what `issue` threw, with an
   * `AuthError` if it issued nothing usable, or with `options.signal.reason`.
   */
  getToken(options?: CallOptions): Promise<Credential> {
    const signal = options?.signal;
    if (signal?.aborted) return rejection(signal.reason);
    try {
      const { current } = this.#generations;
      const now = this.#options.clock();
      if (current?.isFresh(now)) return current.promise;
      if (!current?.isGood(now)) return this.#waitForNext(now, signal);
      return this.#options.refresh === "background"
        ? this.#renewBehind(current, now)
        : this.#renewAhead(current, now, signal);
    } catch (error) {
      // A clock of a user's own may throw (C9).
      return rejection(error);
    }
  }

  /**
   * Reports that `stale` was refused. If it is the current credential, or carries the same secret,
   * that one is not served again; then as `getToken`. A report of an older one changes nothing. An
   * API that refuses one credential after the other is believed more slowly: from the fourth in a
   * row on, the current credential is served until it is 10, 20, 40, at most 60 seconds old.
   */
  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    const fault = faultOfReport(stale);
    if (fault !== undefined) return rejection(new TypeError(fault));
    try {
      if (this.#generations.isCurrent(stale)) this.#generations.reject();
    } catch (error) {
      return rejection(error);
    }
    const next = this.getToken(options);
    this.#renewal.lookAgain();
    return next;
  }

  /**
   * Calls `listener` with the current credential, or with the first once it is there, and then with each
   * later one: once each, in order, also with those that another process has fetched. While anybody watches,
   * credentials are renewed ahead of their expiry without a caller. The watch ends when it is disposed of,
   * or with `close()`; it holds no process open.
   *
   * @throws `TypeError` if `listener` is no function; `ConfigError` for an unknown option; `ClosedError` after `close()`.
   * @example
   * using watch = cache.watch((credential) => connection.authenticate(credential));
   */
  watch(listener: WatchListener, options: WatchOptions = {}): Disposable {
    return this.#renewal.watch(listener, options);
  }

  /** Where this cache stands: a snapshot without secrets. */
  status(): ProviderStatus {
    const { clock, name } = this.#options;
    const { current: generation, flight, gate, log } = this.#generations;
    return statusOf({ now: clock(), name, generation, inFlight: flight !== undefined, gate, counts: log.counts });
  }

  /**
   * Ends this cache: the flight in progress is finished for those who wait for it, nothing is renewed
   * any more, and every later call rejects with a `ClosedError`. May be called again. Of a durable issuer, it
   * saves what the store has not taken yet, and rejects with a `StoreError` if it still does not.
   */
  async close(): Promise<void> {
    this.#renewal.close();
    await this.#generations.close();
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For a caller that has nothing: the flight; or at once an error, if none may be begun. */
  #waitForNext(now: number, signal: AbortSignal | undefined): Promise<Credential> {
    const { gate, flight, isClosed } = this.#generations;
    if (isClosed) return rejection(new ClosedError(this.#options.name));
    if (flight === undefined && gate.refuses(now)) {
      return rejection(nameProvider(gate.errorAt(now), this.#options.name));
    }
    return this.#generations.join().landing.join(signal);
  }

  /** Callers wait for the renewal, but not for ever, and not for a failed one: they have something good (F3). */
  #renewAhead(current: Generation, now: number, signal: AbortSignal | undefined): Promise<Credential> {
    const { gate, flight } = this.#generations;
    if (flight?.isLate) return this.#serveStale(current, "slow").promise;
    const isHeld = gate.holdsRenewalUntil(now) !== undefined;
    if (flight === undefined && isHeld) return this.#serveStale(current, "failed").promise;
    const fallBack = (why: "slow" | "failed"): Credential | undefined => {
      return current.isGood(reliable(this.#options.clock)()) ? this.#serveStale(current, why).credential : undefined;
    };
    return this.#generations.join().patience(PATIENCE_MS, fallBack).join(signal);
  }

  /** Callers get the good credential; one flight renews it at an instant of its own (F6). */
  #renewBehind(current: Generation, now: number): Promise<Credential> {
    this.#renewal.behindCallers(now);
    if (this.#generations.gate.failuresInARow > 0) this.#serveStale(current, "failed");
    return current.promise;
  }

  #serveStale(current: Generation, why: "slow" | "failed"): Generation {
    this.#generations.log.serveStale(current, why);
    return current;
  }
}
