/**
 * A process with one connector that renews its token whenever its parent says so, and tells how long that took. Its orders
 * come in the environment as JSON.
 */

import { OAuth2RefreshProvider } from "faucet-auth";

const { config } = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
/** Longer than a token lives. */
const LATER_MS = 7_200_000;
/** All processes of a fleet move their clocks together, at each renewal. */
let aheadMs = 0;
const provider = new OAuth2RefreshProvider(config, { name: "fleet", clock: () => Date.now() + aheadMs });

process.on("message", async (/** @type {"renew" | "end"} */ order) => {
  if (order === "end") {
    await provider.close().catch(() => {});
    process.disconnect();
    return;
  }
  aheadMs += LATER_MS;
  const began = performance.now();
  try {
    const credential = await provider.getToken();
    process.send?.({ ms: performance.now() - began, token: credential.type === "bearer" && credential.token });
  } catch (error) {
    const { code } = /** @type {import("faucet-auth").FaucetError} */ (error);
    process.send?.({ ms: performance.now() - began, code });
  }
});
process.send?.("ready");
