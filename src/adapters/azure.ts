/** Azure: the `TokenCredential` of every Azure SDK, and of tedious and mssql. */

import type { AuthProvider, CallOptions } from "faucet-auth";
import { checkAdapter, having } from "./checked.js";
import { expiryOrSoon, GivenTokens } from "./given-tokens.js";

/** A `TokenCredential`. */
export interface AzureCredential {
  /** The token of a request. With `claims`, the API has refused the token of these scopes: it is reported. */
  getToken(scopes: string | string[], options?: AzureTokenOptions): Promise<AzureToken>;
}

/** What the SDK says of a request for a token. */
export interface AzureTokenOptions {
  /** Ends the wait for a token. */
  readonly abortSignal?: AzureAbortSignal | undefined;
  /** The claims of a challenge, by which an API refuses a token that was revoked. */
  readonly claims?: string | undefined;
}

/** An `AbortSignal`, or the class that older SDKs had in its place, whose signals give no reason. */
export interface AzureAbortSignal {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Adds a listener. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** An `AccessToken` of the SDK. */
export interface AzureToken {
  /** The token. */
  readonly token: string;
  /** When it expires, in milliseconds since the epoch; five minutes from now where that is not known. */
  readonly expiresOnTimestamp: number;
}

/** The options of `azureCredential`. */
export interface AzureCredentialOptions {
  /**
   * Whether the scopes that an SDK asks for are asked of the provider, by `provider.for({ scopes })`. Otherwise each
   * gets the same token, for the scopes that are configured.
   *
   * @default false
   */
  readonly perScope?: boolean;
}

/**
 * A `TokenCredential`, for every Azure SDK, tedious and mssql.
 *
 * @throws `ConfigError` if this is no provider; with `perScope`, `TypeError` if it has no `for()`.
 * @example
 * const blobs = new BlobServiceClient(url, azureCredential(provider));
 */
export function azureCredential(provider: AuthProvider, options: AzureCredentialOptions = {}): AzureCredential {
  checkAdapter("azureCredential", provider, options, {
    perScope: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  });
  const audiences = options.perScope ? having("for", provider, "azureCredential with perScope") : undefined;
  const given = new Map<string, GivenTokens>();
  const givenFor = (scopes: readonly string[]): GivenTokens => {
    const key = scopes.join(" ");
    const tokens =
      given.get(key) ?? new GivenTokens(scopes.length > 0 ? (audiences?.for({ scopes }) ?? provider) : provider);
    given.set(key, tokens);
    return tokens;
  };
  return {
    async getToken(scopes, asked) {
      const tokens = givenFor([scopes].flat().filter((scope) => scope !== ""));
      const { token, expiresAt } = await withSignal(asked?.abortSignal, (call) =>
        asked?.claims === undefined ? tokens.current(call) : tokens.afterRefusal(call),
      );
      return { token, expiresOnTimestamp: expiryOrSoon(expiresAt) };
    },
  };
}

/** Calls with a signal that has a reason when it is aborted. */
async function withSignal<T>(
  signal: AzureAbortSignal | undefined,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return call({});
  const relay = new AbortController();
  const abort = (): void => relay.abort((signal as Partial<AbortSignal>).reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await call({ signal: relay.signal });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
