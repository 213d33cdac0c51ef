/** Processes that share a grant while the IdP hangs (D7). */

import { once } from "node:events";
import { createServer } from "node:http";
import { filePlace } from "./places.js";
import { start } from "./processes.js";

/**
 * What each process ended with, and when, in milliseconds after all were ready; and what the IdP saw.
 * The IdP hangs until the deadline, or with `cutWhenAllWait` until every other process waits for the lock.
 * @param {{ processes: number, timeoutSecs: number, cutWhenAllWait?: boolean }} size
 * @param {import("./places.js").Place} [given] Where the record is; a new folder, if that is not said.
 */
export async function hang({ processes, timeoutSecs, cutWhenAllWait = false }, given) {
  let requests = 0;
  const server = createServer(() => {
    requests += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const place = given ?? (await filePlace());
  const config = {
    token_url: `http://127.0.0.1:${port}/token`,
    client_id: "c",
    client_secret: "s",
    refresh_token: "r0",
    timeout_secs: timeoutSecs,
    retries: 0,
    persist: place.persist,
  };
  const asked = once(server, "request");
  const fleet = Array.from({ length: processes }, () =>
    start("refresher", { config, saysThatItWaits: cutWhenAllWait }),
  );
  await Promise.all(fleet.map(({ message }) => message()));
  const began = Date.now();
  let waiting = 0;
  const ended = await Promise.all(
    fleet.map(async ({ message }) => {
      let outcome = await message();
      if (outcome === "waiting") {
        waiting += 1;
        if (waiting === processes - 1) asked.then(() => server.closeAllConnections());
        while (outcome === "waiting") outcome = await message();
      }
      return { ...outcome, after: Date.now() - began };
    }),
  );
  await Promise.all(fleet.map(({ exited }) => exited));
  if (given === undefined) await place.remove();
  server.closeAllConnections();
  server.close();
  return { ended, requests };
}
