/** A thousand connectors while the IdP hangs for good: when has each its error, and what was asked? */

import { once } from "node:events";
import { createServer } from "node:http";
import { fromConfig } from "faucet-auth";

const CONNECTORS = 1000;

let requests = 0;
const server = createServer((request) => {
  requests += 1;
  request.resume();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}/token`;

const client = { token_url: url, client_id: "c", client_secret: "s3cr3t" };
const specs = [
  { type: "oauth2", config: client },
  { type: "oauth2_refresh", config: { ...client, refresh_token: "r" } },
  { type: "token_endpoint", config: { url, token_path: "$.t" } },
];
const rows = [];
for (const spec of specs) {
  const provider = fromConfig(spec);
  requests = 0;
  const began = performance.now();
  const ended = await Promise.allSettled(Array.from({ length: CONNECTORS }, () => provider.getToken()));
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  rows.push({ type: spec.type, errors: ended.filter(({ status }) => status === "rejected").length, seconds, requests });
}
console.table(rows);
server.close();
server.closeAllConnections();
