/** AWS: the `token` of SDK clients for services that take a bearer token. */

import type { AuthProvider } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { GivenTokens } from "./given-tokens.js";

/** A `TokenIdentity` of the SDK. */
export interface AwsToken {
  /** The token. */
  readonly token: string;
  /** When it expires; absent where that is not known: the SDK then keeps it for good. */
  readonly expiration?: Date;
}

/** A `TokenIdentityProvider` of the SDK. */
export type AwsTokenProvider = (asked?: {
  /** Asked with `true`, the SDK does not want what it was given last: that is reported. */
  readonly forceRefresh?: boolean;
}) => Promise<AwsToken>;

/**
 * The `token` of an AWS SDK client. The SDK asks anew in the last five minutes of a token.
 *
 * @throws `ConfigError` if this is no provider. The function rejects as `accessToken()` does.
 * @example
 * const client = new CodeCatalystClient({ token: awsToken(provider) });
 */
export function awsToken(provider: AuthProvider): AwsTokenProvider {
  checkAdapter("awsToken", provider);
  const given = new GivenTokens(provider);
  return async (asked) => {
    const { token, expiresAt } = await (asked?.forceRefresh === true ? given.afterRefusal() : given.current());
    return { token, ...(expiresAt !== undefined && { expiration: new Date(expiresAt) }) };
  };
}
