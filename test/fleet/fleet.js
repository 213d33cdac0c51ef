/** Many processes, one rotating grant, one OpenID provider that revokes it when a refresh token is reused. */

import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { startResourceApi } from "../../examples/demo/resource-api.js";
import { start } from "./processes.js";

/** How long a token is used. oidc-provider counts whole seconds: one of 2 s may end after little more than one. */
const USED_SECONDS = 1;

/**
 * @typedef {object} Orders
 * @property {import("faucet-auth").OAuth2RefreshConfig} config
 * @property {string} name
 * @property {string} api
 * @property {number} connectors
 * @property {number} [milliseconds] How long they run; or
 * @property {number} [tokens] until they have seen so many tokens, or an error.
 * @property {string[]} [audiences] Scopes: the connectors use an audience of these in turn, in place of the provider itself.
 *
 * @typedef {object} Report
 * @property {number} requests
 * @property {number} refused
 * @property {number} tokenRequests
 * @property {number} flights
 * @property {string[]} errors
 *
 * @typedef {object} Size
 * @property {number} processes
 * @property {number} connectors In each process.
 * @property {number} [milliseconds] How long each runs; or
 * @property {number} [tokens] until each has seen so many tokens.
 * @property {string[]} [audiences] Scopes that the connectors of each process ask for in turn.
 * @property {number} accessTokenSeconds
 * @property {string} [path] The store that they share; without one, each has the refresh token for itself.
 * @property {number} [configured] How many refresh tokens are configured: the processes have one or the other.
 */

/** What has happened, and when the first grant was revoked, if one was. @param {Size} size */
export async function runFleet({ processes, accessTokenSeconds, path, configured = 1, ...orders }) {
  const idp = await startOpenIdProvider({ accessTokenSeconds });
  const api = await startResourceApi(idp);
  const began = Date.now();
  /** @type {number | undefined} */
  let revokedAfter;
  idp.on("revoked", () => {
    revokedAfter ??= Date.now() - began;
  });
  /** @type {number[]} */
  const issuedAt = [];
  idp.on("success", () => issuedAt.push(Date.now()));
  const refreshTokens = await Promise.all(Array.from({ length: configured }, () => idp.mintRefreshToken()));
  /** @type {Report[]} */
  const reports = await Promise.all(
    Array.from({ length: processes }, (_, n) => {
      const refresh_token = refreshTokens[n % configured] ?? "";
      const persist = path === undefined ? null : { path };
      const config = {
        token_url: idp.tokenUrl,
        ...idp.postClient,
        refresh_token,
        persist,
        expiry_ratio: USED_SECONDS / accessTokenSeconds,
      };
      return start("worker", { config, name: "fleet", api: api.origin, ...orders }).message();
    }),
  );
  api.close();
  idp.close();
  const span = (issuedAt.at(-1) ?? 0) - (issuedAt[0] ?? 0);
  const sum = (/** @type {(report: Report) => number} */ of) => reports.reduce((total, one) => total + of(one), 0);
  return {
    ...idp.seen,
    revokedAfter,
    expiries: Math.floor(span / (USED_SECONDS * 1000)),
    requests: sum(({ requests }) => requests),
    refused: sum(({ refused }) => refused),
    errors: sum(({ errors }) => errors.length),
  };
}
