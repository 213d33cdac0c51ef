/** A grant, as its record is kept: what all parts of the coordination know. */

import type { UntimedContext } from "../failure/deadline.js";
import type { Random } from "../failure/policy.js";
import type { TokenStore } from "../store/token-store.js";
import type { Clock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import type { IssueContext, Redemption } from "../values/issued.js";
import type { GrantIdentity } from "./grant-at-risk.js";

/** A grant, how it is redeemed, and where it is recorded. */
export interface GrantOptions {
  readonly identity: GrantIdentity;
  readonly store: TokenStore;
  /** Whether a store that fails is an error even where a token can be had. */
  readonly strict: boolean;
  /** The configured refresh token, of a grant that has one. */
  readonly refreshToken: string | undefined;
  readonly redeem: Redeem;
  /** What a recorded access token is on a request. Throws `TypeError` if it is none. */
  readonly credential: (accessToken: string) => Credential;
  readonly expiryRatio: number;
  readonly defaultExpiresIn: number | undefined;
  readonly retries: number;
  readonly timeoutSecs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** Makes one token request. */
export type Redeem = (held: Held, why: IssueContext) => Promise<Redemption>;

/** What a token request presents, and what must not be told of it. */
export interface Held {
  readonly refreshToken: string | undefined;
  readonly accessToken: string | undefined;
}

/** One call for the next token, and how often it has asked the IdP. */
export interface GrantFlight {
  readonly why: UntimedContext;
  requests: number;
}
