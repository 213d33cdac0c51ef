/** The issuer as a cache uses it: with a deadline, and with a gate (F4, H2). */

import { withDeadline } from "../failure/deadline.js";
import { Gate, type GateView, gateOf } from "../failure/gate.js";
import type { Random } from "../failure/policy.js";
import type { Clock } from "../values/clock.js";
import { remake } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import { inFlightScope } from "../values/flight-scope.js";
import type { FlightContext, Issue, Issued } from "../values/issued.js";

/** What a cache needs of its issuer. */
export interface Issuer {
  readonly gate: GateView;
  issue(flight: FlightContext): Promise<Issued>;
}

interface IssuerOptions {
  readonly timeoutSecs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** `issue` as it is, if it keeps deadline and gate itself; else with those of `cache`. */
export function issuerOf(issue: Issue, cache: object, options: IssuerOptions): Issuer {
  const gate = gateOf(issue);
  return gate === undefined ? guarded(issue, cache, options) : { gate, issue: (flight) => issue(flight as never) };
}

function guarded(issue: Issue, cache: object, { timeoutSecs, clock, random }: IssuerOptions): Issuer {
  const gate = new Gate({ random });
  const ask = withDeadline((why) => inFlightScope(cache, () => issue(why)), timeoutSecs);
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

/** With a credential that is made here: it prints no secret, whatever the issuer has made it of (S1). */
function usable(issued: Issued | undefined): Issued {
  try {
    return { ...issued, credential: remake(issued?.credential) };
  } catch (error) {
    throw new AuthError(`the issuer gave no usable credential: ${(error as TypeError).message}`);
  }
}
