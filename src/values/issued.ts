/** What passes between whoever asks for a token and whoever issues one. */

import type { Credential } from "./credential.js";
import type { AuthError } from "./errors.js";

/** How one caller wants to be served. */
export interface CallOptions {
  /** Rejects this caller with `signal.reason` when it is aborted; the flight goes on for the others. */
  readonly signal?: AbortSignal;
}

/** Why a token is asked for. `background` and `expired` renew one that may still be good. */
export type IssueReason = "initial" | "expired" | "invalidated" | "background";

/** What a flight says of itself to whoever gets its token. */
export interface FlightContext {
  readonly reason: IssueReason;
  /** The credential that a connector reported as refused, when that is the reason. */
  readonly rejected?: Credential;
  /** Counts an attempt; called as its request is made. */
  readonly onAttempt?: () => void;
  /** Publishes that an attempt has failed and another follows; called before the wait. */
  readonly onRetry?: (retry: Retry) => void;
}

/** What an issuer is given. */
export interface IssueContext {
  /** Why a token is asked for. */
  readonly reason: IssueReason;
  /** The credential that a connector reported as refused, when that is the reason. */
  readonly rejected?: Credential;
  /** Within `durable`: the refresh token that holds; `undefined` before there is one. */
  readonly refreshToken?: string | undefined;
  /** Aborted at the deadline of the flight. An issuer that ignores it is abandoned. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline. */
  readonly timeLeft?: () => number;
  /** For wrappers that ask more than once: reports a further attempt, before its wait. */
  readonly onRetry?: (retry: Retry) => void;
}

/** A failed attempt that is followed by another in the same flight. */
export interface Retry {
  /** The attempt that failed; 1 for the first of a flight. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  /** What it failed with. */
  readonly failure: unknown;
}

/** What an issuer gives. */
export interface Issued {
  /** What goes onto requests. */
  readonly credential: Credential;
  /**
   * Seconds from `issuedAt`. Zero and less count as one second; without a number the credential is kept
   * until it is reported as refused.
   */
  readonly expiresIn?: number | undefined;
  /** A refresh token that came with it. `durable` keeps it; `TokenCache` alone does not. */
  readonly refreshToken?: string | undefined;
  /**
   * When it was issued, in milliseconds since the epoch. An instant in the future counts as now.
   * @default now
   */
  readonly issuedAt?: number | undefined;
  /** The address of the API that the credential is for, where only the answer tells it: an absolute URL. */
  readonly baseUrl?: string | undefined;
  /** @internal The id by which a broker knows it: `rejected` has it again when the credential was refused. */
  readonly brokerId?: string | undefined;
}

/** A token that can be used. */
export interface AccessToken {
  /** As the IdP spells it. */
  readonly text: string;
  /** What it is on a request. */
  readonly credential: Credential;
  /** Seconds from its arrival; `undefined` where the answer has no lifetime. */
  readonly expiresIn: number | undefined;
  /** When it was issued, in milliseconds since the epoch, where that is not its arrival. */
  readonly issuedAt?: number | undefined;
  /** The address of the API, where the answer has it. */
  readonly baseUrl?: string | undefined;
  /**
   * The thumbprint of the key that it is bound to (RFC 9449 §6); `null` for a bearer that was asked for with a key all the
   * same; absent where no key was shown.
   */
  readonly boundTo?: string | null | undefined;
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

/** Gets one new credential, in a single exchange with an IdP. May throw; may take no argument. */
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
