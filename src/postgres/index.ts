/** `faucet-auth/postgres`: a token store over PostgreSQL, for processes that share no disk. */

export type { PostgresClient, PostgresPool, PostgresPoolClient, PostgresResult } from "./postgres-pool.js";
export { PostgresTokenStore, type PostgresTokenStoreOptions } from "./postgres-token-store.js";
