/** The issuer as a cache uses it: with a deadline, and with a gate (F4, H2). */

import { withDeadline } from "../failure/deadline.js";
import { Gate } from "../failure/gate.js";
import { type Issuer, type IssuerHost, ownIssuer } from "../failure/issuer.js";
import { remake } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import { inFlightScope } from "../values/flight-scope.js";
import type { FlightContext, Issue, Issued } from "../values/issued.js";

/** What `issue` makes for the cache, if it keeps deadline and gate itself; else `issue` with those of the cache. */
export function issuerOf(issue: Issue, host: IssuerHost): Issuer {
  return ownIssuer(issue, host) ?? guarded(issue, host);
}

function guarded(issue: Issue, { cache, timeoutSecs, clock, random }: IssuerHost): Issuer {
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
