import { type AuthProvider, accessToken } from "faucet-auth";

/**
 * The bare token, for clients that call a function whenever they need one: `pg`, databricks, pulsar, clickhouse.
 *
 * @example
 * const pool = new Pool({ host, user, password: tokenFunction(provider) });
 */
export function tokenFunction(provider: AuthProvider): () => Promise<string> {
  return async () => (await accessToken(provider)).token;
}
