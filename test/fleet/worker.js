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
  paceMs = 500,
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
/** @type {import("./fleet.js").Report["errors"]} */
const errors = [];
const seen = { requests: 0, refused: 0, errors };
/** Whether the last request of each connector was answered. @type {boolean[]} */
const isServed = [];
const end = Date.now() + (milliseconds ?? 0);
let isTold = false;
process.on("message", () => {
  isTold = true;
  isServed.fill(false);
});
const isOver = (/** @type {number} */ n) => {
  if (milliseconds !== undefined) return Date.now() >= end;
  if (tokens === undefined) return isTold && isServed[n] === true;
  return errors.length > 0 || used.every(({ provider }) => provider.status().generation >= tokens);
};

await Promise.all(
  Array.from({ length: connectors }, (_, n) => run(used[n % used.length] ?? { provider, query: "" }, n)),
);
const counts = used.map(({ provider }) => provider.status().counts);
const [tokenRequests, flights] = [
  sum(counts.map((count) => count.tokenRequests)),
  sum(counts.map((count) => count.flights)),
];
await provider.close();
process.send?.({ ...seen, tokenRequests, flights, isServed: isServed.every(Boolean) });
process.disconnect?.();

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** @param {typeof used[number]} connection @param {number} n */
async function run({ provider: own, query }, n) {
  const fetch = authFetch(own);
  for (let page = 0; !isOver(n); page += 1) {
    try {
      const { status } = await fetch(`${api}/orders?page=${page}${query}`);
      seen.requests += 1;
      isServed[n] = true;
      if (status !== 200) seen.refused += 1;
    } catch (error) {
      const code = /** @type {import("faucet-auth").FaucetError} */ (error).code ?? String(error);
      errors.push({ code, at: Date.now() });
      isServed[n] = false;
    }
    // Not in step with the others.
    await pause(paceMs * (0.8 + Math.random() * 0.4));
  }
}
