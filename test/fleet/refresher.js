/**
 * A process that refreshes once. It sends its parent "ready", "waiting" when another has the lock, and
 * what it got. Its orders are in the environment, as JSON. With a `path`, it has a store there whose clocks are
 * ahead by so many milliseconds.
 */

import { FileTokenStore, OAuth2RefreshProvider } from "faucet-auth";
import { PostgresTokenStore } from "faucet-auth/postgres";
import { RedisTokenStore } from "faucet-auth/redis";

const { config, path, aheadMilliseconds = 0, saysThatItWaits = false } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const clock = () => Date.now() + aheadMilliseconds;
const monotonicClock = () => Number(process.hrtime.bigint()) / 1e6 + aheadMilliseconds;

/** The store that `persist` names, which tells the parent when another has the lock. */
function watchedStore({ path, redis, postgres } = config.persist) {
  const store = path ? new FileTokenStore(path) : redis ? new RedisTokenStore(redis) : new PostgresTokenStore(postgres);
  const lock = store.lock.bind(store);
  return Object.assign(store, {
    lock: async (/** @type {string} */ key, /** @type {number} */ milliseconds) => {
      const lease = await lock(key, milliseconds);
      if (lease === undefined) process.send?.("waiting");
      return lease;
    },
  });
}

const { persist: _persist, ...unstored } = config;
const watched = saysThatItWaits && watchedStore();
const store = watched || (path && new FileTokenStore(path, { clock, monotonicClock })) || undefined;
const provider = new OAuth2RefreshProvider(watched ? unstored : config, { name: "fleet", clock, store });
process.send?.("ready");
try {
  const credential = await provider.getToken();
  process.send?.({ token: credential.type === "bearer" && credential.token });
} catch (error) {
  const { code, message } = /** @type {import("faucet-auth").FaucetError} */ (error);
  process.send?.({ code, message });
}
await provider.close();
if (watched) await watched.close();
process.disconnect?.();
