/** What a provider is whose credentials a cache keeps: each call goes to that. */

import type { ProviderStatus } from "../cache/status.js";
import type { TokenCache } from "../cache/token-cache.js";
import type { WatchListener, WatchOptions } from "../cache/watches.js";
import type { Credential } from "../values/credential.js";
import type { CallOptions } from "../values/issued.js";
import { Provider } from "./provider.js";
import type { Runtime } from "./runtime.js";

/** A provider whose callers share the flights and the credentials of one `TokenCache`. */
export abstract class CachedProvider extends Provider {
  readonly #cache: TokenCache;
  #isClosed = false;

  /** @internal */
  protected constructor(
    type: string,
    visible: Readonly<Record<string, unknown>>,
    runtime: Runtime,
    makeCache: (isClosed: () => boolean) => TokenCache,
  ) {
    super(type, visible, runtime);
    // A cache that asks whether its provider is closed keeps the provider from being forgotten while a flight lasts.
    this.#cache = makeCache(() => this.#isClosed);
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
    return this.#cache.status();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#cache.close();
  }
}
