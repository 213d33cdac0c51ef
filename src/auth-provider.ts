/** The interface that connectors depend on. */

import type { ProviderStatus } from "./cache/status.js";
import type { WatchListener, WatchOptions } from "./cache/watches.js";
import type { Credential } from "./values/credential.js";
import type { CallOptions } from "./values/issued.js";

/**
 * A live source of credentials. Hand one object to every connector that uses the same grant: they
 * share its token, its refreshes and its rotation. All methods may be called concurrently.
 */
export interface AuthProvider {
  /** The kind of provider, as in configuration: `oauth2_refresh`. */
  readonly type: string;

  /** Its name in the catalog, else `runtime.name`, else its type. */
  readonly name: string;

  /**
   * A fresh credential, from the cache or from the IdP. However many callers ask at once, there is
   * one token request. Rejects with a `FaucetError`, or with `options.signal.reason`.
   */
  getToken(options?: CallOptions): Promise<Credential>;

  /**
   * Reports that an API refused `stale` and gives a credential to try instead. Only the first
   * report of the current credential causes a token request; a late report gets what is current.
   * A result equal to `stale` means that there is nothing else to try. Rejects as `getToken` does.
   */
  invalidate(stale: Credential, options?: CallOptions): Promise<Credential>;

  /**
   * Calls `listener` with the current credential, or with the first once it is there, and then with each later
   * one: once each, in order. While anybody watches, credentials are renewed without a caller. The watch ends
   * when it is disposed of, or with `close()`; it holds no process open.
   */
  watch?(listener: WatchListener, options?: WatchOptions): Disposable;

  /** Gets one token, so that what is wrong shows before work begins. Rejects as `getToken` does. */
  ready?(options?: CallOptions): Promise<void>;

  /** Where the provider stands: a snapshot without secrets, for logs and health checks. */
  status?(): ProviderStatus;

  /** Ends the provider, once its flight in progress has. Calls after it reject. */
  close?(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
