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
 * @property {boolean} [rotates] Whether the grant has a refresh token; it has unless this is false.
 * @property {number} [aheadMilliseconds] How far the clock of the process is ahead.
 *
 * @typedef {object} Report
 * @property {number} requests
 * @property {number} refused
 * @property {number} tokenRequests
 * @property {number} flights
 * @property {string[]} errors Their codes.
 *
 * @typedef {object} Size
 * @property {number} processes
 * @property {number} connectors In each process.
 * @property {number} [milliseconds] How long each runs; or
 * @property {number} [tokens] until each has seen so many tokens.
 * @property {string[]} [audiences] Scopes that the connectors of each process ask for in turn.
 * @property {number} accessTokenSeconds
 * @property {string} [path] The store that they share; without one, each has the refresh token for itself.
 * @property {Readonly<Record<string, string>>} [persist] Another store, as `persist` names it.
 * @property {boolean} [rotates] False for a grant without a refresh token.
 * @property {number} [timeoutSecs]
 * @property {number} [aheadMilliseconds] How far the clocks of every second process are ahead.
 * @property {number} [configured] How many refresh tokens are configured: the processes have one or the other.
 * @property {() => Promise<unknown>} [during] What else happens, from the first token on.
 */

/** What has happened, and when the first grant was revoked, if one was. @param {Size} size */
export async function runFleet({
  processes,
  accessTokenSeconds,
  path,
  persist = path === undefined ? undefined : { path },
  configured = 1,
  rotates = true,
  timeoutSecs = 30,
  aheadMilliseconds = 0,
  during,
  ...orders
}) {
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
  const issued = new Promise((resolve) =>
    idp.on("success", () => {
      issuedAt.push(Date.now());
      resolve(undefined);
    }),
  );
  const refreshTokens = await Promise.all(Array.from({ length: configured }, () => idp.mintRefreshToken()));
  const running = Array.from({ length: processes }, (_, n) => {
    const config = {
      token_url: idp.tokenUrl,
      ...idp.postClient,
      ...(rotates && { refresh_token: refreshTokens[n % configured] ?? "" }),
      persist: persist ?? null,
      timeout_secs: timeoutSecs,
      expiry_ratio: USED_SECONDS / accessTokenSeconds,
    };
    const clock = { aheadMilliseconds: n % 2 === 1 ? aheadMilliseconds : 0 };
    return start("worker", { config, name: "fleet", api: api.origin, rotates, ...clock, ...orders }).message();
  });
  /** @type {[Report[], unknown]} */
  const [reports] = await Promise.all([Promise.all(running), issued.then(during)]);
  api.close();
  idp.close();
  const span = (issuedAt.at(-1) ?? 0) - (issuedAt[0] ?? 0);
  const sum = (/** @type {(report: Report) => number} */ of) => reports.reduce((total, one) => total + of(one), 0);
  const errors = reports.flatMap((report) => report.errors);
  return {
    ...idp.seen,
    revokedAfter,
    expiries: Math.floor(span / (USED_SECONDS * 1000)),
    requests: sum(({ requests }) => requests),
    refused: sum(({ refused }) => refused),
    errors: errors.length,
    codes: [...new Set(errors)],
  };
}
