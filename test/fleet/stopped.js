/** A holder that is stopped beyond its lease, with its request under way, and wakes up with the IdP's answer (D2). */

import { once } from "node:events";
import { createServer } from "node:http";
import { start } from "./processes.js";

/**
 * What came of the holder, of the one that took over meanwhile, and of the record. `expire` ends the lease, be it by waiting.
 * @param {import("./places.js").Place} place
 * @param {(key: string) => Promise<unknown>} expire
 */
export async function stopHolder(place, expire) {
  const key = "stopped";
  /** @type {string[]} */
  const presented = [];
  /** @type {import("node:http").ServerResponse[]} */
  const held = [];
  const idp = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    presented.push(new URLSearchParams(body).get("refresh_token") ?? "");
    // The first is answered when the holder wakes up.
    if (presented.length === 1) held.push(response);
    else answer(response, presented.length);
    idp.emit("asked");
  });
  idp.listen(0, "127.0.0.1");
  await once(idp, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (idp.address());
  const client = {
    token_url: `http://127.0.0.1:${port}/token`,
    client_id: "c",
    client_secret: "s",
    refresh_token: "r0",
  };
  const config = { ...client, persist: { ...place.persist, key } };

  const asked = once(idp, "asked");
  const holder = start("refresher", { config });
  await holder.message();
  const woken = holder.message();
  await asked;
  holder.child.kill("SIGSTOP");
  await expire(key);
  const overtaker = start("refresher", { config });
  await overtaker.message();
  const overtook = await overtaker.message();
  for (const response of held) answer(response, 1);
  holder.child.kill("SIGCONT");
  const woke = await woken;
  await Promise.all([holder.exited, overtaker.exited]);
  // Whoever comes next has the token of the record.
  const next = start("refresher", { config });
  await next.message();
  const follows = await next.message();
  await next.exited;
  idp.closeAllConnections();
  idp.close();
  return { overtook, woke, follows, presented };
}

/** @param {import("node:http").ServerResponse} response @param {number} n */
function answer(response, n) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ access_token: `t${n}`, refresh_token: `r${n}`, expires_in: 3600 }));
}
