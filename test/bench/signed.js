/**
 * Requests that are signed beside those that carry a bearer, by `authFetch`, 50 at a time, in interleaved rounds of one run; and
 * what each signature alone takes: npm run bench. The API is a process of its own.
 *
 *     node test/bench/signed.js [rounds] [requests a round]
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import {
  applyCredential,
  authFetch,
  FlowProvider,
  OAuth1Provider,
  OAuth2ClientCredentialsProvider,
  StaticProvider,
} from "faucet-auth";

const CONCURRENT = 50;
const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = Number(process.argv[3] ?? 2000);

/** @type {Record<string, import("faucet-auth").AuthProvider>} */
const providers = {
  bearer: new StaticProvider({ token: "t0ken" }),
  "oauth1, HMAC-SHA256": new OAuth1Provider({
    consumer_key: "consumer",
    consumer_secret: "s3cr3t",
    token: "t0ken",
    token_secret: "t0ken-s3cr3t",
  }),
  "flow, hmac_sha256": new FlowProvider({
    apply: [
      {
        sign: {
          alg: "hmac_sha256",
          key: "s3cr3t",
          template: "client:${ts}:${nonce}",
          into: { header: "Authorization", format: "HMAC ${sig}" },
        },
      },
    ],
  }),
};

if (process.argv[2] === "api") {
  const token = JSON.stringify({ access_token: "t0ken", token_type: "DPoP", expires_in: 3600 });
  const api = createServer(({ method }, response) => response.end(method === "POST" ? token : "rows"));
  api.listen(0, "127.0.0.1", () => process.send?.(api.address()));
} else {
  await measure();
}

async function measure() {
  const child = fork(new URL(import.meta.url), ["api"]);
  const [{ port }] = await once(child, "message");
  const url = `http://127.0.0.1:${port}/rows?limit=100&since=2026-01-01T00%3A00%3A00Z`;
  const token_url = `http://127.0.0.1:${port}/token`;
  const client = { token_url, client_id: "bench", client_secret: "s3cr3t", dpop: true };
  providers["dpop, ES256"] = new OAuth2ClientCredentialsProvider(client);
  const clients = Object.entries(providers).map(([name, provider]) => {
    const fetch = authFetch(provider);
    return { name, send: async () => (await fetch(url)).text(), rates: /** @type {number[]} */ ([]) };
  });
  for (const { send } of clients) await rate(send, REQUESTS / 4);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Whoever comes first in a round is another one each time.
    const order = [...clients.slice(round % clients.length), ...clients.slice(0, round % clients.length)];
    for (const { send, rates } of order) rates.push(await rate(send, REQUESTS));
  }
  const [bearer] = clients;
  const rows = await Promise.all(
    clients.map(async ({ name, rates }) => ({
      credential: name,
      "requests/s": Math.round(median(rates)),
      "of the bearer's": median(rates.map((each, round) => each / (bearer?.rates[round] ?? each))).toFixed(3),
      "µs to place it": await placing(name, url),
    })),
  );
  console.table(rows);
  child.kill();
}

/** Requests a second. @param {() => Promise<unknown>} send @param {number} requests */
async function rate(send, requests) {
  const start = performance.now();
  let left = requests;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, client));
  return (requests / (performance.now() - start)) * 1000;
}

/** Processor time, without a request: on a plain object. @param {string} name @param {string} url */
async function placing(name, url) {
  const credential = await /** @type {import("faucet-auth").AuthProvider} */ (providers[name]).getToken();
  const times = 20_000;
  const place = () => applyCredential({ method: "GET", url, headers: new Map() }, credential);
  for (let n = 0; n < times / 10; n += 1) place();
  const start = process.cpuUsage();
  for (let n = 0; n < times; n += 1) place();
  return (process.cpuUsage(start).user / times).toFixed(1);
}

/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
