/** Whether the token on record serves a flight, so that nobody has to ask the IdP (D1, D5). */

import type { KnownFailure } from "../failure/gate.js";
import { Credential } from "../values/credential.js";
import { nameProvider } from "../values/errors.js";
import type { FlightContext, Issued } from "../values/issued.js";
import { ageAt, lifespanOf } from "../values/lifespan.js";
import type { AudienceGate } from "./audience-gate.js";
import type { IssuerOptions } from "./grant-options.js";
import {
  audienceMark,
  type GrantRecord,
  isUnseen,
  type RecordedToken,
  standingFailure,
  standingRefusal,
  subjectOf,
  subjectOfRefusal,
  tokenOf,
} from "./record.js";
import { knownFailure } from "./recorded-failure.js";

/** A token and the revision of the record that it came with; `undefined` if it is not on record. */
export interface Recorded extends Issued {
  readonly revision: number | undefined;
}

/** A flight, and what its cache holds: the revision of the token that it wants to replace, if it has one. */
export interface Refresh extends FlightContext {
  readonly held: number | undefined;
}

/** Who asks the record, and for what. */
export interface Look {
  readonly options: IssuerOptions;
  readonly gate: AudienceGate;
  readonly refresh: Refresh;
  /** The fencing token of the last failure that was on record when the flight began. */
  readonly failedBefore: number;
}

/** What the record answers: a token, an error that it throws, or nothing. The gate follows the record (D7). */
export function answerOf(record: GrantRecord, { options, gate, refresh, failedBefore }: Look): Recorded | undefined {
  const now = options.clock();
  const failures = followed(record, options, gate, now);
  const fresh = adoptable(options, record, refresh, "fresh");
  if (fresh !== undefined) return fresh;
  // A flight that failed while this one waited for it was this one's too.
  const shared = failures.find(({ fencingToken }) => fencingToken > failedBefore);
  const error = shared === undefined ? gate.errorAt(now) : shared.failure;
  if (error === undefined) return undefined;
  // A token that is good to its end serves where the next cannot be had (F3).
  const good = adoptable(options, record, refresh, "stale");
  if (good === undefined) throw error;
  return good;
}

/** The fencing token of the last failure on record that concerns the audience; 0 if there is none. */
export function lastFailure(record: GrantRecord, audience: string): number {
  const refusal = record.refusals[audienceMark(record, audience)];
  return Math.max(record.failure?.fencingToken ?? 0, refusal?.fencingToken ?? 0);
}

type FailureOnRecord = KnownFailure & { readonly fencingToken: number };

/** The failures that stand: of the grant, and of the audience alone. Both gates are brought to where they are. */
function followed(
  record: GrantRecord,
  { name, audience, refreshToken: configured, inputs }: IssuerOptions,
  gate: AudienceGate,
  now: number,
): FailureOnRecord[] {
  const presented = { configured, mark: inputs.mark() };
  const failure = standingFailure(record, presented);
  const ofGrant = failure && { ...knownFailure(failure), fencingToken: failure.fencingToken };
  nameProvider(ofGrant?.failure, name.name);
  gate.grant.follow(subjectOf(record, presented), ofGrant, now);
  const refusal = standingRefusal(record, audience, configured);
  const ofAudience = refusal && { ...knownFailure(refusal), fencingToken: refusal.fencingToken };
  gate.own.follow(subjectOfRefusal(record, audience, configured), ofAudience, now);
  return [ofGrant, ofAudience].filter((known) => known !== undefined);
}

/**
 * The recorded token, unless the flight is there to replace it: because the cache holds that very one,
 * a connector reported it, or the configured refresh token supersedes its grant (D5). It must be fresh,
 * or where `oldest` says so, merely good.
 */
export function adoptable(
  options: IssuerOptions,
  record: GrantRecord,
  refresh: Refresh,
  oldest: "fresh" | "stale",
): Recorded | undefined {
  const token = tokenOf(record, options.audience);
  if (token === undefined || token.revision === refresh.held || isUnseen(record, options.refreshToken))
    return undefined;
  const recorded = issuedFrom(options, token, record);
  if (recorded === undefined || isRejected(recorded, refresh)) return undefined;
  const now = options.clock();
  const lifespan = lifespanOf(recorded.issuedAt ?? now, recorded.expiresIn, { now, expiryRatio: options.expiryRatio });
  const age = ageAt(lifespan, now);
  return age === "fresh" || age === oldest ? recorded : undefined;
}

/** By its revision, which differs here; by its value only where the cache holds a token that is not on record (D1). */
function isRejected({ credential }: Recorded, { rejected, held }: Refresh): boolean {
  return rejected !== undefined && held === undefined && Credential.equals(credential, rejected);
}

function issuedFrom(options: IssuerOptions, token: RecordedToken, record: GrantRecord): Recorded | undefined {
  const { accessToken, issuedAt, expiresIn = options.defaultExpiresIn, boundTo, revision } = token;
  const madeKey = options.madeKey && record.keys[options.madeKey.name];
  try {
    const credential = options.credential(accessToken, { boundTo, madeKey });
    const baseUrl = options.baseUrl === undefined ? token.baseUrl : options.baseUrl(token);
    return { credential, expiresIn, issuedAt, baseUrl, revision };
  } catch {
    // A configuration that has changed may make no credential of it, or let none go where its API is.
    return undefined;
  }
}
