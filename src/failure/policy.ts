/**
 * What to do when things fail, as pure functions of what happened, the time and chance (F1 to F6).
 * Nothing here keeps time, waits, or knows HTTP. Durations and instants are in milliseconds.
 */

import { FaucetError, type TransportError } from "../values/errors.js";

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
export const PERSIST_MS = 5000;

const RETRY = { base: 200, cap: 5 * SECOND };
const LOCK_LOOK = { least: 10, most: 250 };
const PERSIST = { base: 50, cap: SECOND };
const COOL_DOWN = { base: SECOND, cap: MINUTE };
const TERMINAL_COOL_DOWN = { base: 30 * SECOND, cap: 15 * MINUTE };
const LONGEST_RETRY_AFTER = HOUR;

/** Rejections in a row that are believed at once; from then on, what the API says may be all it ever says (F5). */
const BELIEVED_REJECTIONS = 3;
const REJECTED_AGE = { base: 10 * SECOND, cap: MINUTE };

const RETRYABLE_CODES: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable"]);

/** Whether an answer with this status and RFC 6749 `error` code is worth asking for again (F1). */
export function isRetryableAnswer(status: number, error?: string): boolean {
  if (error !== undefined && RETRYABLE_CODES.has(error)) return true;
  return status === 408 || status === 429 || status >= 500;
}

/** Whether a failure is. What an issuer of a user's own throws is, unless it says otherwise (F1). */
export function isRetryable(failure: unknown): boolean {
  return (failure as { retryable?: unknown } | null | undefined)?.retryable !== false;
}

/** An attempt that failed, and what is left to try. */
export interface FailedAttempt {
  readonly failure: unknown;
  /** 1 for the first attempt of a flight. */
  readonly attempt: number;
  /** How many more there may be after the first. */
  readonly retries: number;
  readonly timeLeft: number;
  /** Whether the attempt presented a refresh token, so that a lost answer may have spent it. */
  readonly presentsRefreshToken: boolean;
}

/**
 * How long to wait before the next attempt, or `undefined` if there is none (F2): full jitter, or
 * the IdP's `Retry-After`. A wait that the deadline would cut off is not begun.
 */
export function retryDelay(failed: FailedAttempt, random: Random): number | undefined {
  const { failure, attempt, retries, timeLeft } = failed;
  if (attempt > retries || !isRetryable(failure)) return undefined;
  if (failed.presentsRefreshToken && isLostAnswer(failure)) return timeLeft > 0 ? 0 : undefined;
  const delay = Math.max(random() * doubled(RETRY, attempt - 1), retryAfterOf(failure));
  return delay < timeLeft ? delay : undefined;
}

/** What failures have led to. Never changed in place. */
export interface Gate {
  readonly failuresInARow: number;
  readonly terminalInARow: number;
  readonly failure?: unknown;
  /** When the last of them was. */
  readonly failedAt: number;
  /** Before this instant, nobody asks the IdP (F4). */
  readonly closedUntil: number;
  /** Before this instant, a credential that is still good is not renewed (F3). */
  readonly renewAfter: number;
}

/** The gate before any failure, and after a success. */
export const OPEN_GATE: Gate = { failuresInARow: 0, terminalInARow: 0, failedAt: 0, closedUntil: 0, renewAfter: 0 };

/** The gate after a further failed flight (F4); what one elsewhere has told is taken over as it is. */
export function closeGate(gate: Gate, failure: unknown, now: number, random: Random): Gate {
  if (FaucetError.is(failure) && failure.retryAt !== undefined) return toldGate(gate, failure, failure.retryAt, now);
  const failuresInARow = gate.failuresInARow + 1;
  const terminalInARow = isRetryable(failure) ? 0 : gate.terminalInARow + 1;
  const coolDown =
    terminalInARow > 0
      ? doubled(TERMINAL_COOL_DOWN, terminalInARow - 1)
      : failuresInARow > 1
        ? doubled(COOL_DOWN, failuresInARow - 2)
        : 0;
  const retryAfter = Math.min(retryAfterOf(failure), LONGEST_RETRY_AFTER);
  const closedUntil = now + Math.max(jittered(coolDown, random), retryAfter);
  const renewAfter = Math.max(closedUntil, now + jittered(doubled(COOL_DOWN, failuresInARow - 1), random));
  return { failuresInARow, terminalInARow, failure, failedAt: now, closedUntil, renewAfter };
}

/** Not a further failure: nobody was asked. */
function toldGate(gate: Gate, told: FaucetError, closedUntil: number, now: number): Gate {
  const failuresInARow = Math.max(1, gate.failuresInARow);
  return { ...gate, failuresInARow, failure: told.cause ?? told, failedAt: now, closedUntil, renewAfter: closedUntil };
}

/** Whether the IdP is to be left alone. A clock that jumps back behind the failure opens the gate (C10). */
export function isClosed({ failedAt, closedUntil }: Gate, now: number): boolean {
  return failedAt <= now && now < closedUntil;
}

/** Whether a credential that is still good is not to be renewed yet. */
export function isRenewalEarly({ failedAt, renewAfter }: Gate, now: number): boolean {
  return failedAt <= now && now < renewAfter;
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
  return jittered(Math.min(Math.max(waited / 4, LOCK_LOOK.least), LOCK_LOOK.most), random);
}

/** How long to wait before writing again, after `attempt` failed writes. */
export function persistDelay(attempt: number, random: Random): number {
  return jittered(doubled(PERSIST, attempt - 1), random);
}

function doubled({ base, cap }: { base: number; cap: number }, times: number): number {
  return Math.min(cap, base * 2 ** times);
}

/** Half of it for sure: a cool-down of nothing would cool nothing down. */
function jittered(duration: number, random: Random): number {
  return (duration * (1 + random())) / 2;
}

function retryAfterOf(failure: unknown): number {
  return FaucetError.is(failure) ? (failure.retryAfter ?? 0) * SECOND : 0;
}

/** The IdP may have acted on a request whose answer never came. */
function isLostAnswer(failure: unknown): boolean {
  return FaucetError.is(failure) && failure.code === "transport" && !(failure as TransportError).unsent;
}
