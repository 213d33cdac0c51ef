/**
 * One process of a fleet: some connectors over one provider, for a while or until they have seen some
 * tokens. Its orders come in the environment as JSON; what it has seen goes to its parent as one message.
 */

import { setTimeout as pause } from "node:timers/promises";
import { authFetch, OAuth2ClientCredentialsProvider, OAuth2RefreshProvider } from "faucet-auth";

/** @type {import("./fleet.js").Orders} */
const orders = JSON.parse(process.env.FLEET_ORDERS ?? "{}");
const {
  config,
  name,
  api,
  connectors,
  milliseconds,
  tokens,
  audiences,
  rotates = true,
  aheadMilliseconds = 0,
} = orders;

const clock = () => Date.now() + aheadMilliseconds;
const Provider = rotates ? OAuth2RefreshProvider : OAuth2ClientCredentialsProvider;
const provider = new Provider(config, { name, clock });
/** What each connector uses: the provider, or an audience of its grant in turn. */
const used = audiences?.map((scopes) => ({ provider: provider.for({ scopes }), query: `&scope=${scopes}` })) ?? [
  { provider, query: "" },
];
/** @type {string[]} */
const errors = [];
const seen = { requests: 0, refused: 0, errors };
const end = Date.now() + (milliseconds ?? 0);
const isOver = () =>
  tokens === undefined
    ? Date.now() >= end
    : errors.length > 0 || used.every(({ provider }) => provider.status().generation >= tokens);

await Promise.all(Array.from({ length: connectors }, (_, n) => run(used[n % used.length] ?? { provider, query: "" })));
const counts = used.map(({ provider }) => provider.status().counts);
const [tokenRequests, flights] = [
  sum(counts.map((count) => count.tokenRequests)),
  sum(counts.map((count) => count.flights)),
];
await provider.close();
process.send?.({ ...seen, tokenRequests, flights });

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** @param {typeof used[number]} connection */
async function run({ provider: own, query }) {
  const fetch = authFetch(own);
  for (let page = 0; !isOver(); page += 1) {
    try {
      const { status } = await fetch(`${api}/orders?page=${page}${query}`);
      seen.requests += 1;
      if (status !== 200) seen.refused += 1;
    } catch (error) {
      seen.errors.push(/** @type {import("faucet-auth").FaucetError} */ (error).code ?? String(error));
    }
    // Not in step with the others.
    await pause(400 + Math.random() * 200);
  }
}
