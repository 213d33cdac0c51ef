/** How most providers ask for a token: by one request, whose answer they read. */

import type { HeldSecrets } from "../grant/grant-options.js";
import type { exchange, HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import type { TokenResponse } from "../oauth2/token-response.js";
import type { TokenSource } from "./token-source.js";

/** What tells one such request from another. */
export interface OneRequest {
  /** The request to `endpoint`, with what the live values are just now. */
  request(held: HeldSecrets, endpoint: URL): HttpRequest | Promise<HttpRequest>;
  /** In place of an exchange as all others have it. */
  readonly send?: typeof exchange | undefined;
  read(answer: HttpAnswer, mask: Mask): TokenResponse | Promise<TokenResponse>;
}

/** Asks by one request. */
export function byOneRequest({ request: make, send, read }: OneRequest): TokenSource["ask"] {
  return async (held, errand) => {
    const request = await make(held, errand.endpoint);
    return read(await errand.send(request, send), errand.maskOf(request));
  };
}
