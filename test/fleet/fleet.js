/** Many processes, one rotating grant, one OpenID provider that revokes it when a refresh token is reused. */

import { setTimeout as pause } from "node:timers/promises";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { startResourceApi } from "../../examples/demo/resource-api.js";
import { start } from "./processes.js";

/** oidc-provider counts whole seconds: a token of 2 s may end after little more than one. */
const USED_SECONDS = 1;

/** The IdP notes a token before its answer arrives, from when on its time is counted. */
const ROUNDING_MS = 5;

/**
 * @typedef {object} Orders
 * @property {import("faucet-auth").OAuth2RefreshConfig} config
 * @property {string} name
 * @property {string} api
 * @property {number} connectors
 * @property {number} [milliseconds] How long they run; or
 * @property {number} [tokens] until they have seen so many tokens, or an error; or, without either, until they are told, and served then.
 * @property {string[]} [audiences] Scopes: the connectors use an audience of these in turn, in place of the provider itself.
 * @property {number} [paceMs] How long a connector rests between two requests: half a second, if that is not said.
 * @property {boolean} [rotates] Whether the grant has a refresh token; it has unless this is false.
 * @property {number} [aheadMilliseconds] How far the clock of the process is ahead.
 *
 * @typedef {object} Report
 * @property {number} requests
 * @property {number} refused
 * @property {number} tokenRequests
 * @property {number} flights
 * @property {{ code: string, at: number }[]} errors Each by its code, and when it was, in milliseconds since the epoch.
 * @property {boolean} isServed Whether the last request of each connector was answered.
 *
 * @typedef {object} Size
 * @property {number} processes
 * @property {number} connectors In each process.
 * @property {number} [milliseconds] How long each runs; or
 * @property {number} [tokens] until each has seen so many tokens; or, without either, until all that happens `during` has happened, and
 *   each connector is served then.
 * @property {string[]} [audiences] Scopes that the connectors of each process ask for in turn.
 * @property {number} [paceMs] How long a connector rests between two requests.
 * @property {number} accessTokenSeconds
 * @property {number} [usedSeconds] How long a token is used: one second, if that is not said.
 * @property {string} [path] The store that they share; without one, each has the refresh token for itself.
 * @property {Readonly<Record<string, string>>} [persist] Another store, as `persist` names it.
 * @property {boolean} [rotates] False for a grant without a refresh token.
 * @property {number} [timeoutSecs]
 * @property {number} [aheadMilliseconds] How far the clocks of every second process are ahead.
 * @property {number} [configured] How many refresh tokens are configured: the processes have one or the other.
 * @property {() => Promise<unknown>} [during] What else happens, from the first token on.
 * @property {number} [startEveryMs] How long one process is started after the other: all at once, if that is not said.
 */

/** What has happened, when errors came, and when the first grant was revoked, if one was. @param {Size} size */
export async function runFleet({
  processes,
  accessTokenSeconds,
  usedSeconds = USED_SECONDS,
  path,
  persist = path === undefined ? undefined : { path },
  configured = 1,
  rotates = true,
  timeoutSecs = 30,
  aheadMilliseconds = 0,
  during,
  startEveryMs = 0,
  milliseconds,
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
  /** @type {ReturnType<typeof start>[]} */
  const workers = [];
  const running = Array.from({ length: processes }, async (_, n) => {
    await pause(n * startEveryMs);
    const config = {
      token_url: idp.tokenUrl,
      ...idp.postClient,
      ...(rotates && { refresh_token: refreshTokens[n % configured] ?? "" }),
      persist: persist ?? null,
      timeout_secs: timeoutSecs,
      expiry_ratio: usedSeconds / accessTokenSeconds,
    };
    const clock = { aheadMilliseconds: n % 2 === 1 ? aheadMilliseconds : 0 };
    // All of them end together.
    const time = milliseconds !== undefined && { milliseconds: milliseconds + (processes - n) * startEveryMs };
    const worker = start("worker", { config, name: "fleet", api: api.origin, rotates, ...clock, ...time, ...orders });
    workers.push(worker);
    return worker.message();
  });
  /** @type {Promise<Report[]>} */
  const ended = Promise.all(running);
  const happening = Promise.race([issued, ended]).then(during);
  happening.then(() => {
    for (const { child } of workers) if (child.connected) child.send("enough");
  });
  const [reports] = await Promise.all([ended, happening]);
  api.close();
  idp.close();
  const span = (issuedAt.at(-1) ?? 0) - (issuedAt[0] ?? 0);
  const sum = (/** @type {(report: Report) => number} */ of) => reports.reduce((total, one) => total + of(one), 0);
  const errors = reports.flatMap((report) => report.errors);
  return {
    ...idp.seen,
    revokedAfter,
    /** Tokens that came before the time of the one before was over: more than were needed. */
    early: issuedAt.filter((at, n) => at - (issuedAt[n - 1] ?? 0) < usedSeconds * 1000 - ROUNDING_MS).length,
    expiries: Math.floor(span / (usedSeconds * 1000)),
    requests: sum(({ requests }) => requests),
    refused: sum(({ refused }) => refused),
    errors: errors.length,
    codes: [...new Set(errors.map(({ code }) => code))],
    errorsAt: errors.map(({ at }) => at),
    unserved: reports.filter(({ isServed }) => !isServed).length,
  };
}
