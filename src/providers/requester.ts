/** One token request of a provider: made with what the grant holds, sent, and its answer read. */

import { type RetryOn, retryableOn } from "../failure/retry-on.js";
import type { RequestToken } from "../grant/grant-options.js";
import { type ExchangeOptions, exchange } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import type { LiveInputs } from "../live/live-inputs.js";
import type { Errand } from "../oauth2/discovery.js";
import { type Clock, reliable, wallClock } from "../values/clock.js";
import { warningOfExpiry } from "./expiry-warning.js";
import type { Runtime } from "./runtime.js";
import { type Claim, claimGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** What a request is made with beside its source. */
export interface RequesterParts {
  readonly inputs: LiveInputs;
  readonly retryOn: RetryOn;
  readonly runtime: Runtime;
  readonly claim: Claim;
}

/** Makes one token request with what the grant holds, and with what `inputs` are when it is made (V1). */
export function requester(source: TokenSource, { inputs, retryOn, runtime, claim }: RequesterParts): RequestToken {
  const { type, url, clientId, refreshToken, send = exchange } = source;
  const { dispatcher, fetch } = runtime;
  const clock = reliable(runtime.clock ?? wallClock);
  const warnOfDoubt = warningOfExpiry(claim.name);
  return async (held, signal) => {
    if (refreshToken !== undefined && held.refreshToken === refreshToken) {
      claimGrant([type, url.href, clientId, refreshToken], claim);
    }
    const reading = await inputs.read(signal);
    const secrets = [...source.secrets, ...inputs.secrets, held.refreshToken, held.accessToken];
    const options = { dispatcher, fetch, clock, signal };
    const errand = errandWith(new Mask(secrets), options);
    try {
      const request = await source.request(held, errand);
      // Nobody waits any more, so that no refresh token need be spent.
      signal.throwIfAborted();
      const mask = new Mask([...secrets, ...secretsOfRequest(request)]);
      const answer = await send(request, { ...options, mask });
      const { doubt, ...redemption } = await source.read(answer, mask);
      inputs.noteSuccess(reading);
      warnOfDoubt(doubt);
      return redemption;
    } catch (error) {
      const failure = retryableOn(retryOn, error);
      inputs.noteFailure(failure, reading);
      throw failure;
    }
  };
}

function errandWith(mask: Mask, options: Omit<ExchangeOptions, "mask"> & { readonly clock: Clock }): Errand {
  const { signal, clock } = options;
  return { mask, signal, clock, send: (request) => exchange(request, { ...options, mask }) };
}
