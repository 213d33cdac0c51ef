/** One token request of a provider: made with what the grant holds, sent, and its answer read. */

import { type RetryOn, retryableOn } from "../failure/retry-on.js";
import type { HeldSecrets, RequestToken } from "../grant/grant-options.js";
import { exchange } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import type { LiveInputs } from "../live/live-inputs.js";
import type { Errand } from "../oauth2/discovery.js";
import { reliable, wallClock } from "../values/clock.js";
import type { Connection } from "./connection.js";
import type { Runtime } from "./runtime.js";
import { type Claim, claimGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** What every request of a provider is sent with. */
export interface ErrandParts {
  readonly inputs: LiveInputs;
  readonly connection: Connection;
  readonly runtime: Runtime;
}

/** What a token request is made with beside its source. */
export interface RequesterParts extends ErrandParts {
  readonly retryOn: RetryOn;
  readonly claim: Claim;
  /** Warns once, whichever audience gives the first reason to doubt. */
  readonly warnOfDoubt: (doubt: string | undefined) => void;
}

/** Makes one token request with what the grant holds, and with what `inputs` are when it is made (V1). */
export function requester(source: TokenSource, parts: RequesterParts): RequestToken {
  const { inputs, connection, retryOn, claim, warnOfDoubt } = parts;
  const { type, url, clientId, refreshToken } = source;
  return async (held, { signal }) => {
    if (refreshToken !== undefined && held.refreshToken === refreshToken) {
      claimGrant([type, url.href, clientId, refreshToken], claim);
    }
    const errand = errandOf(source, held, parts, signal);
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

/**
 * How requests are sent for `source`, and answers kept from showing what its provider and its grant hold (S2). A live value that
 * is read on the way is a secret from then on.
 */
export function errandOf(
  source: TokenSource,
  { refreshToken, accessToken, recorded }: Omit<HeldSecrets, "madeKey">,
  { inputs, connection, runtime }: ErrandParts,
  signal: AbortSignal,
): Errand {
  const clock = reliable(runtime.clock ?? wallClock);
  const configured = [...source.secrets, ...connection.secrets, refreshToken, accessToken, recorded];
  const secrets = (): (string | undefined)[] => [...configured, ...inputs.secrets];
  const maskOf: Errand["maskOf"] = (request, more = []) => {
    return new Mask([...secrets(), ...secretsOfRequest(request), ...more]);
  };
  const send: Errand["send"] = async (request, by = exchange) => {
    return by(request, { clock, signal, ...(await connection.sender()), mask: maskOf(request) });
  };
  return { mask: new Mask(secrets()), signal, clock, maskOf, send };
}
