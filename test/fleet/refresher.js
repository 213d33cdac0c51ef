/**
 * A process that refreshes once and reports to its parent: its orders are in the environment, as JSON. With a
 * `path`, it has a store there whose clocks are ahead by so many milliseconds.
 */

import { FileTokenStore, OAuth2RefreshProvider } from "faucet-auth";

const { config, path, aheadMilliseconds = 0 } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const clock = () => Date.now() + aheadMilliseconds;
const monotonicClock = () => Number(process.hrtime.bigint()) / 1e6 + aheadMilliseconds;
const store = path && new FileTokenStore(path, { clock, monotonicClock });
const provider = new OAuth2RefreshProvider(config, { name: "fleet", clock, store });
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
