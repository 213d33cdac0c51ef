/**
 * How many callers wait for the IdP: a token that lives 2 s, 100 000 calls over a minute, with
 * `refresh: blocking` and `refresh: background` side by side, against an IdP that takes 50 ms.
 */

import { once } from "node:events";
import { createServer } from "node:http";
import { OAuth2ClientCredentialsProvider } from "faucet-auth";

const CALLS = 100_000;
const MINUTE = 60_000;

const server = createServer((request, response) => {
  request.resume();
  setTimeout(() => response.end(JSON.stringify({ access_token: "t", expires_in: 2 })), 50);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

/** @param {"blocking" | "background"} refresh */
async function measure(refresh) {
  const config = { token_url: `http://127.0.0.1:${port}/token`, client_id: "c", client_secret: "s", refresh };
  const provider = new OAuth2ClientCredentialsProvider(config);
  await provider.getToken();
  let called = 0;
  let pending = 0;
  let waited = 0;
  const began = performance.now();
  while (called < CALLS) {
    const due = Math.min(CALLS, Math.floor(((performance.now() - began) / MINUTE) * CALLS));
    const pendingBefore = pending;
    for (; called < due; called += 1) {
      pending += 1;
      void provider.getToken().then(() => {
        pending -= 1;
      });
    }
    // What is held is given before the event loop turns; what is fetched is not.
    await null;
    waited += Math.max(0, pending - pendingBefore);
    await new Promise(setImmediate);
  }
  return { refresh, calls: called, waited, "token requests": provider.status().counts.tokenRequests };
}

console.table(await Promise.all([measure("blocking"), measure("background")]));
server.close();
server.closeAllConnections();
