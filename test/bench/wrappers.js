/**
 * Requests per second through each wrapper beside its bare client, 50 at a time, interleaved in one
 * run: npm run bench. The API is a process of its own.
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { authFetch, authInterceptor, StaticProvider } from "faucet-auth";
import { Agent, fetch as undiciFetch } from "undici";

const CONCURRENT = 50;
const ROUNDS = 15;
const ROUND_MS = 400;

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
  const provider = new StaticProvider({ token: "t" });
  const headers = { authorization: "Bearer t" };
  const agent = new Agent({ connections: CONCURRENT });
  const composed = agent.compose(authInterceptor(provider, { origins: [origin] }));
  const authorized = authFetch(provider);
  // What undici's compose costs by itself.
  const noop = agent.compose((dispatch) => (options, handler) => dispatch(options, handler));
  /** @type {[string, string, () => Promise<unknown>, () => Promise<unknown>][]} */
  const pairs = [
    [
      "authFetch",
      "global fetch",
      async () => (await authorized(origin)).text(),
      async () => (await fetch(origin, { headers })).text(),
    ],
    [
      "authInterceptor",
      "undici request",
      async () => (await composed.request({ origin, path: "/", method: "GET" })).body.text(),
      async () => (await agent.request({ origin, path: "/", method: "GET", headers })).body.text(),
    ],
    [
      "authInterceptor",
      "undici request, no-op interceptor",
      async () => (await composed.request({ origin, path: "/", method: "GET" })).body.text(),
      async () => (await noop.request({ origin, path: "/", method: "GET", headers })).body.text(),
    ],
    [
      "authInterceptor",
      "undici fetch",
      async () => (await undiciFetch(origin, { dispatcher: composed })).text(),
      async () => (await undiciFetch(origin, { dispatcher: agent, headers })).text(),
    ],
    [
      "authInterceptor",
      "undici fetch, no-op interceptor",
      async () => (await undiciFetch(origin, { dispatcher: composed })).text(),
      async () => (await undiciFetch(origin, { dispatcher: noop, headers })).text(),
    ],
  ];
  const rows = [];
  for (const [wrapper, client, wrapped, bare] of pairs) {
    await Promise.all([rate(wrapped), rate(bare)]);
    const rates = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Now one first, now the other: neither has the warmer process.
      const first = round % 2 === 0 ? wrapped : bare;
      const second = first === wrapped ? bare : wrapped;
      const [a, b] = [await rate(first), await rate(second)];
      rates.push(first === wrapped ? { wrapped: a, bare: b } : { wrapped: b, bare: a });
    }
    rows.push({
      wrapper,
      client,
      "wrapped, 1/s": Math.round(median(rates.map((each) => each.wrapped))),
      "bare, 1/s": Math.round(median(rates.map((each) => each.bare))),
      ratio: median(rates.map((each) => each.wrapped / each.bare)).toFixed(3),
    });
  }
  console.table(rows);
  child.kill();
  await agent.close();
}

/** Requests per second, 50 at a time. @param {() => Promise<unknown>} request */
async function rate(request) {
  let done = 0;
  const began = performance.now();
  const worker = async () => {
    while (performance.now() - began < ROUND_MS) {
      await request();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return (done / (performance.now() - began)) * 1000;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
