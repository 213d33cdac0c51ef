/** The IdP's part of a flight: attempts within one deadline, each with the refresh token that holds (D4, H2, F2). */

import { type Ask, withDeadline } from "../failure/deadline.js";
import { retrying } from "../failure/retrying.js";
import type { IssueContext, Redemption } from "../values/issued.js";
import type { GrantFlight, GrantOptions, Held } from "./grant-options.js";

/** What the IdP has answered to one request. */
export interface Answer {
  readonly brought: Redemption;
  /** Which request of the flight it answers; 1 for the first. */
  readonly number: number;
  /** The refresh token that the request presented. */
  readonly presented: string | undefined;
  /** In milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** How the IdP is asked, and what becomes of its answers. */
export interface Exchange<T> {
  readonly held: Held;
  /** Gets every answer as it arrives, also one that comes after its attempt was given up. */
  readonly take: (answer: Answer) => T;
  /** Called before each request; what it throws ends the flight. */
  readonly beforeSending?: (why: IssueContext) => void;
  /** The refresh token to try where the first is refused, once. */
  readonly otherThan?: (refused: string | undefined, failure: unknown) => Promise<string | undefined>;
}

/** Asks until there is an answer, the retries are used up, or the deadline has passed. */
export function askIdp<T>(grant: GrantOptions, flight: GrantFlight, exchange: Exchange<T>): Promise<T> {
  const { retries, random, timeoutSecs, redeem, clock } = grant;
  const { held, take, beforeSending, otherThan } = exchange;
  const presenting = (refreshToken: string | undefined): Ask<T> => {
    return async (why) => {
      beforeSending?.(why);
      flight.requests += 1;
      const number = flight.requests;
      const brought = await redeem({ ...held, refreshToken }, why);
      return take({ brought, number, presented: refreshToken, arrivedAt: clock() });
    };
  };
  const policy = { retries, random, presentsRefreshToken: grant.refreshToken !== undefined };
  const ask: Ask<T> = async (why) => {
    try {
      return await retrying(presenting(held.refreshToken), policy)(why);
    } catch (failure) {
      const other = await otherThan?.(held.refreshToken, failure);
      if (other === undefined) throw failure;
      why.onRetry?.({ attempt: flight.requests, delay: 0, failure });
      return presenting(other)(why);
    }
  };
  return withDeadline(ask, timeoutSecs)(flight.why);
}
