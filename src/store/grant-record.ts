/** The record of a grant: what must outlive a token. For now in the private memory of one provider. */

import { secretOf } from "../credential.js";
import type { Issue, IssueContext, Issued } from "../issued.js";

/** What is known of a grant. Never changed in place: a new record takes its place. */
export interface GrantRecord {
  /** The refresh token to present next; the configured one until the IdP gives another. */
  readonly refreshToken?: string | undefined;
  /** What the last exchange issued. */
  readonly accessToken?: string | undefined;
}

/** Makes a token request from what is on record. */
export type Redeem = (record: GrantRecord, why: IssueContext) => Promise<Issued>;

/**
 * An issuer that redeems what its record holds, and records what it got before handing it out
 * (A3). A late answer of an exchange that was given up still counts, unless a later one has
 * recorded: it may carry the only refresh token that is still good.
 */
export function recorded(initial: GrantRecord, redeem: Redeem): Issue {
  let record = initial;
  return async (why) => {
    const presented = record;
    const issued = await redeem(presented, why);
    if (record === presented) {
      record = {
        refreshToken: issued.refreshToken ?? presented.refreshToken,
        accessToken: secretOf(issued.credential),
      };
    }
    return issued;
  };
}
