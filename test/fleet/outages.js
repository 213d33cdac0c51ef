/** A fleet whose server is killed and restarted, cut off, and slow, while it runs (R3). */

import { setTimeout as pause } from "node:timers/promises";
import { runFleet } from "./fleet.js";

/**
 * @typedef {object} Outages
 * @property {number} apartMs Between one and the next.
 * @property {number} downMs How long the server is away.
 * @property {number} cutMs How long nobody hears of it.
 * @property {number} slowMs How late its replies are at the end.
 */

/**
 * What a grant with a refresh token has seen of it, and one without, which needs no store; and how long errors still came
 * after the server was there again.
 * @param {import("./places.js").ServerPlace} place
 * @param {{ processes: number, connectors: number, accessTokenSeconds: number, paceMs?: number } & Outages} size
 */
export async function disturb(place, { apartMs, downMs, cutMs, slowMs, ...size }) {
  /** When it began, and when it was over. @type {Record<string, [number, number]>} */
  const outages = {};
  const outage = async (/** @type {string} */ what, /** @type {() => Promise<unknown>} */ happens) => {
    await pause(apartMs);
    const began = Date.now();
    await happens();
    outages[what] = [began, Date.now()];
  };
  const during = async () => {
    await outage("killed", async () => {
      await place.server.stop();
      await pause(downMs);
      await place.server.start();
    });
    await outage("cut", async () => {
      place.proxy.cut();
      await pause(cutMs);
      place.proxy.mend();
    });
    await outage("slow", async () => place.proxy.slow(slowMs));
    await pause(apartMs);
  };
  const disturbing = runFleet({ ...size, persist: { ...place.persist, key: "rotating" }, during });
  const beside = { rotates: false, processes: 1, during: () => disturbing };
  const plain = await runFleet({ ...size, persist: { ...place.persist, key: "plain" }, ...beside });
  const rotating = await disturbing;
  place.proxy.slow(0);
  const { errorsAt, ...seen } = rotating;
  return {
    rotating: { ...seen, errorsOf: errorsByOutage(outages, errorsAt) },
    plain: { ...plain, errorsAt: undefined },
  };
}

/**
 * How many errors came in each outage or after it, and how long after its end the last.
 * @param {Record<string, [number, number]>} outages @param {readonly number[]} errorsAt
 */
function errorsByOutage(outages, errorsAt) {
  const begins = Object.values(outages).map(([began]) => began);
  return Object.fromEntries(
    Object.entries(outages).map(([what, [began, ended]]) => {
      const next = Math.min(...begins.filter((other) => other > began));
      const its = errorsAt.filter((at) => at >= began && at < next);
      return [what, { errors: its.length, lastAfterMs: its.length === 0 ? 0 : Math.max(0, Math.max(...its) - ended) }];
    }),
  );
}
