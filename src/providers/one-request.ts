/** How most providers ask for a token: by one request, whose answer they read. */

import type { HeldSecrets } from "../grant/grant-options.js";
import type { exchange, HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import type { Errand } from "../oauth2/discovery.js";
import type { TokenResponse } from "../oauth2/token-response.js";
import type { TokenSource } from "./token-source.js";

/** What tells one such request from another. */
export interface OneRequest {
  /** The request with what the live values are just now; `errand` is for what has to be asked before. */
  request(held: HeldSecrets, errand: Errand): HttpRequest | Promise<HttpRequest>;
  /** In place of an exchange as all others have it. */
  readonly send?: typeof exchange | undefined;
  read(answer: HttpAnswer, mask: Mask): TokenResponse | Promise<TokenResponse>;
}

/** Asks by one request. */
export function byOneRequest({ request: make, send, read }: OneRequest): TokenSource["ask"] {
  return async (held, errand) => {
    const request = await make(held, errand);
    // Nobody waits any more, so that no refresh token need be spent.
    errand.signal.throwIfAborted();
    return read(await errand.send(request, send), errand.maskOf(request));
  };
}
