/** A process that refreshes once and tells its parent: its orders are in the environment, as JSON. */

import { OAuth2RefreshProvider } from "faucet-auth";

const { config, skewMilliseconds = 0 } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const clock = () => Date.now() + skewMilliseconds;
const provider = new OAuth2RefreshProvider(config, { name: "fleet", clock });
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
