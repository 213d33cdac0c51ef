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
  /** Whether the server asks for the request once more. All of it is made anew then: an assertion is taken once (K2). */
  readonly isAskedAgain?: ((answer: HttpAnswer) => boolean) | undefined;
  read(answer: HttpAnswer, mask: Mask): TokenResponse | Promise<TokenResponse>;
}

/** Asks by one request. */
export function byOneRequest({ request: make, send, isAskedAgain, read }: OneRequest): TokenSource["ask"] {
  return async (held, errand) => {
    const ask = async () => {
      const request = await make(held, errand.endpoint);
      return [await errand.send(request, send), errand.maskOf(request)] as const;
    };
    const first = await ask();
    return read(...(isAskedAgain?.(first[0]) ? await ask() : first));
  };
}
