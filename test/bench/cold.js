/** What a cold token costs beyond the one request that it takes: for 1, 100 and 10 000 callers, in interleaved rounds. */

import { once } from "node:events";
import { createServer } from "node:http";
import { OAuth2ClientCredentialsProvider } from "faucet-auth";
import { request } from "undici";

const ROUNDS = Number(process.argv[2] ?? 300);
const CALLERS = [1, 100, 10_000];

const server = createServer((_request, response) => {
  response.setHeader("content-type", "application/json");
  response.end('{"access_token":"t","token_type":"Bearer","expires_in":3600}');
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const token_url = `http://127.0.0.1:${port}/token`;

async function rawRequest() {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = "grant_type=client_credentials&client_id=c&client_secret=s";
  const response = await request(token_url, { method: "POST", headers, body });
  await response.body.json();
}

function newProvider() {
  return new OAuth2ClientCredentialsProvider({ token_url, client_id: "c", client_secret: "s" });
}

/** @param {OAuth2ClientCredentialsProvider} provider @param {number} callers */
async function coldToken(provider, callers) {
  await Promise.all(Array.from({ length: callers }, () => provider.getToken()));
}

/** @param {() => Promise<void>} work */
async function milliseconds(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** @param {number[]} all */
const median = (all) => /** @type {number} */ (all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);

for (const callers of CALLERS) {
  const rounds = callers > 1000 ? Math.ceil(ROUNDS / 10) : ROUNDS;
  /** @type {number[]} */
  const raw = [];
  /** @type {number[]} */
  const cold = [];
  for (let round = -20; round < rounds; round += 1) {
    const provider = newProvider();
    const times = [await milliseconds(rawRequest), await milliseconds(() => coldToken(provider, callers))];
    if (round < 0) continue;
    raw.push(times[0] ?? 0);
    cold.push(times[1] ?? 0);
  }
  const [one, all] = [median(raw), median(cold)];
  console.log(
    `${callers} callers: ${all.toFixed(2)} ms; one raw request ${one.toFixed(2)} ms; ${(all - one).toFixed(2)} ms more`,
  );
}
server.close();
server.closeAllConnections();
