/** What providers are that get their tokens from a grant: its owner, and what `for` gives of it (D9). */

import type { ProviderStatus } from "../cache/status.js";
import { CachedProvider } from "./cached-provider.js";
import type { ProviderGrant } from "./provider-grant.js";
import type { TokenSource } from "./token-source.js";

/** A provider of the tokens of one audience, which a cache of its own keeps. */
export abstract class GrantProvider extends CachedProvider {
  readonly #grant: ProviderGrant;

  /** @internal */
  protected constructor(grant: ProviderGrant, source: TokenSource, name: string) {
    const persist = grant.key === undefined ? {} : { persist: { key: grant.key } };
    super(source.type, { ...source.visible, ...persist }, { name }, (isClosed) => {
      return grant.cacheOf(source, name, isClosed);
    });
    this.#grant = grant;
  }

  /** @internal */
  protected get grant(): ProviderGrant {
    return this.#grant;
  }

  override status(): ProviderStatus {
    const { refreshTokenExpiresAt } = this.#grant;
    return { ...super.status(), ...(refreshTokenExpiresAt !== undefined && { refreshTokenExpiresAt }) };
  }
}
