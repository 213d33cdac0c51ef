/** The record of a grant: what must outlive a token. For now in the private memory of one provider. */

import type { Issue, IssueContext, Redemption } from "../issued.js";

/** What is known of a grant. Never changed in place: a new record takes its place. */
export interface GrantRecord {
  /** The refresh token to present next; the configured one until the IdP gives another. */
  readonly refreshToken?: string | undefined;
  /** What the last exchange issued. */
  readonly accessToken?: string | undefined;
}

/** Makes a token request from what is on record. */
export type Redeem = (record: GrantRecord, why: IssueContext) => Promise<Redemption>;

/** An issuer over a record. */
export interface RecordedIssuer {
  readonly issue: Issue;
  /**
   * What tells the grant that would be presented now from one that has failed: its refresh token, but
   * not one that came with an unusable token, which has proved nothing (F4).
   */
  presents(): string | undefined;
}

/**
 * An issuer that redeems what its record holds, and records what that brought before handing it out,
 * or failing (A3). So does an answer that arrives after its exchange was given up, unless a later
 * exchange has recorded: it may hold the only refresh token that is still good.
 */
export function recorded(initial: GrantRecord, redeem: Redeem): RecordedIssuer {
  let record = initial;
  let proved = initial.refreshToken;
  return {
    presents: () => proved,
    async issue(why) {
      const presented = record;
      const { accessToken, refreshToken, issued } = await redeem(presented, why);
      if (record === presented) record = { refreshToken: refreshToken ?? presented.refreshToken, accessToken };
      const usable = issued();
      proved = record.refreshToken;
      return usable;
    },
  };
}
