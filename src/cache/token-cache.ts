/**
 * The cache at the heart of every provider: one token, one flight, compare-and-swap (C1 to C11), and
 * service through failures (F3 to F6).
 *
 * It decides, in this order: is what is held fresh, is it at least good, is a flight under way, may
 * one take off. What follows from failures is decided in `failure/policy.ts`.
 */

import { AsyncResource } from "node:async_hooks";
import { DEFAULT_TIMEOUT_SECS, type UntimedContext, withDeadline } from "../failure/deadline.js";
import { gateError } from "../failure/gate-error.js";
import {
  closeGate,
  type Gate,
  isClosed,
  isRenewalEarly,
  OPEN_GATE,
  PATIENCE_MS,
  type Random,
  replaceableAge,
} from "../failure/policy.js";
import { type Clock, LONGEST_TIMER_MS, wallClock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { ClosedError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { CallOptions, Issue, Issued, IssueReason } from "../values/issued.js";
import {
  type CacheIdentity,
  type FlightEvent,
  tellGate,
  tellRetry,
  tellStaleServed,
  toldError,
  traceFlight,
  traceFlightEnd,
} from "./diagnostics.js";
import { Flight } from "./flight.js";
import { Generation } from "./generation.js";
import { noCounts, type ProviderStatus, summaryOf } from "./status.js";
import { checkOptions, DEFAULT_EXPIRY_RATIO, type RefreshMode, type TokenCacheOptions } from "./token-cache-options.js";

/**
 * Keeps one credential and gets a new one, once for all callers, when it is used up or reported as
 * refused. Both methods may be called concurrently and without `await`.
 *
 * `issue` makes one exchange with the identity provider. When its time is over, its callers get a
 * retryable `TransportError`; what it throws reaches them as it is. A failure of a renewal ahead of
 * expiry reaches nobody while the credential is good. After the second failure in a row, or one that
 * is not `retryable`, callers get an error with `retryAt` at once, until the IdP has had time.
 *
 * Throws a `ConfigError` if an option is out of range.
 */
export class TokenCache {
  readonly #issue: (why: UntimedContext) => ReturnType<Issue>;
  readonly #expiryRatio: number;
  readonly #refresh: RefreshMode;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #presents: () => unknown;
  readonly #lookAgainAfter: number;
  readonly #identity: CacheIdentity;
  /** Flights run in the context of the cache's maker, not of whoever happens to call first (C8). */
  readonly #context = new AsyncResource("faucet-auth.TokenCache");
  /** Which generation a credential object was handed out for. */
  readonly #origins = new WeakMap<Credential, Generation>();
  readonly #counts = noCounts();
  #current: Generation | undefined;
  #flight: Flight | undefined;
  #gate: Gate = OPEN_GATE;
  /** What the flight presented that closed the gate. */
  #refused: unknown;
  #rejectionsInARow = 0;
  #renewal: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #closed = false;

  constructor(issue: Issue, options: TokenCacheOptions = {}) {
    const { type = "token_cache", timeoutSecs = DEFAULT_TIMEOUT_SECS } = options;
    checkOptions(options);
    this.#issue = withDeadline(issue, timeoutSecs);
    this.#expiryRatio = options.expiryRatio ?? DEFAULT_EXPIRY_RATIO;
    this.#refresh = options.refresh ?? "blocking";
    this.#clock = options.clock ?? wallClock;
    this.#random = options.random ?? Math.random;
    this.#presents = options.presents ?? (() => undefined);
    this.#lookAgainAfter = (options.lookAgainSecs ?? Number.POSITIVE_INFINITY) * 1000;
    this.#identity = { type, name: options.name ?? type };
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
    const now = this.#clock();
    if (current?.isFresh(now)) return current.promise;
    if (!current?.isGood(now)) return this.#board(now, signal);
    return this.#refresh === "background" ? this.#renewBehind(current, now) : this.#renewAhead(current, now, signal);
  }

  /**
   * Reports that `stale` was refused. If it is the current credential, or carries the same secret,
   * that one is not served again; then as `getToken`. A report of an older one changes nothing. An
   * API that refuses one credential after the other is believed more slowly: from the fourth in a
   * row on, the current credential is served until it is 10, 20, 40, at most 60 seconds old.
   */
  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    if (typeof stale !== "object" || stale === null) {
      return handled(Promise.reject(new TypeError("invalidate() takes the credential that was refused")));
    }
    const reported = this.#generationOf(stale);
    if (reported !== undefined && reported === this.#current) this.#reject(reported);
    return this.getToken(options);
  }

  /** Where this cache stands: a snapshot without secrets. */
  status(): ProviderStatus {
    const now = this.#clock();
    const { failuresInARow, failure } = this.#gate;
    return {
      name: this.#identity.name,
      state: this.#stateAt(now),
      generation: this.#current?.number ?? 0,
      ...timesOf(this.#current),
      inFlight: this.#flight !== undefined,
      consecutiveFailures: failuresInARow,
      ...(failuresInARow > 0 && { lastError: summaryOf(failure) }),
      ...(this.#isClosed(now) && { retryAt: this.#gate.closedUntil }),
      counts: { ...this.#counts },
    };
  }

  #stateAt(now: number): ProviderStatus["state"] {
    if (this.#current?.isGood(now)) return this.#current.ageAt(now);
    if (this.#gate.failuresInARow > 0) return "failing";
    return this.#current === undefined ? "empty" : "expired";
  }

  /** By object identity; an object from elsewhere by the secret that it carries (C3). */
  #generationOf(credential: Credential): Generation | undefined {
    const origin = this.#origins.get(credential);
    if (origin !== undefined || this.#current === undefined) return origin;
    return this.#current.carriesSecretOf(credential) ? this.#current : undefined;
  }

  #reject(current: Generation): void {
    const now = this.#clock();
    if (current.rejected) return;
    // One that lived to its freshness end is no sign of an API that refuses everything (F5).
    if (now >= current.freshUntil) this.#rejectionsInARow = 0;
    if (now >= current.issuedAt && now - current.issuedAt < replaceableAge(this.#rejectionsInARow)) return;
    current.rejected = true;
    this.#rejectionsInARow += 1;
    this.#counts.invalidations += 1;
  }

  /**
   * Ends this cache: the flight in progress is finished for those who wait for it, nothing is renewed
   * any more, and every later call rejects with a `ClosedError`. May be called again.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#current = undefined;
    this.#cancelRenewal();
    await this.#flight?.landing.join().catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For a caller who has nothing: the flight, or at once the error of one that must not be. */
  #board(now: number, signal: AbortSignal | undefined): Promise<Credential> {
    if (this.#closed) return handled(Promise.reject(new ClosedError(this.#identity.name)));
    if (this.#flight === undefined && this.#isClosed(now)) {
      return handled(Promise.reject(gateError(this.#gate.failure, this.#gate.closedUntil)));
    }
    const reason = this.#current === undefined ? "initial" : this.#current.rejected ? "invalidated" : "expired";
    return this.#join(reason).landing.join(signal);
  }

  /** Callers wait for the renewal, but not for ever, and not for a failed one: they have something good (F3). */
  #renewAhead(current: Generation, now: number, signal: AbortSignal | undefined): Promise<Credential> {
    if (this.#flight?.isLate) return this.#serveOn(current, "slow").promise;
    if (this.#flight === undefined && this.#mayNotRenew(now)) return this.#serveOn(current, "failed").promise;
    const flight = this.#join("expired");
    const fallBack = (why: "slow" | "failed"): Credential | undefined => {
      return current.isGood(this.#clock()) ? this.#serveOn(current, why).credential : undefined;
    };
    return flight.patience(PATIENCE_MS, fallBack).join(signal);
  }

  /** Callers get the good credential; one flight renews it at an instant of its own (F6). */
  #renewBehind(current: Generation, now: number): Promise<Credential> {
    this.#scheduleRenewal(current, now);
    if (this.#gate.failuresInARow > 0) this.#serveOn(current, "failed");
    return current.promise;
  }

  /** A timer may fire too early, or be too short for a long life: it only looks again, as every caller does. */
  #scheduleRenewal(current: Generation, now: number): void {
    if (this.#flight !== undefined || current.rejected) return;
    const at = this.#mayNotRenew(now) ? Math.max(current.renewAt, this.#gate.renewAfter) : current.renewAt;
    if (now >= at) {
      this.#takeOff("background");
      return;
    }
    if (this.#renewal?.at === at) return;
    const look = (): void => {
      this.#renewal = undefined;
      this.#scheduleRenewal(current, this.#clock());
    };
    const delay = Math.min(Math.max(at - now, 1), LONGEST_TIMER_MS);
    this.#cancelRenewal();
    this.#renewal = { at, timer: this.#context.runInAsyncScope(() => setTimeout(look, delay).unref()) };
  }

  #cancelRenewal(): void {
    clearTimeout(this.#renewal?.timer);
    this.#renewal = undefined;
  }

  #serveOn(current: Generation, why: "slow" | "failed"): Generation {
    tellStaleServed(() => ({
      ...this.#identity,
      why,
      generation: current.number,
      expiresAt: current.expiresAt,
    }));
    return current;
  }

  #isClosed(now: number): boolean {
    return isClosed(this.#gate, now) && this.#isBarred(now);
  }

  #mayNotRenew(now: number): boolean {
    return isRenewalEarly(this.#gate, now) && this.#isBarred(now);
  }

  /** A grant that is not the one that failed ends the wait (F4); an issuer may know of one before we do. */
  #isBarred(now: number): boolean {
    return now - this.#gate.failedAt < this.#lookAgainAfter && this.#presents() === this.#refused;
  }

  #join(reason: IssueReason): Flight {
    if (this.#flight !== undefined) this.#counts.joined += 1;
    const flight = this.#flight ?? this.#takeOff(reason);
    flight.waiters += 1;
    return flight;
  }

  #takeOff(reason: IssueReason): Flight {
    const flight = new Flight(reason);
    // Before the issuer runs, since that may call back into this cache (C1).
    this.#flight = flight;
    this.#counts.flights += 1;
    this.#counts.tokenRequests += 1;
    if (reason !== "invalidated") this.#rejectionsInARow = 0;
    this.#cancelRenewal();
    const event = (): FlightEvent => ({
      ...this.#identity,
      reason,
      generation: this.#nextNumber(),
      attempts: 1,
      waiters: 0,
    });
    const fly = (traced: FlightEvent | undefined): void => {
      this.#fly(flight, traced).catch((error: unknown) => {
        // A clock or the like of a user's own has thrown: even then nobody may wait for ever.
        this.#flight = undefined;
        flight.fail(error);
      });
    };
    this.#context.runInAsyncScope(() => traceFlight(event, fly));
    return flight;
  }

  async #fly(flight: Flight, traced: FlightEvent | undefined): Promise<void> {
    const began = performance.now();
    const presented = this.#presents();
    const outcome = await this.#issue(this.#why(flight))
      .then((issued) => ({ generation: this.#generation(issued, flight) }))
      .catch((error: unknown) => ({ error }));
    this.#flight = undefined;
    if ("error" in outcome) {
      this.#closeGate(outcome.error, presented);
      flight.fail(outcome.error);
    } else {
      if (!this.#closed) this.#current = outcome.generation;
      this.#openGate();
      flight.land(outcome.generation.credential);
    }
    const { attempts, waiters } = flight;
    const ending = { attempts, waiters, duration: performance.now() - began };
    traceFlightEnd(
      traced,
      "error" in outcome
        ? { ...ending, outcome: "failed", error: toldError(outcome.error) }
        : { ...ending, outcome: attempts === 0 ? "adopted" : "issued" },
    );
  }

  #generation(issued: Issued, flight: Flight): Generation {
    const birth = {
      number: this.#nextNumber(),
      now: this.#clock(),
      expiryRatio: this.#expiryRatio,
      random: this.#random,
    };
    const generation = new Generation(issued, flight.landing.promise, birth);
    this.#origins.set(generation.credential, generation);
    return generation;
  }

  #why(flight: Flight): UntimedContext {
    const { reason } = flight;
    const onRetry: UntimedContext["onRetry"] = ({ attempt, delay, failure: error }) => {
      flight.attempts += 1;
      this.#counts.tokenRequests += 1;
      tellRetry(() => ({ ...this.#identity, reason, attempt, delay, error: toldError(error) }));
    };
    const onSpared = (): void => {
      flight.attempts -= 1;
      this.#counts.tokenRequests -= 1;
    };
    const { rejected, credential, recorded } = this.#current ?? {};
    return {
      reason,
      ...(rejected && { rejected: credential as Credential }),
      ...(recorded !== undefined && { generation: recorded }),
      onRetry,
      onSpared,
    };
  }

  #nextNumber(): number {
    return (this.#current?.number ?? 0) + 1;
  }

  #openGate(): void {
    const { failuresInARow } = this.#gate;
    this.#gate = OPEN_GATE;
    if (failuresInARow > 0) tellGate(() => ({ ...this.#identity, state: "open", consecutiveFailures: 0 }));
  }

  #closeGate(error: unknown, presented: unknown): void {
    const now = this.#clock();
    this.#counts.failures += 1;
    this.#gate = closeGate(this.#gate, error, now, this.#random);
    this.#refused = presented;
    const { failuresInARow: consecutiveFailures, closedUntil: retryAt } = this.#gate;
    if (retryAt <= now) return;
    tellGate(() => ({ ...this.#identity, state: "closed", consecutiveFailures, retryAt, error: toldError(error) }));
  }
}

function timesOf(generation: Generation | undefined): Partial<ProviderStatus> {
  if (generation === undefined) return {};
  const { issuedAt, freshUntil, expiresAt } = generation;
  return Number.isFinite(expiresAt) ? { issuedAt, freshUntil, expiresAt } : { issuedAt };
}
