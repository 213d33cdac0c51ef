/** The issuer as a cache uses it: with a deadline, and with a gate (F4, H2). */

import { withDeadline } from "../failure/deadline.js";
import { Gate, gateOf } from "../failure/gate.js";
import type { Random } from "../failure/policy.js";
import type { Clock } from "../values/clock.js";
import { remake } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import type { FlightContext, Issue, Issued } from "../values/issued.js";

/** What a cache needs of its issuer. */
export interface Issuer {
  readonly gate: Gate;
  issue(flight: FlightContext): Promise<Issued>;
}

/** `issue` as it is, if it keeps deadline and gate itself; else with those of a cache. */
export function issuerOf(issue: Issue, options: { timeoutSecs: number; clock: Clock; random: Random }): Issuer {
  const gate = gateOf(issue);
  return gate === undefined ? guarded(issue, options) : { gate, issue: (flight) => issue(flight as never) };
}

function guarded(issue: Issue, { timeoutSecs, clock, random }: Parameters<typeof issuerOf>[1]): Issuer {
  const gate = new Gate({ random });
  const ask = withDeadline(issue, timeoutSecs);
  return {
    gate,
    async issue(flight) {
      flight.onAttempt?.();
      const onRetry: FlightContext["onRetry"] = (retry) => {
        flight.onAttempt?.();
        flight.onRetry?.(retry);
      };
      try {
        const issued = usable(await ask({ ...flight, onRetry }));
        gate.clear();
        return issued;
      } catch (error) {
        gate.fail(error, clock());
        throw error;
      }
    },
  };
}

/**
 * With a credential that is made here: a new object for each generation tells them apart even where the
 * IdP repeats a token (C3), and prints no secret whatever the issuer has made it of (S1).
 */
function usable(issued: Issued | undefined): Issued {
  try {
    return { ...issued, credential: remake(issued?.credential) };
  } catch (error) {
    throw new AuthError(`the issuer gave no usable credential: ${(error as TypeError).message}`);
  }
}
