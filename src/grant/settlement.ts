/** What a record already answers, so that nobody has to ask the IdP (D1, D5, D7): functions of the record and the time. */

import type { UntimedContext } from "../failure/deadline.js";
import { gateError } from "../failure/gate-error.js";
import { isClosed } from "../failure/policy.js";
import { Credential } from "../values/credential.js";
import type { Issued } from "../values/issued.js";
import { ageAt, lifespanOf } from "../values/lifespan.js";
import type { GrantOptions } from "./grant-options.js";
import { type GrantRecord, isUnseen, markOf } from "./record.js";
import { revive } from "./recorded-failure.js";

/**
 * The recorded token, if it may serve, and is not one that the flight is to replace: not of a grant
 * that the configured refresh token supersedes (D5), not what the cache holds already. It must be fresh,
 * or where `oldest` says so, merely good.
 */
export function adoptable(
  grant: GrantOptions,
  record: GrantRecord,
  why: UntimedContext,
  oldest: "fresh" | "stale",
): Issued | undefined {
  if (isUnseen(record, grant.refreshToken) || record.generation === why.generation) return undefined;
  const issued = issuedOf(grant, record);
  if (issued === undefined || isRejected(issued, why)) return undefined;
  const { clock, expiryRatio } = grant;
  const now = clock();
  const age = ageAt(lifespanOf(issued.issuedAt ?? now, issued.expiresIn, { now, expiryRatio }), now);
  return age === "fresh" || age === oldest ? issued : undefined;
}

/**
 * The failure that answers for the IdP. A flight that failed while this one waited for it was this
 * one's too: one under a later lease than `failedBefore`. A gate that is closed is closed for all.
 */
export function standingError(grant: GrantOptions, record: GrantRecord, failedBefore: number): Error | undefined {
  const { failure } = record;
  if (failure === undefined || failure.presents !== markOf(record, grant.refreshToken)) return undefined;
  if (failure.lease > failedBefore) return revive(failure);
  const { gate } = failure;
  return isClosed(gate, grant.clock()) ? gateError(revive(failure), gate.closedUntil) : undefined;
}

/** By its generation, which differs here; by its value only where that is not known (D1). */
function isRejected({ credential }: Issued, { rejected, generation }: UntimedContext): boolean {
  return rejected !== undefined && generation === undefined && Credential.equals(credential, rejected);
}

function issuedOf(grant: GrantOptions, record: GrantRecord): Issued | undefined {
  const { accessToken, issuedAt, generation } = record;
  if (accessToken === undefined) return undefined;
  try {
    const credential = grant.credential(accessToken);
    return { credential, expiresIn: record.expiresIn ?? grant.defaultExpiresIn, issuedAt, generation };
  } catch {
    // A configuration that has changed may make no credential of it.
    return undefined;
  }
}
