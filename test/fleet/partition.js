/** Three hosts, one of which is parted from the store during a renewal (R3). */

import { setTimeout as pause } from "node:timers/promises";
import { startPostgres } from "../support/postgres.js";
import { startRedis } from "../support/redis.js";
import { EVERY_NETWORK, makeNetwork } from "./network.js";
import { start } from "./processes.js";
import { startRotatingIdp } from "./rotating-idp.js";

const HOSTS = 3;

/**
 * What the three hosts got, and what the identity provider saw: before, while the one that renews is parted from the
 * store, while another one is, and after.
 * @param {"redis" | "postgres"} kind
 */
export async function partition(kind) {
  const network = makeNetwork(HOSTS);
  const host = network.storeAddress;
  const server = await (kind === "redis" ? startRedis({ host }) : startPostgres({ host, allowed: EVERY_NETWORK }));
  const idp = await startRotatingIdp({ host: network.idpAddress, answerMs: 500 });
  const config = { ...idp.client, persist: { [kind]: server.url }, retries: 0 };
  const fleet = Array.from({ length: HOSTS }, (_, n) => start("renewer", { config }, network.on(n)));
  const renew = async (/** @type {number} */ n) => {
    const { child, message } = /** @type {ReturnType<typeof start>} */ (fleet[n]);
    child.send("renew");
    /** @type {{ token?: string, code?: string }} */
    const { token, code } = await message();
    return token ?? code;
  };
  try {
    await Promise.all(fleet.map(({ message }) => message()));
    const before = await Promise.all(fleet.map((_, n) => renew(n)));

    const asked = idp.nextRequest();
    const holder = renew(0);
    await asked;
    network.part(0);
    const others = [renew(1), renew(2)];
    // The identity provider has answered, and the store has not taken it yet.
    await pause(1500);
    network.join(0);
    const holderParted = await Promise.all([holder, ...others]);

    network.part(1);
    const [parted, ...renewed] = await Promise.all([renew(1), renew(0), renew(2)]);
    network.join(1);
    const after = await renew(1);
    return { before, holderParted, otherParted: { parted, renewed }, after, ...idp.seen };
  } finally {
    for (const { child } of fleet) child.kill("SIGKILL");
    await Promise.all(fleet.map(({ exited }) => exited));
    idp.close();
    await server.remove();
    network.remove();
  }
}
