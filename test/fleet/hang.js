/** Processes that share a grant while the IdP hangs (D7). */

import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { newFolder, start } from "./processes.js";

/** When each had its error, in milliseconds after they were all ready, and what the IdP saw. @param {{ processes: number, timeoutSecs: number }} size */
export async function hang({ processes, timeoutSecs }) {
  let requests = 0;
  const server = createServer(() => {
    requests += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const path = await newFolder();
  const config = {
    token_url: `http://127.0.0.1:${port}/token`,
    client_id: "c",
    client_secret: "s",
    refresh_token: "r0",
    timeout_secs: timeoutSecs,
    persist: { path },
  };
  const fleet = Array.from({ length: processes }, () => start("refresher", { config }));
  await Promise.all(fleet.map(({ message }) => message()));
  const began = Date.now();
  const ended = await Promise.all(
    fleet.map(async ({ message }) => {
      const { code } = await message();
      return { code, after: Date.now() - began };
    }),
  );
  await Promise.all(fleet.map(({ exited }) => exited));
  await rm(path, { recursive: true });
  server.closeAllConnections();
  server.close();
  return { ended, requests };
}
