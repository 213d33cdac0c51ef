/** What passes between whoever asks for a token and whoever issues one. */

import type { Credential } from "./credential.js";
import type { AuthError } from "./errors.js";

/** How one caller wants to be served. */
export interface CallOptions {
  /** Rejects this caller with `signal.reason`; the exchange goes on for the others (C8). */
  readonly signal?: AbortSignal;
}

/** Why a token is asked for. */
export type IssueReason = "initial" | "expired" | "invalidated" | "background";

/** What an issuer is told. */
export interface IssueContext {
  readonly reason: IssueReason;
  /** The credential that a connector reported as refused, when that is the reason. */
  readonly rejected?: Credential;
  /** The `Issued.generation` of the credential that the cache holds, rejected, expired or still good. */
  readonly generation?: number;
  /** Aborted at the flight's deadline. An issuer that ignores it is abandoned, not waited for. */
  readonly signal: AbortSignal;
  /** Milliseconds until then. */
  readonly timeLeft?: () => number;
  /** For wrappers that ask more than once: tells the cache of a further attempt, before its wait. */
  readonly onRetry?: (retry: Retry) => void;
  /** For wrappers that may get by without asking: tells the cache that this flight makes no request. */
  readonly onSpared?: () => void;
}

/** A failed attempt that is followed by another in the same flight. */
export interface Retry {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  readonly failure: unknown;
}

/** What an issuer gives. */
export interface Issued {
  readonly credential: Credential;
  /** Seconds from `issuedAt`. Without a number above zero the credential is kept until it is rejected (C5). */
  readonly expiresIn?: number | undefined;
  /** The refresh token to present next, if the IdP gave a new one (A3). */
  readonly refreshToken?: string | undefined;
  /** When it was issued, in milliseconds since the epoch; now by default, and where it is in the future (C10). */
  readonly issuedAt?: number | undefined;
  /** The number under which a store keeps it, if one does. */
  readonly generation?: number | undefined;
}

/** A token that can be used. */
export interface AccessToken {
  /** As the IdP spells it. */
  readonly text: string;
  /** What it is on a request. */
  readonly credential: Credential;
  /** Seconds from its arrival; `undefined` where the answer has no lifetime. */
  readonly expiresIn: number | undefined;
}

/**
 * What one token request brought: a token, or the reason why what came is none. The refresh token
 * counts in both cases (A3).
 */
export type Redemption = {
  readonly refreshToken?: string | undefined;
  /** Seconds that the refresh token to present next can still be used, where the IdP says so. */
  readonly refreshTokenExpiresIn?: number | undefined;
} & ({ readonly token: AccessToken } | { readonly unusable: AuthError });

/** Gets one new credential: a single exchange with an IdP. May throw; may take no argument. */
export type Issue = (why: IssueContext) => Promise<Issued>;

/**
 * The seconds of a lifetime as an IdP spells it: 3600, 3600.5 or "3600" (A2). Zero and less count as one
 * second, since servers round down. `undefined` for what gives no lifetime: absent, null, no number (C5).
 */
export function lifetimeOf(value: unknown): number | undefined {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return undefined;
  return seconds > 0 ? seconds : SHORTEST_LIFETIME_SECS;
}

const SHORTEST_LIFETIME_SECS = 1;
