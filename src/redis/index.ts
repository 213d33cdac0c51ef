/** `faucet-auth/redis`: a token store over Redis or Valkey, for processes that share no disk. */

export type { RedisClient, RedisScriptOptions } from "./redis-client.js";
export { RedisTokenStore, type RedisTokenStoreOptions } from "./redis-token-store.js";
