/** One token request of a provider: made with what the grant holds, sent, and its answer read. */

import { type RetryOn, retryableOn } from "../failure/retry-on.js";
import type { RequestToken } from "../grant/grant-options.js";
import { exchange } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import type { LiveInputs } from "../live/live-inputs.js";
import type { Errand } from "../oauth2/discovery.js";
import { type Clock, reliable, wallClock } from "../values/clock.js";
import type { Connection } from "./connection.js";
import type { Runtime } from "./runtime.js";
import { type Claim, claimGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** What a request is made with beside its source. */
export interface RequesterParts {
  readonly inputs: LiveInputs;
  readonly connection: Connection;
  readonly retryOn: RetryOn;
  readonly runtime: Runtime;
  readonly claim: Claim;
  /** Warns once, whichever audience gives the first reason to doubt. */
  readonly warnOfDoubt: (doubt: string | undefined) => void;
}

/** Makes one token request with what the grant holds, and with what `inputs` are when it is made (V1). */
export function requester(source: TokenSource, parts: RequesterParts): RequestToken {
  const { inputs, connection, retryOn, runtime, claim, warnOfDoubt } = parts;
  const { type, url, clientId, refreshToken } = source;
  const clock = reliable(runtime.clock ?? wallClock);
  return async (held, { signal }) => {
    if (refreshToken !== undefined && held.refreshToken === refreshToken) {
      claimGrant([type, url.href, clientId, refreshToken], claim);
    }
    const configured = [...source.secrets, ...connection.secrets, held.refreshToken, held.accessToken];
    const errand = errandWith(() => [...configured, ...inputs.secrets], connection, { clock, signal });
    const endpoint = await endpointOf(source, errand, connection).catch((error: unknown) => {
      throw retryableOn(retryOn, error);
    });
    const reading = await inputs.read(signal);
    // Where nobody waits any more, no refresh token need be spent.
    signal.throwIfAborted();
    try {
      const { doubt, ...redemption } = await source.ask(held, { ...errand, endpoint });
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

/** Where the requests of `source` go. */
export async function endpointOf(source: TokenSource, errand: Errand, connection: Connection): Promise<URL> {
  if (source.endpoint === undefined) return source.url;
  await connection.read(errand.signal);
  return source.endpoint(errand);
}

type Secrets = readonly (string | undefined)[];

/** How requests are sent on the way of `connection`. A live value that is read on the way is a secret from then on. */
export function errandWith(
  secrets: () => Secrets,
  connection: Connection,
  options: { readonly signal: AbortSignal; readonly clock: Clock },
): Errand {
  const { signal, clock } = options;
  const maskOf: Errand["maskOf"] = (request, more = []) => {
    return new Mask([...secrets(), ...secretsOfRequest(request), ...more]);
  };
  const send: Errand["send"] = async (request, by = exchange) => {
    return by(request, { ...options, ...(await connection.sender()), mask: maskOf(request) });
  };
  return { mask: new Mask(secrets()), signal, clock, maskOf, send };
}
