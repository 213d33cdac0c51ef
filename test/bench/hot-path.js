/**
 * What `getToken()` costs while the token is fresh, beside awaiting a promise that is resolved:
 * npm run bench. `BEFORE=…/dist/index.js` puts another build of the package into the same run.
 */

import { TokenCache } from "faucet-auth";
import { Bench } from "tinybench";

const credential = /** @type {const} */ ({ type: "bearer", token: "t" });
const resolved = Promise.resolve(credential);
const ROUNDS = 20;

/** @param {typeof TokenCache} Cache */
async function filled(Cache) {
  const cache = new Cache(async () => ({ credential, expiresIn: 3600 }));
  await cache.getToken();
  return cache;
}

const builds = [{ name: "this build", cache: await filled(TokenCache) }];
if (process.env.BEFORE !== undefined) {
  const before = await import(process.env.BEFORE);
  builds.unshift({ name: "the build before", cache: await filled(before.TokenCache) });
}

/** @type {[name: string, work: () => Promise<void>][]} */
const tasks = [
  [
    "await a resolved promise",
    async () => {
      await resolved;
    },
  ],
  ...builds.map(
    ({ name, cache }) =>
      /** @type {[string, () => Promise<void>]} */ ([
        `await getToken(), ${name}`,
        async () => {
          await cache.getToken();
        },
      ]),
  ),
];

/** Nanoseconds of each task, by round: in short turns, so that whatever else the machine does meets all of them. */
const nanoseconds = tasks.map(() => /** @type {number[]} */ ([]));
for (let round = 0; round < ROUNDS; round += 1) {
  const bench = new Bench({ time: 100, warmupTime: round === 0 ? 500 : 20 });
  for (const [name, work] of tasks) bench.add(name, work);
  await bench.run();
  for (const [index, { result }] of bench.tasks.entries()) {
    nanoseconds[index]?.push("latency" in result ? result.latency.p50 * 1e6 : Number.NaN);
  }
}

const medians = nanoseconds.map((each) => each.sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN);
console.table(
  tasks.map(([name], index) => ({
    name,
    "ns, median": Math.round(medians[index] ?? 0),
    "to the promise": ((medians[index] ?? 0) / (medians[0] ?? 1)).toFixed(2),
  })),
);
