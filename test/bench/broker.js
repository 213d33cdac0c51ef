/**
 * What a broker adds: its answers beside those of a bare server that says the same on a socket of the same kind, and API calls with a
 * credential of a broker beside bare ones; 50 at a time, in interleaved rounds of one run: npm run bench. Each ratio is of the rates
 * of one round. Broker, bare server and API are processes of their own.
 *
 *     node test/bench/broker.js [rounds] [requests a round]
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthCatalog, authFetch, BrokerProvider } from "faucet-auth";
import { serveBroker } from "faucet-auth/broker";
import { Agent, request } from "undici";

const CONCURRENT = 50;
const SAID = JSON.stringify({ id: "a.1", headers: { authorization: "Bearer t0ken" }, expires_at: null });

const [, , role = "15", path = "1000"] = process.argv;
if (role === "broker") await serve(path);
else if (role === "bare") answer(SAID, path);
else if (role === "api") answer("rows", undefined);
else await measure(Number(role), Number(path));

/** @param {string} socket */
async function serve(socket) {
  await serveBroker(AuthCatalog.fromConfig({ crm: { type: "bearer", config: { token: "t0ken" } } }), { socket });
  process.send?.(0);
}

/** @param {string} text @param {string | undefined} socket */
function answer(text, socket) {
  const server = createServer((_request, response) => response.end(text));
  const tell = () => process.send?.(/** @type {import("node:net").AddressInfo} */ (server.address()).port ?? 0);
  if (socket === undefined) server.listen(0, "127.0.0.1", tell);
  else server.listen(socket, tell);
}

/** @param {number} rounds @param {number} requests */
async function measure(rounds, requests) {
  const folder = await mkdtemp(join(tmpdir(), "faucet-auth-bench-"));
  const [broker, bare] = [join(folder, "broker"), join(folder, "bare")];
  const children = [start("broker", broker), start("bare", bare), start("api", "")];
  const ports = await Promise.all(children.map(({ ready }) => ready));
  const url = `http://127.0.0.1:${ports[2]}`;
  const auth = new BrokerProvider({ socket: broker, name: "crm" });
  const authorized = authFetch(auth);
  const headers = { authorization: "Bearer t0ken" };
  /** @type {Record<string, [() => Promise<unknown>, () => Promise<unknown>]>} */
  const pairs = {
    "GET /crm, beside a bare server": [asking(broker, "/crm"), asking(bare, "/crm")],
    "API call by the type broker, beside a bare one": [
      async () => (await authorized(url)).text(),
      async () => (await fetch(url, { headers })).text(),
    ],
  };
  const rows = [];
  for (const [what, pair] of Object.entries(pairs)) rows.push({ what, ...(await compare(pair, rounds, requests)) });
  console.table(rows);
  for (const { child } of children) child.kill();
  await rm(folder, { recursive: true });
  process.exit();
}

/** @param {string} kind @param {string} socket */
function start(kind, socket) {
  const child = fork(new URL(import.meta.url), [kind, socket]);
  return { child, ready: once(child, "message").then(([port]) => Number(port)) };
}

/** @param {string} socketPath @param {string} path */
function asking(socketPath, path) {
  const dispatcher = new Agent({ connections: CONCURRENT, connect: { socketPath } });
  return async () => (await request(`http://localhost${path}`, { dispatcher })).body.text();
}

/** @param {[() => Promise<unknown>, () => Promise<unknown>]} pair @param {number} rounds @param {number} requests */
async function compare([ours, theirs], rounds, requests) {
  const rates = [];
  for (let round = -1; round < rounds; round += 1) {
    // Whoever goes first has a colder machine.
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const measured = new Map();
    for (const call of order) measured.set(call, await rateOf(call, requests));
    // The first round warms up.
    if (round >= 0) rates.push([measured.get(ours), measured.get(theirs)]);
  }
  const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    "a second": Math.round(median(rates.map(([rate]) => rate))),
    "bare, a second": Math.round(median(rates.map(([, rate]) => rate))),
    ratio: median(rates.map(([rate, other]) => rate / other)).toFixed(3),
  };
}

/** @param {() => Promise<unknown>} call @param {number} requests */
async function rateOf(call, requests) {
  const began = performance.now();
  let left = requests;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return requests / ((performance.now() - began) / 1000);
}
