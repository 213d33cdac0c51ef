/**
 * Requests through each wrapper beside its bare client, 50 at a time, in interleaved rounds of one run:
 * npm run bench. Each ratio is of the rates of one round. The API is a process of its own.
 *
 *     node test/bench/wrappers.js [rounds] [requests a round]
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { authFetch, authInterceptor, StaticProvider } from "faucet-auth";
import { Agent, fetch as undiciFetch } from "undici";

const CONCURRENT = 50;
const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = Number(process.argv[3] ?? 4000);

if (process.argv[2] === "api") {
  const api = createServer((_request, response) => response.end("rows"));
  api.listen(0, "127.0.0.1", () => process.send?.(api.address()));
} else {
  await measure();
}

async function measure() {
  const child = fork(new URL(import.meta.url), ["api"]);
  const [{ port }] = await once(child, "message");
  const origin = `http://127.0.0.1:${port}`;
  const agent = new Agent({ connections: CONCURRENT });
  console.table([
    ...(await compare(fetchPairs(origin))),
    ...(await compare(await interceptorPairs("undici 7", { Agent, fetch: undiciFetch }, origin))),
    ...(await compare(await interceptorPairs("undici 8", undici8(), origin))),
  ]);
  child.kill();
  await agent.close();
}

/** What test:clients has installed, where this Node can load it. */
function undici8() {
  try {
    return createRequire(new URL("../clients/package.json", import.meta.url))("undici8");
  } catch {
    return undefined;
  }
}

/** @typedef {{ client: string, wrapped: () => Promise<unknown>, bare: () => Promise<unknown> }} Pair */

/** @param {string} origin @returns {Pair[]} */
function fetchPairs(origin) {
  const authorized = authFetch(new StaticProvider({ token: "t" }));
  const headers = { authorization: "Bearer t" };
  return [
    {
      client: "authFetch, global fetch",
      wrapped: async () => (await authorized(origin)).text(),
      bare: async () => (await fetch(origin, { headers })).text(),
    },
    {
      client: "authFetch, global fetch, headers and body",
      wrapped: async () =>
        (await authorized(origin, { method: "POST", headers: { accept: "text/csv" }, body: "payload" })).text(),
      bare: async () =>
        (await fetch(origin, { method: "POST", headers: { accept: "text/csv", ...headers }, body: "payload" })).text(),
    },
  ];
}

/**
 * The bare client has an interceptor that does nothing, and one without any.
 * @param {string} release @param {any} undici @param {string} origin @returns {Promise<Pair[]>}
 */
async function interceptorPairs(release, undici, origin) {
  if (undici === undefined) return [];
  const agent = new undici.Agent({ connections: CONCURRENT });
  const composed = agent.compose(authInterceptor(new StaticProvider({ token: "t" }), { origins: [origin] }));
  const noop = agent.compose(
    (/** @type {any} */ dispatch) => (/** @type {any} */ options, /** @type {any} */ handler) =>
      dispatch(options, handler),
  );
  const headers = { authorization: "Bearer t" };
  const get = { origin, path: "/", method: "GET" };
  const request = async (/** @type {any} */ dispatcher, /** @type {any} */ options) =>
    (await dispatcher.request(options)).body.text();
  const fetched = async (/** @type {any} */ dispatcher, /** @type {any} */ init) =>
    (await undici.fetch(origin, { ...init, dispatcher })).text();
  return [
    {
      client: `authInterceptor, ${release} request`,
      wrapped: () => request(composed, get),
      bare: () => request(agent, { ...get, headers }),
    },
    {
      client: `authInterceptor, ${release} request, beside a no-op`,
      wrapped: () => request(composed, get),
      bare: () => request(noop, { ...get, headers }),
    },
    {
      client: `authInterceptor, ${release} fetch`,
      wrapped: () => fetched(composed, {}),
      bare: () => fetched(agent, { headers }),
    },
  ];
}

/** @param {Pair[]} pairs */
async function compare(pairs) {
  const rows = [];
  for (const { client, wrapped, bare } of pairs) {
    await Promise.all([rate(wrapped), rate(bare)]);
    const rates = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Now one first, now the other: neither has the warmer process.
      const first = round % 2 === 0 ? wrapped : bare;
      const a = await rate(first);
      const b = await rate(first === wrapped ? bare : wrapped);
      rates.push(first === wrapped ? { wrapped: a, bare: b } : { wrapped: b, bare: a });
    }
    const ratios = rates.map((each) => each.wrapped / each.bare).sort((a, b) => a - b);
    rows.push({
      client,
      "wrapped, 1/s": Math.round(median(rates.map((each) => each.wrapped))),
      "bare, 1/s": Math.round(median(rates.map((each) => each.bare))),
      "ratio: min": ratios[0]?.toFixed(3),
      median: median(ratios).toFixed(3),
      max: ratios.at(-1)?.toFixed(3),
    });
  }
  return rows;
}

/** Requests per second of one round. @param {() => Promise<unknown>} request */
async function rate(request) {
  let left = REQUESTS;
  const began = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await request();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return (REQUESTS / (performance.now() - began)) * 1000;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
