/** Many processes, one rotating grant, one OpenID provider that revokes it when a refresh token is reused. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { startResourceApi } from "../../examples/demo/resource-api.js";

/**
 * @typedef {object} Orders
 * @property {import("faucet-auth").OAuth2RefreshConfig} config
 * @property {string} name
 * @property {string} api
 * @property {number} connectors
 * @property {number} milliseconds
 *
 * @typedef {object} Report
 * @property {number} requests
 * @property {number} refused
 * @property {number} tokenRequests
 * @property {number} flights
 * @property {string[]} errors
 */

const WORKER = new URL("worker.js", import.meta.url);

/**
 * Runs `processes` processes with so many connectors each. With a `path`, they share the store there.
 * @param {{ processes: number, connectors: number, milliseconds: number, accessTokenSeconds: number, path?: string }} size
 */
export async function runFleet({ processes, connectors, milliseconds, accessTokenSeconds, path }) {
  const idp = await startOpenIdProvider({ accessTokenSeconds });
  const api = await startResourceApi(idp);
  const refresh_token = await idp.mintRefreshToken();
  const config = { token_url: idp.tokenUrl, ...idp.postClient, refresh_token, ...(path && { persist: { path } }) };
  const orders = { config, name: "fleet", api: api.origin, connectors, milliseconds };
  const began = Date.now();
  /** @type {number | undefined} */
  let diedAfter;
  idp.onRevoked(() => {
    diedAfter ??= Date.now() - began;
  });
  const reports = await Promise.all(Array.from({ length: processes }, () => runWorker(orders)));
  api.close();
  idp.close();
  return { reports, seen: idp.seen, diedAfter };
}

/** @param {Orders} orders @returns {Promise<Report>} */
async function runWorker(orders) {
  const child = fork(WORKER, { env: { ...process.env, FLEET_ORDERS: JSON.stringify(orders) } });
  const [report] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`a worker ended with code ${code}`);
    }),
  ]);
  return report;
}
