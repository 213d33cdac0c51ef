/** What providers are that get their tokens from a grant: its owner, and what `for` gives of it (D9). */

import type { ProviderStatus } from "../cache/status.js";
import type { TokenCache } from "../cache/token-cache.js";
import type { WatchListener, WatchOptions } from "../cache/watches.js";
import type { Credential } from "../values/credential.js";
import type { CallOptions } from "../values/issued.js";
import { Provider } from "./provider.js";
import type { ProviderGrant } from "./provider-grant.js";
import type { TokenSource } from "./token-source.js";

/** A provider of the tokens of one audience, which a cache of its own keeps. */
export abstract class GrantProvider extends Provider {
  readonly #grant: ProviderGrant;
  readonly #cache: TokenCache;
  #isClosed = false;

  /** @internal */
  protected constructor(grant: ProviderGrant, source: TokenSource, name: string) {
    const persist = grant.key === undefined ? {} : { persist: { key: grant.key } };
    super(source.type, { ...source.visible, ...persist }, { name });
    this.#grant = grant;
    // As long as its cache has work to do, the provider is not forgotten.
    this.#cache = grant.cacheOf(source, name, () => this.#isClosed);
  }

  /** @internal */
  protected get grant(): ProviderGrant {
    return this.#grant;
  }

  /** @internal */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  getToken(options?: CallOptions): Promise<Credential> {
    return this.#cache.getToken(options);
  }

  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.#cache.invalidate(stale, options);
  }

  watch(listener: WatchListener, options?: WatchOptions): Disposable {
    return this.#cache.watch(listener, options);
  }

  status(): ProviderStatus {
    const { refreshTokenExpiresAt } = this.#grant;
    return { ...this.#cache.status(), ...(refreshTokenExpiresAt !== undefined && { refreshTokenExpiresAt }) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#cache.close();
  }
}
