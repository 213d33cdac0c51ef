/**
 * The cache at the heart of every provider: one token, one flight, compare-and-swap (C1 to C11), and
 * service through failures (F3 to F6). It decides, in this order: is what is held fresh, is it at least
 * good, is a flight under way, may one be begun.
 */

import { AsyncResource } from "node:async_hooks";
import { PATIENCE_MS } from "../failure/policy.js";
import { reliable } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { ClosedError, nameProvider } from "../values/errors.js";
import { noteReentry } from "../values/flight-scope.js";
import { rejection } from "../values/handled.js";
import type { CallOptions, FlightContext, Issue, Issued, IssueReason } from "../values/issued.js";
import { Flight } from "./flight.js";
import { FlightLog } from "./flight-log.js";
import { Generation } from "./generation.js";
import { type Issuer, issuerOf } from "./issuer.js";
import { afterReport, NO_REJECTIONS, type Rejections } from "./rejections.js";
import { Renewal } from "./renewal.js";
import { faultOfReport } from "./report.js";
import { type ProviderStatus, statusOf } from "./status.js";
import { type CacheSettings, settingsOf, type TokenCacheOptions } from "./token-cache-options.js";

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
  readonly #issuer: Issuer;
  readonly #log: FlightLog;
  /** Flights run in the context of the cache's maker, not of whoever happens to call first (C8, C12). */
  readonly #context = new AsyncResource("faucet-auth.TokenCache");
  /** Which generation a credential object was handed out for. */
  readonly #generations = new WeakMap<Credential, Generation>();
  readonly #renewal = new Renewal();
  #current: Generation | undefined;
  #flight: Flight | undefined;
  #rejections: Rejections = NO_REJECTIONS;
  #isClosed = false;

  constructor(issue: Issue, options: TokenCacheOptions = {}) {
    this.#options = settingsOf(issue, options);
    this.#issuer = issuerOf(issue, this, this.#options);
    this.#log = new FlightLog({ type: this.#options.type, name: this.#options.name });
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
      const current = this.#current;
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
      if (this.#current !== undefined && this.#isOf(this.#current, stale)) this.#reject(this.#current);
    } catch (error) {
      return rejection(error);
    }
    return this.getToken(options);
  }

  /** Where this cache stands: a snapshot without secrets. */
  status(): ProviderStatus {
    const { clock, name } = this.#options;
    const [inFlight, { gate }] = [this.#flight !== undefined, this.#issuer];
    return statusOf({ now: clock(), name, generation: this.#current, inFlight, gate, counts: this.#log.counts });
  }

  /**
   * Ends this cache: the flight in progress is finished for those who wait for it, nothing is renewed
   * any more, and every later call rejects with a `ClosedError`. May be called again.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current = undefined;
    this.#renewal.cancel();
    await this.#flight?.landing.join().catch(() => {});
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** By object; an object from elsewhere by the secret that it carries (C3). */
  #isOf(current: Generation, credential: Credential): boolean {
    const generation = this.#generations.get(credential);
    return generation === undefined ? current.carriesSecretOf(credential) : generation === current;
  }

  #reject(current: Generation): void {
    if (current.isRejected) return;
    const { isBelieved, rejections } = afterReport(this.#rejections, current, this.#options.clock());
    this.#rejections = rejections;
    if (!isBelieved) return;
    current.isRejected = true;
    this.#log.counts.invalidations += 1;
  }

  /** For a caller that has nothing: the flight; or at once an error, if none may be begun. */
  #waitForNext(now: number, signal: AbortSignal | undefined): Promise<Credential> {
    const { gate } = this.#issuer;
    if (this.#isClosed) return rejection(new ClosedError(this.#options.name));
    if (this.#flight === undefined && gate.refuses(now)) {
      return rejection(nameProvider(gate.errorAt(now), this.#options.name));
    }
    const reason = this.#current === undefined ? "initial" : this.#current.isRejected ? "invalidated" : "expired";
    return this.#join(reason).landing.join(signal);
  }

  /** Callers wait for the renewal, but not for ever, and not for a failed one: they have something good (F3). */
  #renewAhead(current: Generation, now: number, signal: AbortSignal | undefined): Promise<Credential> {
    if (this.#flight?.isLate) return this.#serveStale(current, "slow").promise;
    const isHeld = this.#issuer.gate.holdsRenewalUntil(now) !== undefined;
    if (this.#flight === undefined && isHeld) return this.#serveStale(current, "failed").promise;
    const flight = this.#join("expired");
    const fallBack = (why: "slow" | "failed"): Credential | undefined => {
      return current.isGood(reliable(this.#options.clock)()) ? this.#serveStale(current, why).credential : undefined;
    };
    return flight.patience(PATIENCE_MS, fallBack).join(signal);
  }

  /** Callers get the good credential; one flight renews it at an instant of its own (F6). */
  #renewBehind(current: Generation, now: number): Promise<Credential> {
    this.#scheduleRenewal(current, now);
    if (this.#issuer.gate.failuresInARow > 0) this.#serveStale(current, "failed");
    return current.promise;
  }

  #scheduleRenewal(current: Generation, now: number): void {
    if (this.#flight !== undefined || current.isRejected) return;
    const at = Math.max(current.renewAt, this.#issuer.gate.holdsRenewalUntil(now) ?? 0);
    if (now >= at) {
      this.#begin("background");
      return;
    }
    const look = (): void => this.#scheduleRenewal(current, reliable(this.#options.clock)());
    this.#context.runInAsyncScope(() => this.#renewal.schedule(at, now, look));
  }

  #serveStale(current: Generation, why: "slow" | "failed"): Generation {
    this.#log.serveStale(current, why);
    return current;
  }

  #join(reason: IssueReason): Flight {
    if (this.#flight !== undefined) {
      this.#log.counts.joined += 1;
      noteReentry(this);
    }
    const flight = this.#flight ?? this.#begin(reason);
    flight.waiters += 1;
    return flight;
  }

  #begin(reason: IssueReason): Flight {
    return this.#context.runInAsyncScope(() => {
      const flight = new Flight(reason);
      // Before the issuer runs, since that may call back into this cache (C1).
      this.#flight = flight;
      if (reason !== "invalidated") this.#rejections = NO_REJECTIONS;
      this.#renewal.cancel();
      this.#log.begin(flight, this.#nextNumber, () => void this.#fly(flight));
      return flight;
    });
  }

  async #fly(flight: Flight): Promise<void> {
    const { gate } = this.#issuer;
    try {
      const generation = this.#generation(await this.#issuer.issue(this.#contextOf(flight)), flight);
      this.#flight = undefined;
      if (!this.#isClosed) this.#current = generation;
      flight.land(generation.credential);
      this.#log.land(flight, gate);
    } catch (error) {
      this.#flight = undefined;
      nameProvider(error, this.#options.name);
      flight.fail(error);
      this.#log.fail(flight, error, gate);
    }
  }

  #contextOf(flight: Flight): FlightContext {
    const { reason } = flight;
    const rejected = this.#current?.isRejected ? { rejected: this.#current.credential } : undefined;
    return {
      reason,
      ...rejected,
      onAttempt: () => this.#log.attempt(flight),
      onRetry: (retry) => this.#log.retry(reason, retry),
    };
  }

  #generation(issued: Issued, flight: Flight): Generation {
    const { clock, expiryRatio, random } = this.#options;
    // An API that accepts a credential does not refuse everything (F5).
    const onAccepted = (): void => {
      if (this.#current === generation) this.#rejections = NO_REJECTIONS;
    };
    const birth = { number: this.#nextNumber, now: clock(), expiryRatio, random, onAccepted };
    const generation = new Generation(issued, flight.landing.promise, birth);
    this.#generations.set(generation.credential, generation);
    return generation;
  }

  get #nextNumber(): number {
    return (this.#current?.number ?? 0) + 1;
  }
}
