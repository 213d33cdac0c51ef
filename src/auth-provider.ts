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
   * The HTTP statuses by which its API refuses a credential: what the wrappers go by where they are not told otherwise.
   *
   * @default [401]
   */
  readonly refusedStatuses?: readonly number[];

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

  /**
   * A provider of other scopes and parameters of the same grant, the same object for the same audience. Its `close()` ends
   * that audience alone. Absent where there are none to ask for. Throws a `ConfigError` for what cannot be asked.
   */
  for?(audience: Audience): AuthProvider;

  /** Where the provider stands: a snapshot without secrets, for logs and health checks. */
  status?(): ProviderStatus;

  /** Ends the provider, once its flight in progress has. Calls after it reject. */
  close?(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** What the tokens of a grant are for: whatever is absent is as configured. */
export interface Audience {
  /**
   * The scopes to ask for, in place of the configured ones: a list, or one string with spaces between (RFC 6749 §3.3).
   * An empty list asks for none.
   *
   * @default those that are configured
   */
  readonly scopes?: readonly string[] | string | null;
  /**
   * Form parameters, such as `resource` (RFC 8707) or `audience`, in place of configured ones of the same name. A list sends
   * its parameter once for each item; `null` leaves a configured one out.
   *
   * @default those that are configured
   */
  readonly params?: Readonly<
    Record<string, string | number | boolean | readonly (string | number | boolean | null)[] | null>
  > | null;
}

/** Whether `value` is a provider, as far as can be seen: of ours, of either build, or a user's own. */
export function isAuthProvider(value: unknown): value is AuthProvider {
  const { getToken, invalidate } = Object(value) as Partial<AuthProvider>;
  return typeof getToken === "function" && typeof invalidate === "function";
}
