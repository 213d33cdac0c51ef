/** One token request of a provider: made with what the grant holds, sent, and its answer read. */

import { type RetryOn, retryableOn } from "../failure/retry-on.js";
import type { RequestToken } from "../grant/grant-options.js";
import { exchange } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import { reliable, wallClock } from "../values/clock.js";
import { warningOfExpiry } from "./expiry-warning.js";
import type { Runtime } from "./runtime.js";
import { type Claim, claimGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** Makes one token request with what the grant holds. */
export function requester(source: TokenSource, retryOn: RetryOn, runtime: Runtime, claim: Claim): RequestToken {
  const { type, url, clientId, refreshToken, send = exchange } = source;
  const { dispatcher, fetch } = runtime;
  const clock = reliable(runtime.clock ?? wallClock);
  const warnOfDoubt = warningOfExpiry(claim.name);
  return async (held, signal) => {
    if (refreshToken !== undefined && held.refreshToken === refreshToken) {
      claimGrant([type, url.href, clientId, refreshToken], claim);
    }
    const request = source.request(held);
    const mask = new Mask([...source.secrets, ...secretsOfRequest(request), held.refreshToken, held.accessToken]);
    try {
      const answer = await send(request, { dispatcher, fetch, clock, signal, mask });
      const { doubt, ...redemption } = await source.read(answer, mask);
      warnOfDoubt(doubt);
      return redemption;
    } catch (failure) {
      throw retryableOn(retryOn, failure);
    }
  };
}
