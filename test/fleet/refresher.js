/**
 * A process that refreshes once. It sends its parent "ready", "waiting" when another has the lock,
 * and what it got. Its orders are in the environment, as JSON.
 */

import { FileTokenStore, OAuth2RefreshProvider } from "faucet-auth";

const { config, skewMilliseconds = 0, saysThatItWaits = false } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const clock = () => Date.now() + skewMilliseconds;

class WatchedStore extends FileTokenStore {
  /** @override @param {Parameters<FileTokenStore["lock"]>} request */
  async lock(...request) {
    const lease = await super.lock(...request);
    if (lease === undefined) process.send?.("waiting");
    return lease;
  }
}

const { persist, ...unstored } = config;
const provider = saysThatItWaits
  ? new OAuth2RefreshProvider(unstored, { name: "fleet", clock, store: new WatchedStore(persist.path) })
  : new OAuth2RefreshProvider(config, { name: "fleet", clock });
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
