/** The interface that connectors depend on. */

import type { ProviderStatus } from "./cache/status.js";
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

  /** Where the provider stands: a snapshot without secrets, for logs and health checks. */
  status?(): ProviderStatus;

  /** Ends the provider, once its flight in progress has. Calls after it reject. */
  close?(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/**
 * Our wrappers call a provider's method of this name with a credential that an API has accepted, once
 * for each credential (F5). A provider need not have it.
 */
export const ACCEPTED: unique symbol = Symbol.for("faucet-auth.accepted") as never;

/** A provider that wants to know which of its credentials an API has accepted. */
export interface AcceptanceListener {
  [ACCEPTED]?(credential: Credential): void;
}

/**
 * Our wrappers ask a provider's method of this name whether the current code runs within one of the
 * provider's own flights. A request that is made there must not wait for that flight.
 */
export const IN_FLIGHT: unique symbol = Symbol.for("faucet-auth.in-flight") as never;

/** A provider that knows its own flights. */
export interface FlightAware {
  [IN_FLIGHT]?(): boolean;
}
