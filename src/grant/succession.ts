/** The record that follows an answer of the IdP: pure functions of the record before it (A3, D5, D9). */

import { hostname } from "node:os";
import type { AuthError } from "../values/errors.js";
import type { AccessToken, Redemption } from "../values/issued.js";
import type { GrantOptions } from "./grant-options.js";
import { audienceMark, fingerprint, type GrantRecord, isUnseen, type RecordedToken, seenWith } from "./record.js";
import type { RecordedFailure } from "./recorded-failure.js";

/** How many audiences a record has tokens of, and refusals: those that were last asked for. It is written as a whole. */
const MOST_AUDIENCES = 100;

/** After so many milliseconds a refusal is forgotten, and the next counts as the first again. */
const REMEMBERED_MS = 3_600_000;

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

/** Which refresh tokens a grant has: a configured one to begin with, such as come with a login, or whatever comes. */
export type GrantKind = Pick<GrantOptions, "refreshToken" | "logsIn" | "mayHaveRefreshTokens">;

/**
 * With the refresh token that is good now. Where the configured one supersedes the recorded one, nothing is left of the
 * grant before it (D5). The configured one has had its turn if it was presented and taken,
 * or refused by a code: a refusal without one may be a firewall's, and must not bury a new consent.
 */
export function rotated(
  record: GrantRecord,
  answer: Answer,
  { refreshToken: configured, logsIn = false, mayHaveRefreshTokens = false }: GrantKind,
): GrantRecord {
  if (configured === undefined && !logsIn && !mayHaveRefreshTokens) return record;
  const { brought, presented } = answer;
  const refreshToken = brought.refreshToken ?? presented;
  const hadItsTurn =
    presented === configured || (answer.refusal as Partial<AuthError> | undefined)?.error !== undefined;
  const seen = hadItsTurn ? seenWith(record, configured) : record.seen;
  const isSuperseded = presented === configured && isUnseen(record, configured);
  const former = isSuperseded ? { tokens: {}, refusals: {} } : {};
  return { ...record, ...former, refreshToken, cameByLogin: logsIn ? true : undefined, ...endOf(record, answer), seen };
}

/**
 * That of a grant which somebody has just agreed to: of the one before it nothing is left but the fingerprints of configured
 * refresh tokens, none of which may win over what came now (D5).
 */
export function begun(record: GrantRecord, brought: Redemption, { configured, arrivedAt }: Beginning): GrantRecord {
  const { refreshToken } = brought;
  return { ...ended(record, configured), refreshToken, ...endOf(record, { brought, presented: undefined, arrivedAt }) };
}

/** What a login is kept with. */
export interface Beginning {
  readonly configured: string | undefined;
  /** In milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** That of a grant which is over: nothing of it can be presented any more, nor any refresh token that was configured for it. */
export function ended({ refreshToken: _ended, ...record }: GrantRecord, configured: string | undefined): GrantRecord {
  const own = configured === undefined ? [] : [fingerprint(record, configured)];
  return {
    ...record,
    tokens: {},
    refusals: {},
    failure: undefined,
    cameByLogin: undefined,
    refreshTokenExpiresAt: undefined,
    refreshTokenLifetime: undefined,
    seen: seenWith(record, configured),
    ended: [...new Set([...(record.ended ?? []), ...record.seen, ...own])],
  };
}

/** With the token that came, under a revision that no other token has: none has this lease's fencing token. */
export function withToken(
  record: GrantRecord,
  { text, expiresIn, issuedAt: began, baseUrl, boundTo }: AccessToken,
  { audience, arrivedAt, fencingToken }: { audience: string; arrivedAt: number; fencingToken: number },
): GrantRecord & { readonly revision: number } {
  const revision = Math.max(record.revision + 1, fencingToken);
  const issuedAt = Math.min(began ?? arrivedAt, arrivedAt);
  const issuedTo = `${hostname()} ${process.pid}`;
  const token: RecordedToken = { accessToken: text, revision, issuedAt, expiresIn, baseUrl, boundTo, issuedTo };
  const mark = audienceMark(record, audience);
  const others = entriesBut(mark, record.tokens)
    .filter(([, other]) => !isOver(other, arrivedAt))
    .sort(([, a], [, b]) => b.revision - a.revision);
  return {
    ...record,
    revision,
    tokens: Object.fromEntries([[mark, token] as const, ...others].slice(0, MOST_AUDIENCES)),
    refusals: Object.fromEntries(entriesBut(mark, record.refusals)),
    failure: undefined,
  };
}

/** With the refusal of one audience, which leaves the others as they are. */
export function withRefusal(record: GrantRecord, audience: string, refusal: RecordedFailure): GrantRecord {
  const mark = audienceMark(record, audience);
  const { failedAt: now } = refusal.gate;
  const others = entriesBut(mark, record.refusals)
    .filter(([, { gate }]) => now < gate.blockedUntil + REMEMBERED_MS)
    .sort(([, a], [, b]) => b.fencingToken - a.fencingToken);
  return { ...record, refusals: Object.fromEntries([[mark, refusal] as const, ...others].slice(0, MOST_AUDIENCES)) };
}

function entriesBut<T>(mark: string, entries: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(entries).filter(([key]) => key !== mark);
}

function isOver({ issuedAt, expiresIn }: RecordedToken, now: number): boolean {
  return issuedAt !== undefined && expiresIn !== undefined && issuedAt + expiresIn * 1000 <= now;
}

/** When the refresh token itself ends. One that came without an end of its own has none that is known. */
function endOf(record: GrantRecord, { brought, presented, arrivedAt }: Answer): Partial<GrantRecord> {
  const { refreshToken, refreshTokenExpiresIn: seconds } = brought;
  if (seconds !== undefined) {
    const lifetime = Math.max(seconds, refreshToken === undefined ? (record.refreshTokenLifetime ?? 0) : 0);
    return { refreshTokenExpiresAt: arrivedAt + seconds * 1000, refreshTokenLifetime: lifetime };
  }
  const isTheSame = refreshToken === undefined && presented !== undefined;
  return isTheSame ? {} : { refreshTokenExpiresAt: undefined, refreshTokenLifetime: undefined };
}
