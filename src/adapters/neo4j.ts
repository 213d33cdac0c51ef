/** Neo4j: the `AuthTokenManager` of the driver. */

import type { AuthProvider } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { GivenTokens } from "./given-tokens.js";

/** A token of the driver. */
export interface Neo4jToken {
  /** `bearer`. */
  scheme: string;
  /** The token. */
  credentials: string;
}

/** An `AuthTokenManager` of the driver. */
export interface Neo4jTokenManager {
  /** The token to log in with; the driver asks for each connection that it takes from its pool. */
  getToken(): Promise<Neo4jToken>;
  /** Reports the very token that the server has refused. Says whether another try may succeed. */
  handleSecurityException(token: Neo4jToken, securityErrorCode: string): boolean;
}

/**
 * The `AuthTokenManager` of a Neo4j driver.
 *
 * @throws `ConfigError` if this is no provider. Its `getToken()` rejects as `accessToken()` does.
 * @example
 * const driver = neo4j.driver(url, neo4jTokenManager(provider));
 */
export function neo4jTokenManager(provider: AuthProvider): Neo4jTokenManager {
  checkAdapter("neo4jTokenManager", provider);
  const given = new GivenTokens(provider);
  let replacing: Promise<void> | undefined;
  /** The token that was refused, and has nothing in its place. */
  let irreplaceable: string | undefined;

  /** Where this fails, `getToken()` asks again and gives the error. */
  async function replace(refused: string): Promise<void> {
    const next = await given.afterRefusalOf(refused).catch(() => undefined);
    irreplaceable = next?.token === refused ? refused : undefined;
  }

  return {
    async getToken() {
      await replacing;
      const { token } = await given.current();
      return { scheme: "bearer", credentials: token };
    },
    handleSecurityException({ credentials: refused }, code) {
      if (!REFUSALS.has(code)) return false;
      const mayTryAgain = refused !== irreplaceable;
      replacing = replace(refused);
      return mayTryAgain;
    },
  };
}

/** The codes by which a server refuses a token, as the driver's own manager for bearer tokens has them. */
const REFUSALS = new Set(["Neo.ClientError.Security.Unauthorized", "Neo.ClientError.Security.TokenExpired"]);
