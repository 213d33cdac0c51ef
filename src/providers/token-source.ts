/** What tells one kind of fetching provider from the others: how it asks for a token, and how it reads the answer. */

import type { Binding, HeldSecrets, LocatedToken, MadeKey } from "../grant/grant-options.js";
import type { LiveValue } from "../live/live-value.js";
import type { Errand } from "../oauth2/discovery.js";
import type { TokenResponse } from "../oauth2/token-response.js";
import type { Credential } from "../values/credential.js";
import type { GrantOrigin } from "./persistence.js";

/** What a token is asked for with. */
export interface TokenErrand extends Errand {
  readonly endpoint: URL;
}

/** How one kind of provider asks for a token: all that tells it from the others. */
export interface TokenSource extends GrantOrigin {
  /** Where all its requests go, if that is not at `url` alone, as far as it is known before they are made. */
  readonly urls?: readonly URL[];
  /** Configured secrets that go into a body; those in URL and headers are found there, live ones among `live`. */
  readonly secrets: readonly (string | undefined)[];
  /** Whether it asks by a login with which a refresh token may come, or by a refresh token that came so. */
  readonly logsIn?: boolean;
  /** What is read before each request. */
  readonly live: readonly LiveValue[];
  /** What may be printed. */
  readonly visible: Readonly<Record<string, unknown>>;
  /** Where its requests go, if that is not at `url`: others may have to be asked for it first. */
  endpoint?(errand: Errand): Promise<URL>;
  /** Asks for a token, with what the live values are just now. */
  ask(held: HeldSecrets, errand: TokenErrand): Promise<TokenResponse>;
  /** What a recorded access token is on a request. Throws a `TypeError` if it is none, or needs a key that is not there. */
  credential(accessToken: string, binding: Binding): Credential;
  /** The address of the API that a recorded token is for. Throws where no credential may go (P2). */
  baseUrl(recorded: LocatedToken): string | undefined;
  /** Reads what else a credential is made of that may change, before a recorded token becomes one. */
  readonly prepare?: (() => Promise<unknown>) | undefined;
  /** The key that its tokens are bound to, if that is made here and kept with the record. */
  readonly madeKey?: MadeKey | undefined;
  /** Reads the key that its tokens are bound to, if that is configured and may change. */
  readonly readKey?: (() => Promise<unknown>) | undefined;
}
