/** Issuers as a cache uses them, and those that bring deadline and gate with them: they know more of a grant than it does. */

import type { Clock } from "../values/clock.js";
import type { FlightContext, Issue, Issued } from "../values/issued.js";
import type { GateView } from "./gate.js";
import type { Random } from "./policy.js";

/** What gets the tokens of one cache. */
export interface Issuer {
  readonly gate: GateView;
  issue(flight: FlightContext): Promise<Issued>;
  /** Lets go of a flight that waits for other processes. One that asks the IdP goes on. */
  stopWaiting?(): void;
  /** Saves what is due. If it rejects, it may be called again. */
  close?(): Promise<void>;
}

/** A cache, as far as an issuer must know it. */
export interface IssuerHost {
  /** Its identity: code that runs in its flights may call back into it. */
  readonly cache: object;
  readonly type: string;
  readonly name: string;
  readonly expiryRatio: number;
  readonly timeoutSecs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const OWN_ISSUER: unique symbol = Symbol.for("faucet-auth.issuer") as never;

/** An `Issue` that makes an issuer of its own for each cache. */
export type HostedIssue = ((flight: FlightContext) => Promise<Issued>) & {
  readonly [OWN_ISSUER]: (host: IssuerHost) => Issuer;
};

/** `issue`, in whose place a cache is to use what `open` makes for it. */
export function hosted(
  issue: (flight: FlightContext) => Promise<Issued>,
  open: (host: IssuerHost) => Issuer,
): HostedIssue {
  return Object.assign(issue, { [OWN_ISSUER]: open });
}

/** `issue` for the one cache that uses it, with the gate of its grant. */
export function gated(issue: (flight: FlightContext) => Promise<Issued>, gate: GateView): HostedIssue {
  return hosted(issue, () => ({ gate, issue }));
}

/** Whether `issue` makes issuers of its own. */
export function isHosted(issue: Issue | HostedIssue): issue is HostedIssue {
  return OWN_ISSUER in issue;
}

/** The issuer that `issue` makes for a cache, if it does. */
export function ownIssuer(issue: Issue | HostedIssue, host: IssuerHost): Issuer | undefined {
  return isHosted(issue) ? issue[OWN_ISSUER](host) : undefined;
}
