/**
 * What fleets make of one grant on each store, measured: npm run prove:stores. Arguments choose the stores (`files`,
 * `redis`, `postgres`), and what is measured (`fleet`, `hundred`, `outages`, `killed`, `clocks`, `cost`, `network`); all of it, without any.
 */

import { costOfRenewals } from "./cost.js";
import { runFleet } from "./fleet.js";
import { killMany } from "./kills.js";
import { withoutNamespaces } from "./network.js";
import { disturb } from "./outages.js";
import { partition } from "./partition.js";
import { filePlace, serverPlace } from "./places.js";
import { stopHolder } from "./stopped.js";

/** @typedef {import("./places.js").Kind} Kind @typedef {import("./places.js").Place} Place */

const HOUR_MS = 3_600_000;

/** How many processes a renewal is measured with; `PROCESSES=1,10` for fewer. */
const PROCESSES = (process.env.PROCESSES ?? "1,10,100").split(",").map(Number);

/** Connectors rest for so long that a machine with two cores, which has the IdP and the API to run too, keeps up. */
const size = { processes: 8, connectors: 25, accessTokenSeconds: 2, paceMs: 2000 };

/** @type {Record<string, (place: Place) => Promise<void>>} */
const measures = {
  async fleet({ persist }) {
    print(
      "8 processes × 25 connectors, tokens of 2 s, 30 s",
      await runFleet({ ...size, milliseconds: 30_000, persist }),
    );
  },
  async hundred({ persist }) {
    const hundred = { ...size, processes: 100, connectors: 1, accessTokenSeconds: 10, usedSeconds: 8 };
    const seen = await runFleet({ ...hundred, startEveryMs: 1000, milliseconds: 30_000, persist });
    print("100 processes of one connector, started one a second, tokens used for 8 s, 30 s", seen);
  },
  async outages(place) {
    if (!isServer(place)) return;
    const outages = { apartMs: 8000, downMs: 5000, cutMs: 8000, slowMs: 200 };
    const seen = await disturb(place, { ...size, processes: 4, ...outages });
    print("killed for 5 s, cut off for 8 s, then 200 ms for each reply", seen);
  },
  async killed(place) {
    // Each waits for the lease of the dead, where a server keeps it: so several grants at once.
    const [grants, kills] = isServer(place) ? [5, 4] : [1, 20];
    const seen = await Promise.all(Array.from({ length: grants }, () => killMany(kills, place)));
    print(`${grants * kills} processes killed at a random instant of a refresh`, seen);
    if (isServer(place)) print("a holder stopped beyond its lease", await stopHolder(place, place.expire));
  },
  async clocks({ persist }) {
    const seen = await runFleet({ ...size, milliseconds: 15_000, persist, aheadMilliseconds: HOUR_MS });
    print("the clocks of every second process an hour ahead, 15 s", seen);
  },
  async cost(place) {
    const seen = [];
    for (const processes of PROCESSES) seen.push(await costOfRenewals(place, { processes, rounds: 5 }));
    console.log(`${place.kind}: renewals that all processes wait for`);
    console.table(seen);
  },
  async network(place) {
    if (!isServer(place)) return;
    print("three hosts, one of them parted from the store", withoutNamespaces ?? (await partition(place.kind)));
  },
};

/** @type {Record<Kind, () => Promise<Place>>} */
const places = {
  files: filePlace,
  redis: () => serverPlace("redis"),
  postgres: () => serverPlace("postgres"),
};

const chosen = process.argv.slice(2);
for (const measure of namesIn(measures)) {
  for (const kind of /** @type {Kind[]} */ (namesIn(places))) {
    const place = await places[kind]();
    console.log(`— ${kind}`);
    await measures[measure]?.(place);
    await place.remove();
  }
}

/** Those of its names that were chosen; all, if none was. @param {object} all */
function namesIn(all) {
  const names = Object.keys(all);
  const wanted = names.filter((name) => chosen.includes(name));
  return wanted.length > 0 ? wanted : names;
}

/** @param {Place} place @returns {place is import("./places.js").ServerPlace & { kind: "redis" | "postgres" }} */
function isServer(place) {
  return place.kind !== "files";
}

/** @param {string} what @param {object | string} seen */
function print(what, seen) {
  console.log(what);
  const isList = typeof seen === "string" || Array.isArray(seen);
  const shown = isList ? seen : { ...seen, errorsAt: undefined };
  console.dir(shown, { depth: null });
}
