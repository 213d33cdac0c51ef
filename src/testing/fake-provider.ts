/** A provider for tests of connectors: a real cache, whose tokens a test expires, refuses and rotates. */

import {
  AuthError,
  type AuthProvider,
  type CallOptions,
  type Credential,
  type ProviderStatus,
  type WatchListener,
  type WatchOptions,
} from "faucet-auth";
import {
  checkArgument,
  checkOptions,
  faultOfDuration,
  faultOfLifetime,
  faultOfText,
  listOf,
} from "./checked-options.js";
import { TokenList } from "./token-list.js";

/** What tokens a fake provider has. */
export interface FakeProviderOptions {
  /**
   * Its name in errors and in its status.
   * @default "fake"
   */
  readonly name?: string | undefined;
  /**
   * Its type, as a configuration would have it.
   * @default "fake"
   */
  readonly type?: string | undefined;
  /**
   * The tokens, one after the other: a text is a bearer. Once they are used up, and without them, they are
   * `token-1`, `token-2`, …, by how many there have been.
   * @default []
   */
  readonly tokens?: readonly (string | Credential)[] | undefined;
  /**
   * Seconds that each token lives; `null` for tokens that live until they are refused.
   * @default 3600
   */
  readonly expiresIn?: number | null | undefined;
  /**
   * The HTTP statuses by which the API refuses a credential, as the wrappers read them of a provider.
   * @default [401]
   */
  readonly refusedStatuses?: readonly number[] | undefined;
}

/**
 * A provider that does all that those of the package do (one flight for all callers, compare-and-swap, the gate after failures)
 * and asks nobody. Its time is the real one, until a test moves it on. Its methods may be taken out of it.
 */
export interface FakeProvider extends AuthProvider {
  /** The credential that was given last; `undefined` before the first. */
  readonly current: Credential | undefined;
  /** Every credential that there has been, in order: its length is how many token requests there would have been. */
  readonly issued: readonly Credential[];
  /** What `invalidate()` was called with, in order. */
  readonly reported: readonly Credential[];

  /**
   * Whether an API takes a credential, or the value of an `Authorization` header: one that was issued, has not expired
   * and is not refused. Made for the API that a test plays.
   */
  accepts(shown: Credential | string | null | undefined): boolean;

  /** From now on the API refuses this credential, by default the current one: `accepts()` says so. Nobody else is told. */
  refuse(credential?: Credential): void;

  /**
   * The current token has expired: time moves on to its end.
   *
   * @throws `Error` if there is none yet, or it has no lifetime.
   */
  expire(): void;

  /**
   * Another token takes the place of the current one, as a renewal ahead of its expiry brings it. Gives that. Rejects where
   * none can be had, with what `failWith()` has said; the current one stays.
   */
  rotate(): Promise<Credential>;

  /**
   * Time moves on by so many seconds, for this provider alone.
   *
   * @throws ConfigError for what is no number from zero on.
   */
  advance(seconds: number): void;

  /**
   * From now on no token can be had: who needs one gets this error. A token that is good is served on.
   * @default an `AuthError` with the code `invalid_grant`, which is final
   */
  failWith(error?: unknown): void;

  /** Tokens can be had again, at once: time moves on to when the identity provider is asked again. */
  recover(): void;

  /** Calls `listener` with the current credential, and with each later one. */
  watch(listener: WatchListener, options?: WatchOptions): Disposable;
  /** Gets one token. Rejects as `getToken` does. */
  ready(options?: CallOptions): Promise<void>;
  /** Where the provider stands. */
  status(): ProviderStatus;
  /** Ends the provider: every later call rejects with a `ClosedError`. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A new fake provider.
 *
 * @throws ConfigError for an unknown option, or one that is no good.
 * @example
 * const auth = fakeProvider();
 * const api = createServer((request, response) => {
 *   response.writeHead(auth.accepts(request.headers.authorization) ? 200 : 401).end();
 * });
 * await auth.getToken();
 * auth.refuse(); // the connector's next request gets a 401
 */
export function fakeProvider(options: FakeProviderOptions = {}): FakeProvider {
  checkOptions("fakeProvider", options, {
    name: faultOfText,
    type: faultOfText,
    tokens: listOf(faultOfToken),
    expiresIn: faultOfLifetime,
    refusedStatuses: listOf((status) => (Number.isInteger(status) ? undefined : "must be an HTTP status")),
  });
  const { type = "fake", name = "fake", refusedStatuses } = options;
  const source = new TokenList(options);
  const { cache, issued } = source;
  const reported: Credential[] = [];
  return {
    type,
    name,
    ...(refusedStatuses !== undefined && { refusedStatuses }),
    issued,
    reported,
    get current() {
      return issued.at(-1);
    },
    getToken: (call) => source.getToken(call),
    invalidate(stale, call) {
      reported.push(stale);
      return source.invalidate(stale, call);
    },
    accepts: (shown) => source.accepts(shown),
    refuse(credential) {
      checkArgument("refuse", "credential", credential && faultOfCredential(credential));
      source.refuse(credential);
    },
    expire: () => source.expire(),
    rotate: () => source.rotate(),
    advance(seconds) {
      checkArgument("advance", "seconds", faultOfDuration(seconds));
      source.advance(seconds);
    },
    failWith: (error = refusedGrant()) => source.failWith(error),
    recover: () => source.recover(),
    watch: (listener, watching) => source.watch(listener, watching),
    ready: async (call) => void (await source.getToken(call)),
    status: () => cache.status(),
    close: () => cache.close(),
    [Symbol.asyncDispose]: () => cache.close(),
  };
}

function refusedGrant(): AuthError {
  return new AuthError("HTTP 400 invalid_grant: the fake refuses the grant", { status: 400, error: "invalid_grant" });
}

function faultOfToken(token: unknown): string | undefined {
  const isToken = faultOfCredential(token) === undefined || (typeof token === "string" && token !== "");
  return isToken ? undefined : "must be a text or a credential";
}

function faultOfCredential(credential: unknown): string | undefined {
  const isCredential = typeof (credential as { type?: unknown } | null | undefined)?.type === "string";
  return isCredential ? undefined : "must be a credential";
}
