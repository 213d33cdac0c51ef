/** One token request of a provider: made with what the grant holds, sent, and its answer read. */

import { type RetryOn, retryableOn } from "../failure/retry-on.js";
import type { RequestToken } from "../grant/grant-options.js";
import { type ExchangeOptions, exchange } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import type { Errand } from "../oauth2/discovery.js";
import { type Clock, reliable, wallClock } from "../values/clock.js";
import { warningOfExpiry } from "./expiry-warning.js";
import type { Runtime } from "./runtime.js";
import { type Claim, claimGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** Makes one token request with what the grant holds. */
export function requester(source: TokenSource, retryOn: RetryOn, runtime: Runtime, claim: Claim): RequestToken {
  const { type, url, clientId, refreshToken } = source;
  const { dispatcher, fetch } = runtime;
  const clock = reliable(runtime.clock ?? wallClock);
  const warnOfDoubt = warningOfExpiry(claim.name);
  return async (held, { signal }) => {
    if (refreshToken !== undefined && held.refreshToken === refreshToken) {
      claimGrant([type, url.href, clientId, refreshToken], claim);
    }
    const secrets = [...source.secrets, held.refreshToken, held.accessToken];
    const options = { dispatcher, fetch, clock, signal };
    const errand = errandWith(new Mask(secrets), options);
    try {
      const request = await source.request(held, errand);
      // Nobody waits any more, so that no refresh token need be spent.
      signal.throwIfAborted();
      const mask = new Mask([...secrets, ...secretsOfRequest(request)]);
      const answer = await exchange(request, { ...options, mask });
      const { doubt, ...redemption } = await source.read(answer, mask);
      warnOfDoubt(doubt);
      return redemption;
    } catch (failure) {
      throw retryableOn(retryOn, failure);
    }
  };
}

function errandWith(mask: Mask, options: Omit<ExchangeOptions, "mask"> & { readonly clock: Clock }): Errand {
  const { signal, clock } = options;
  return { mask, signal, clock, send: (request) => exchange(request, { ...options, mask }) };
}
