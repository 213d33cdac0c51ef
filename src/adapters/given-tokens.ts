/** The tokens that one client is given, so that its reports name what it was given. */

import { type AuthProvider, accessToken, type BareToken, bareToken, type CallOptions, Credential } from "faucet-auth";

/** One client's way to a provider: make one for each client, since a client reports what it was given itself. */
export class GivenTokens {
  readonly #provider: AuthProvider;
  #last: BareToken | undefined;

  constructor(provider: AuthProvider) {
    this.#provider = provider;
  }

  /** What this client was given last. */
  get last(): BareToken | undefined {
    return this.#last;
  }

  /** The current token. */
  async current(options?: CallOptions): Promise<BareToken> {
    return this.#give(await accessToken(this.#provider, options));
  }

  /** Reports what this client was given last, and gives what there is instead. A client that has nothing yet reports nothing. */
  async afterRefusal(options?: CallOptions): Promise<BareToken> {
    return this.#last === undefined ? this.current(options) : this.#replace(this.#last.credential, options);
  }

  /** Reports `token`, which the client names, and gives what there is instead. */
  async afterRefusalOf(token: string): Promise<BareToken> {
    // A provider compares a credential that it did not hand out by its text.
    return this.#replace(this.#last?.token === token ? this.#last.credential : Credential.bearer(token));
  }

  async #replace(refused: Credential, options?: CallOptions): Promise<BareToken> {
    return this.#give(bareToken(await this.#provider.invalidate(refused, options)));
  }

  #give(token: BareToken): BareToken {
    this.#last = token;
    return token;
  }
}

/** When a token expires, for clients whose types demand an expiry: one that is not known makes them ask again soon. */
export function expiryOrSoon(expiresAt: number | undefined): number {
  return expiresAt ?? Date.now() + SOON_MS;
}

const SOON_MS = 5 * 60_000;
