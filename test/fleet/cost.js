/** What one renewal costs a store and whoever waits for it, by the number of processes that share the grant. */

import { Client } from "pg";
import { createClient } from "redis";
import { start } from "./processes.js";
import { startRotatingIdp } from "./rotating-idp.js";

/** How many are started at a time: a machine with few cores is not to be choked. */
const STARTED_AT_ONCE = 4;

/**
 * @typedef {object} Cost
 * @property {number} processes
 * @property {number} tokenRequests In each round.
 * @property {number | undefined} operations What the server was asked for each renewal and process; a folder is not asked.
 * @property {number} lastMs How long the last process waited for the new token, in the middle of the rounds, the IdP's time left out.
 * @property {number} longestMs The same in the worst round.
 * @property {string[]} codes Of errors.
 */

/**
 * All processes want a new token at once, so many times.
 * @param {import("./places.js").Place} place
 * @param {{ processes: number, rounds: number, answerMs?: number }} size
 * @returns {Promise<Cost>}
 */
export async function costOfRenewals(place, { processes, rounds, answerMs = 200 }) {
  const idp = await startRotatingIdp({ answerMs });
  // A proxy in this busy process would be measured too.
  const persist = "direct" in place ? /** @type {import("./places.js").ServerPlace} */ (place).direct : place.persist;
  const config = { ...idp.client, persist: { ...persist, key: `cost-${processes}` } };
  const fleet = await startSlowly(processes, config);
  const renewAll = () =>
    Promise.all(
      fleet.map(({ child, message }) => {
        child.send("renew");
        return message();
      }),
    );
  const codes = new Set();
  const note = (/** @type {{ code?: string }[]} */ outcomes) => {
    for (const { code } of outcomes) if (code !== undefined) codes.add(code);
  };
  // The first connects, and fetches.
  note(await renewAll());
  const [requestsBefore, operationsBefore] = [idp.seen.tokenRequests, await operationsOf(place)];
  const waits = [];
  for (let round = 0; round < rounds; round += 1) {
    const outcomes = await renewAll();
    note(outcomes);
    waits.push(Math.max(...outcomes.map(({ ms }) => ms)) - answerMs);
  }
  const operations = ((await operationsOf(place)) ?? Number.NaN) - (operationsBefore ?? 0);
  const tokenRequests = (idp.seen.tokenRequests - requestsBefore) / rounds;
  for (const { child } of fleet) child.send("end");
  await Promise.all(fleet.map(({ exited }) => exited));
  idp.close();
  waits.sort((a, b) => a - b);
  return {
    processes,
    tokenRequests,
    operations: place.kind === "files" ? undefined : Math.round((operations / rounds / processes) * 10) / 10,
    lastMs: Math.round(waits[Math.floor(rounds / 2)] ?? 0),
    longestMs: Math.round(waits.at(-1) ?? 0),
    codes: [...codes],
  };
}

/** @param {number} processes @param {object} config */
async function startSlowly(processes, config) {
  /** @type {ReturnType<typeof start>[]} */
  const fleet = [];
  while (fleet.length < processes) {
    const next = Array.from({ length: Math.min(STARTED_AT_ONCE, processes - fleet.length) }, () =>
      start("renewer", { config }),
    );
    await Promise.all(next.map(({ message }) => message()));
    fleet.push(...next);
  }
  return fleet;
}

/** What clients have asked the server so far, by its own count; not what its scripts do within. @param {import("./places.js").Place} place */
async function operationsOf(place) {
  if (place.kind === "files") return undefined;
  const { server } = /** @type {import("./places.js").ServerPlace} */ (place);
  return place.kind === "redis" ? commandsOf(server.url) : statementsOf(server.url);
}

/** @param {string} url */
async function commandsOf(url) {
  const client = await createClient({ url }).connect();
  const stats = String(await client.info("commandstats"));
  client.destroy();
  const calls = [...stats.matchAll(/cmdstat_(?:evalsha|eval|subscribe):calls=(\d+)/g)].map(([, count]) =>
    Number(count),
  );
  return calls.reduce((total, count) => total + count, 0);
}

/** @param {string} url */
async function statementsOf(url) {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query(
    "SELECT sum(calls) AS calls FROM pg_stat_statements WHERE toplevel AND query NOT LIKE '%pg_stat_statements%'",
  );
  await client.end();
  return Number(rows[0].calls);
}
