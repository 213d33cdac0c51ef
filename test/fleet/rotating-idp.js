/** An IdP that takes its time, rotates the refresh token, and knows one that was spent. */

import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** Starts one whose first refresh token is `r0`. @param {{ answerMs?: number, host?: string }} [options] */
export async function startRotatingIdp({ answerMs = 0, host = "127.0.0.1" } = {}) {
  const seen = { tokenRequests: 0, overlaps: 0, reuses: 0 };
  let atOnce = 0;
  let asked = () => {};
  const server = createServer(async (request, response) => {
    seen.tokenRequests += 1;
    if (atOnce > 0) seen.overlaps += 1;
    atOnce += 1;
    asked();
    let body = "";
    for await (const chunk of request) body += chunk;
    const presented = new URLSearchParams(body).get("refresh_token");
    const isGood = presented === `r${issued}`;
    if (isGood) issued += 1;
    else seen.reuses += 1;
    const number = issued;
    await pause(answerMs);
    atOnce -= 1;
    response.writeHead(isGood ? 200 : 400, { "content-type": "application/json" });
    response.end(
      JSON.stringify(
        isGood
          ? { access_token: `t${number}`, refresh_token: `r${number}`, expires_in: 3600 }
          : { error: "invalid_grant" },
      ),
    );
  });
  let issued = 0;
  server.listen(0, host);
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    seen,
    /** The configuration of a client. */
    client: {
      token_url: `http://${host}:${port}/token`,
      client_id: "c",
      client_secret: "s",
      refresh_token: "r0",
    },
    /** Resolves with the next request. @returns {Promise<void>} */
    nextRequest: () =>
      new Promise((resolve) => {
        asked = resolve;
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
