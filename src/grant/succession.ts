/** The record that follows an answer of the IdP: pure functions of the record before it (A3, D5, D9). */

import { hostname } from "node:os";
import type { AuthError } from "../values/errors.js";
import type { AccessToken, Redemption } from "../values/issued.js";
import { type GrantRecord, type RecordedToken, seenWith } from "./record.js";

/** What the IdP has answered to one request. */
export interface Answer {
  readonly brought: Redemption;
  /** The refresh token that the request presented. */
  readonly presented: string | undefined;
  /** In milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** How the configured refresh token was refused before, if it was. */
  readonly refusal?: unknown;
}

/**
 * With the refresh token that is good now. The configured one has had its turn if it was presented and taken,
 * or refused by a code: a refusal without one may be a firewall's, and must not bury a new consent.
 */
export function rotated(record: GrantRecord, answer: Answer, configured: string | undefined): GrantRecord {
  if (configured === undefined) return record;
  const { brought, presented } = answer;
  const refreshToken = brought.refreshToken ?? presented;
  const hadItsTurn =
    presented === configured || (answer.refusal as Partial<AuthError> | undefined)?.error !== undefined;
  const seen = hadItsTurn ? seenWith(record, configured) : record.seen;
  return { ...record, refreshToken, ...endOf(record, answer), seen };
}

/** With the token that came, under a revision that no other token has: none has this lease's fencing token. */
export function withToken(
  record: GrantRecord,
  { text, expiresIn }: AccessToken,
  { audience, arrivedAt, fencingToken }: { audience: string; arrivedAt: number; fencingToken: number },
): GrantRecord & { readonly revision: number } {
  const revision = Math.max(record.revision + 1, fencingToken);
  const issuedTo = `${hostname()} ${process.pid}`;
  const token: RecordedToken = { accessToken: text, revision, issuedAt: arrivedAt, expiresIn, issuedTo };
  const others = Object.entries(record.tokens).filter(([, other]) => !isOver(other, arrivedAt));
  return { ...record, revision, tokens: { ...Object.fromEntries(others), [audience]: token }, failure: undefined };
}

function isOver({ issuedAt, expiresIn }: RecordedToken, now: number): boolean {
  return issuedAt !== undefined && expiresIn !== undefined && issuedAt + expiresIn * 1000 <= now;
}

/** When the refresh token itself ends. One that came without an end of its own has none that is known. */
function endOf(record: GrantRecord, { brought, arrivedAt }: Answer): Partial<GrantRecord> {
  const { refreshToken, refreshTokenExpiresIn: seconds } = brought;
  if (seconds !== undefined) {
    const lifetime = Math.max(seconds, refreshToken === undefined ? (record.refreshTokenLifetime ?? 0) : 0);
    return { refreshTokenExpiresAt: arrivedAt + seconds * 1000, refreshTokenLifetime: lifetime };
  }
  return refreshToken === undefined ? {} : { refreshTokenExpiresAt: undefined, refreshTokenLifetime: undefined };
}
