/** What tells one kind of fetching provider from the others: how it asks for a token, and how it reads the answer. */

import type { HeldSecrets } from "../grant/grant-options.js";
import type { exchange, HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import type { LiveValue } from "../live/live-value.js";
import type { Errand } from "../oauth2/discovery.js";
import type { TokenResponse } from "../oauth2/token-response.js";
import type { Credential } from "../values/credential.js";
import type { GrantOrigin } from "./persistence.js";

/** How one kind of provider asks for a token: all that tells it from the others. */
export interface TokenSource extends GrantOrigin {
  /** Configured secrets that go into a body; those in URL and headers are found there, live ones among `live`. */
  readonly secrets: readonly (string | undefined)[];
  /** Whether it asks by a login with which a refresh token may come, or by a refresh token that came so. */
  readonly logsIn?: boolean;
  /** What is read before each request. */
  readonly live: readonly LiveValue[];
  /** What may be printed. */
  readonly visible: Readonly<Record<string, unknown>>;
  /** The request with what the live values are just now; `errand` is for what has to be asked before. */
  request(held: HeldSecrets, errand: Errand): HttpRequest | Promise<HttpRequest>;
  /** In place of an exchange as all others have it. */
  readonly send?: typeof exchange | undefined;
  read(answer: HttpAnswer, mask: Mask): TokenResponse | Promise<TokenResponse>;
  /** What an access token is on a request. */
  credential(accessToken: string): Credential;
}
