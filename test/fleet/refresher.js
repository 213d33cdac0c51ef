/**
 * A process that refreshes once. It sends its parent "ready", "waiting" when another has the lock, and
 * what it got. Its orders are in the environment, as JSON. With a `path`, it has a store there whose clocks are
 * ahead by so many milliseconds.
 */

import { FileTokenStore, OAuth2RefreshProvider } from "faucet-auth";

const { config, path, aheadMilliseconds = 0, saysThatItWaits = false } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const clock = () => Date.now() + aheadMilliseconds;
const monotonicClock = () => Number(process.hrtime.bigint()) / 1e6 + aheadMilliseconds;

class WatchedStore extends FileTokenStore {
  /** @override @param {Parameters<FileTokenStore["lock"]>} request */
  async lock(...request) {
    const lease = await super.lock(...request);
    if (lease === undefined) process.send?.("waiting");
    return lease;
  }
}

const { persist, ...unstored } = config;
const watched = saysThatItWaits && new WatchedStore(persist.path);
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
process.disconnect?.();
