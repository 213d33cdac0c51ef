/**
 * What a signed request costs beside one with a bearer: through `authFetch`, 50 at a time, in interleaved rounds of one run. Each
 * ratio is of the rates of one round. The API is a process of its own.
 *
 *     node test/bench/signed.js [rounds] [requests a round]
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { authFetch, fromConfig, StaticProvider } from "faucet-auth";

const CONCURRENT = 50;
const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = Number(process.argv[3] ?? 2000);

if (process.argv[2] === "api") {
  const api = createServer((_request, response) => {
    response.end(JSON.stringify({ access_token: "t", token_type: "DPoP", expires_in: 3600 }));
  });
  api.listen(0, "127.0.0.1", () => process.send?.(api.address()));
} else {
  await measure();
}

async function measure() {
  const child = fork(new URL(import.meta.url), ["api"]);
  const [{ port }] = await once(child, "message");
  const origin = `http://127.0.0.1:${port}`;
  const bearer = authFetch(new StaticProvider({ token: "t" }));
  const signed = Object.entries(signers(origin)).map(([name, provider]) => ({ name, fetch: authFetch(provider) }));
  /** @type {Map<string, number[]>} */
  const ratios = new Map();
  for (const { fetch } of [{ fetch: bearer }, ...signed]) await rateOf(fetch, origin);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, fetch } of signed) {
      const [first, second] = round % 2 === 0 ? [bearer, fetch] : [fetch, bearer];
      const rates = new Map([[first, await rateOf(first, origin)]]);
      rates.set(second, await rateOf(second, origin));
      const ratio = (rates.get(fetch) ?? 0) / (rates.get(bearer) ?? 1);
      ratios.set(name, [...(ratios.get(name) ?? []), ratio]);
    }
  }
  console.table([...ratios].map(([name, all]) => ({ signed: name, "rate, of a bearer's": percent(median(all)) })));
  child.kill();
}

/** @param {string} origin */
function signers(origin) {
  const client = { token_url: origin, client_id: "c", client_secret: "s" };
  return {
    "DPoP, ES256": fromConfig({ type: "oauth2", config: { ...client, dpop: true } }),
    "DPoP, EdDSA": fromConfig({ type: "oauth2", config: { ...client, dpop: { signing_alg: "EdDSA" } } }),
    "OAuth 1, HMAC-SHA256": fromConfig({ type: "oauth1", config: { consumer_key: "k", consumer_secret: "s" } }),
  };
}

/** Requests a second. @param {typeof fetch} send @param {string} origin */
async function rateOf(send, origin) {
  let left = REQUESTS;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      while (left > 0) {
        left -= 1;
        await (await send(`${origin}/rows?page=1`)).text();
      }
    }),
  );
  return (REQUESTS * 1000) / (performance.now() - began);
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** @param {number} ratio */
function percent(ratio) {
  return `${(100 * ratio).toFixed(0)} %`;
}
