/**
 * Fifty calls at once through the MCP SDK, to a server whose access tokens were just revoked: npm run demo:mcp. Once with the
 * SDK's own OAuth provider and once with `fetch: authFetch(auth)`, each on a grant of its own at an OpenID provider of its
 * own, whose refresh tokens can be used once. Exit status: 0 if no call through authFetch has failed.
 */

import { accessToken, authFetch, OAuth2RefreshProvider } from "faucet-auth";
import { startOpenIdProvider } from "./demo/openid-provider.js";
import { sdks } from "./mcp/sdks.js";
import { startMcpServer } from "./mcp/server.js";
import { StoredTokens } from "./mcp/stored-tokens.js";

const CALLS = 50;

/** @typedef {import("./demo/openid-provider.js").OpenIdProvider} OpenIdProvider */
/**
 * @typedef {object} Authorized
 * @property {{ authProvider?: StoredTokens, fetch?: typeof fetch }} options What the transport is made with.
 * @property {string} token The access token that it sends.
 */

/** The two ways, each with a grant whose first access token is there. @type {Record<string, (idp: OpenIdProvider) => Promise<Authorized>>} */
const ways = {
  async "its OAuth provider"(idp) {
    const first = await redeem(idp, await idp.mintRefreshToken());
    return { options: { authProvider: new StoredTokens(idp, first) }, token: first.access_token };
  },
  async "fetch: authFetch(auth)"(idp) {
    const client = { token_url: idp.tokenUrl, ...idp.postClient };
    const auth = new OAuth2RefreshProvider({ ...client, refresh_token: await idp.mintRefreshToken() });
    const { token } = await accessToken(auth);
    return { options: { fetch: authFetch(auth) }, token };
  },
};

console.log(`${CALLS} calls at once, right after the access token was revoked`);
for (const sdk of sdks) {
  const outcomes = [];
  for (const authorize of Object.values(ways)) outcomes.push(await storm(sdk, authorize));
  console.log(`\n${row([`${sdk.name} ${sdk.version}`, ...Object.keys(ways)])}`);
  for (const name of Object.keys(outcomes[0] ?? {}))
    console.log(row([`  ${name}`, ...outcomes.map((each) => each[name])]));
  if (outcomes.at(-1)?.["calls that failed"] !== `0 of ${CALLS}`) process.exitCode = 1;
}

/**
 * What fifty calls at once come to.
 * @param {import("./mcp/sdks.js").Sdk} sdk @param {(idp: OpenIdProvider) => Promise<Authorized>} authorize
 * @returns {Promise<Record<string, string | number>>}
 */
async function storm(sdk, authorize) {
  const idp = await startOpenIdProvider();
  const server = await startMcpServer(sdk, idp);
  const { options, token } = await authorize(idp);
  const client = await sdk.connect(server.url, options);
  const call = (/** @type {number} */ number) => client.callTool({ name: "double", arguments: { number } });
  await call(0);

  await idp.revoke(token);
  const before = idp.seen.tokenRequests;
  const calls = await Promise.allSettled(Array.from({ length: CALLS }, (_, number) => call(number)));

  await client.close();
  server.close();
  idp.close();
  return {
    "token requests": idp.seen.tokenRequests - before,
    "refresh tokens presented twice": idp.seen.reuses,
    "calls that failed": `${calls.filter(({ status }) => status === "rejected").length} of ${CALLS}`,
    "times sent to log in": options.authProvider?.redirects ?? 0,
    "the grant": idp.seen.revokedGrants === 0 ? "alive" : "dead",
  };
}

/** @param {OpenIdProvider} idp @param {string} refreshToken @returns {Promise<{ access_token: string, refresh_token: string }>} */
async function redeem(idp, refreshToken) {
  const grant = { grant_type: "refresh_token", refresh_token: refreshToken, ...idp.postClient };
  const answer = await fetch(idp.tokenUrl, { method: "POST", body: new URLSearchParams(grant) });
  return /** @type {any} */ (await answer.json());
}

/** @param {readonly (string | number | undefined)[]} cells */
function row([name, own, byFetch]) {
  return `${String(name).padEnd(37)}${String(own).padEnd(21)}${byFetch}`;
}
