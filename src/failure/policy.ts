/**
 * What to do when things fail, as pure functions of what happened, the time and chance (F1 to F6).
 * Nothing here keeps time, waits, or knows HTTP. Durations and instants are in milliseconds.
 */

import { AuthError, FaucetError, type TransportError } from "../values/errors.js";

/** A source of chance, as `Math.random`: uniform in [0, 1). */
export type Random = () => number;

/** How often a flight asks again by default, after its first attempt. */
export const DEFAULT_RETRIES = 2;

/** How long a caller waits for the renewal of a credential that is still good (F3). */
export const PATIENCE_MS = 5000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long a store gets to take what an IdP has answered, before its callers are served all the same. */
export const SAVE_MS = 5000;

const RETRY = { base: 200, cap: 5 * SECOND };
const LOCK_POLL = { least: 10, most: 250 };
const RELEASE_WAIT = 5 * SECOND;
const SAVE_RETRY = { base: 50, cap: SECOND };
const COOL_DOWN = { base: SECOND, cap: MINUTE };
const TERMINAL_COOL_DOWN = { base: 30 * SECOND, cap: 15 * MINUTE };
const LONGEST_RETRY_AFTER = HOUR;

/** An API that has refused so many generations in a row is believed at once; after that it may refuse everything (F5). */
const BELIEVED_REJECTIONS = 3;
const REJECTED_AGE = { base: 10 * SECOND, cap: MINUTE };

const RETRYABLE_CODES: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable", "unknown_error"]);

/** Whether an answer with this status and RFC 6749 `error` code is worth asking for again (F1). */
export function isRetryableAnswer(status: number, error?: string): boolean {
  if (error !== undefined && RETRYABLE_CODES.has(error)) return true;
  return status === 408 || status === 429 || status >= 500;
}

/** Whether a failure may pass by itself. An error of a user's own issuer may, unless it says otherwise (F1). */
export function isRetryable(failure: unknown): boolean {
  return (failure as { retryable?: unknown } | null | undefined)?.retryable !== false;
}

/** Marks the failure of another provider, whose token was needed (K4). */
export const SOURCE_FAILURE: unique symbol = Symbol.for("faucet-auth.source-failure") as never;

/** Whether another provider has failed, which has tried again already, and whose own gate says until when it is left alone. */
function isSourceFailure(failure: unknown): boolean {
  return typeof failure === "object" && failure !== null && SOURCE_FAILURE in failure;
}

/** Codes of RFC 6749 §5.2 and RFC 8707 §2 that say nothing of the grant that was presented. */
const NOT_ABOUT_THE_GRANT: ReadonlySet<string | undefined> = new Set([
  "invalid_client",
  "invalid_scope",
  "invalid_target",
  "unauthorized_client",
  "unsupported_grant_type",
]);

/**
 * Codes that speak of the scopes and parameters of a request, which are all that tells one audience from another: those of
 * RFC 6749 §5.2 and RFC 8707 §2, and what Microsoft (the last three) and Auth0 (`access_denied`) say in their place.
 */
const ABOUT_THE_AUDIENCE: ReadonlySet<string | undefined> = new Set([
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "access_denied",
  "consent_required",
  "interaction_required",
  "invalid_resource",
]);

/**
 * Whether the IdP has refused the refresh token, or the assertion, that was presented, as far as can be told: many have
 * codes of their own (D4, V2).
 */
export function refusesGrant(failure: unknown): boolean {
  // What an issuer of a user's own throws has no code, and can say no more than that it is final.
  if (!FaucetError.is(failure)) return !isRetryable(failure);
  if (failure.code !== "auth" || failure.retryable) return false;
  return !NOT_ABOUT_THE_GRANT.has((failure as AuthError).error);
}

/** Whether the IdP has refused what was asked for, and said nothing of the grant (D9): other audiences may have their tokens. */
export function refusesAudience(failure: unknown): boolean {
  if (!FaucetError.is(failure) || failure.code !== "auth" || failure.retryable) return false;
  return ABOUT_THE_AUDIENCE.has((failure as AuthError).error);
}

/** The IdP may have acted on a request whose answer never came. */
export function isLostAnswer(failure: unknown): boolean {
  if (!FaucetError.is(failure)) return false;
  const isLost = failure.code === "transport" ? !(failure as TransportError).unsent : (failure as AuthError).unreadable;
  return isLost === true && failure.retryable;
}

/**
 * Where no refresh token was presented, a success that cannot be read is an answer that is wrong, not one
 * that was lost: nothing was spent by it (F1).
 */
export function asWrongAnswer(failure: unknown): unknown {
  if (!FaucetError.is(failure) || !(failure as AuthError).unreadable || !failure.retryable) return failure;
  const { message, status, retryAfter, cause } = failure as AuthError;
  return new AuthError(message, { status, retryAfter, cause, unreadable: true });
}

/** An attempt that failed, and what is left to try. */
export interface FailedAttempt {
  readonly failure: unknown;
  /** 1 for the first attempt of a flight. */
  readonly attempt: number;
  /** How many more there may be after the first. */
  readonly retries: number;
  readonly timeLeft: number;
  /** For an attempt that presented a refresh token: how many answers were lost in this flight, this one included. */
  readonly lostAnswers: number;
}

/**
 * How long to wait before the next attempt, or `undefined` if there is none (F2): full jitter, or
 * the IdP's `Retry-After`. After the first lost answer of a refresh the next attempt follows at once,
 * since nothing but the same refresh token can recover it. A wait that the deadline would cut off is not begun.
 */
export function retryDelay(failed: FailedAttempt, random: Random): number | undefined {
  const { failure, attempt, retries, timeLeft, lostAnswers } = failed;
  if (attempt > retries || !isRetryable(failure) || isSourceFailure(failure)) return undefined;
  const isFirstLoss = lostAnswers === 1 && isLostAnswer(failure);
  const backoff = isFirstLoss ? 0 : random() * doubled(RETRY, attempt - 1);
  const delay = Math.max(backoff, retryAfterMs(failure));
  return delay < timeLeft ? delay : undefined;
}

/** Whether the IdP has asked for a longer wait than the flight has time for. */
export function endsFlight(failure: unknown, timeLeft: number): boolean {
  return retryAfterMs(failure) >= timeLeft;
}

/** How long to wait before a refresh token is presented once more that was refused after a lost answer (F2). */
export function secondThoughtDelay(random: Random): number {
  return jittered(SECOND, random);
}

/** What failures have led to. Never changed in place. */
export interface GateState {
  readonly failuresInARow: number;
  readonly terminalInARow: number;
  /** When the last of them was. */
  readonly failedAt: number;
  /** Before this instant, nobody asks the IdP (F4). */
  readonly blockedUntil: number;
  /** Before this instant, a credential that is still good is not renewed (F3). */
  readonly renewAfter: number;
}

/** The state before any failure, and after a success. */
export const CLEAR: GateState = { failuresInARow: 0, terminalInARow: 0, failedAt: 0, blockedUntil: 0, renewAfter: 0 };

/** The state after a further failed flight (F4). */
export function afterFailure(state: GateState, failure: unknown, now: number, random: Random): GateState {
  // Such a failure comes from another provider, whose gate has said until when: it was not the IdP's.
  const { retryAt } = FaucetError.is(failure) ? failure : {};
  if (retryAt !== undefined || isSourceFailure(failure)) return blocked(state, retryAt ?? now, now);
  const failuresInARow = state.failuresInARow + 1;
  const terminalInARow = isRetryable(failure) ? 0 : state.terminalInARow + 1;
  const coolDown =
    terminalInARow > 0
      ? doubled(TERMINAL_COOL_DOWN, terminalInARow - 1)
      : failuresInARow > 1
        ? doubled(COOL_DOWN, failuresInARow - 2)
        : 0;
  const retryAfter = Math.min(retryAfterMs(failure), LONGEST_RETRY_AFTER);
  // A whole millisecond, as clocks count: who comes at the instant that the error names is not refused again (F4a).
  const blockedUntil = Math.ceil(now + Math.max(jittered(coolDown, random), retryAfter));
  const renewAfter = Math.max(blockedUntil, now + jittered(doubled(COOL_DOWN, failuresInARow - 1), random));
  return { failuresInARow, terminalInARow, failedAt: now, blockedUntil, renewAfter };
}

function blocked(state: GateState, blockedUntil: number, now: number): GateState {
  const failuresInARow = Math.max(1, state.failuresInARow);
  return { ...state, failuresInARow, failedAt: now, blockedUntil, renewAfter: blockedUntil };
}

/** The age at which a rejected credential is replaced, after `rejectionsInARow` before it (F5). */
export function replaceableAge(rejectionsInARow: number): number {
  return rejectionsInARow < BELIEVED_REJECTIONS ? 0 : doubled(REJECTED_AGE, rejectionsInARow - BELIEVED_REJECTIONS);
}

/** When to renew in the background: in the first half of what is left, so that no fleet is in step (F6). */
export function renewalInstant(freshUntil: number, expiresAt: number, random: Random): number {
  return freshUntil + (random() * (expiresAt - freshUntil)) / 2;
}

/** How long to wait before looking again whether a lock is free: a share of what was waited already. */
export function lockDelay(waited: number, random: Random): number {
  return jittered(Math.min(Math.max(waited / 4, LOCK_POLL.least), LOCK_POLL.most), random);
}

/** How long to wait for the word that a lock is free, before looking all the same: the word may have been lost. */
export function releaseWait(random: Random): number {
  return jittered(RELEASE_WAIT, random);
}

/** How long to wait before saving again, after `attempts` that failed. */
export function saveDelay(attempts: number, random: Random): number {
  return jittered(doubled(SAVE_RETRY, attempts - 1), random);
}

/** A user's own source of chance, kept within [0, 1): what is no such number counts as the middle. */
export function boundedRandom(random: Random): Random {
  return () => {
    const drawn = random();
    return drawn >= 0 && drawn < 1 ? drawn : 0.5;
  };
}

function doubled({ base, cap }: { base: number; cap: number }, times: number): number {
  return Math.min(cap, base * 2 ** times);
}

/** At least half of `duration`: a cool-down of nothing would cool nothing down. */
function jittered(duration: number, random: Random): number {
  return (duration * (1 + random())) / 2;
}

function retryAfterMs(failure: unknown): number {
  return FaucetError.is(failure) ? (failure.retryAfter ?? 0) * SECOND : 0;
}
