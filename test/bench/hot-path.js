/**
 * What `getToken()` costs while the token is fresh, beside awaiting a promise that is resolved:
 * npm run bench. `BEFORE=…/dist/index.js` puts another build of the package into the same run.
 */

import { TokenCache } from "faucet-auth";
import { Bench } from "tinybench";

const credential = /** @type {const} */ ({ type: "bearer", token: "t" });
const resolved = Promise.resolve(credential);

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

const bench = new Bench({ time: 2000, warmupTime: 500 });
bench.add("await a resolved promise", async () => {
  await resolved;
});
for (const { name, cache } of builds) {
  bench.add(`await getToken(), ${name}`, async () => {
    await cache.getToken();
  });
}
await bench.run();

const nanoseconds = bench.tasks.map(({ result }) => ("latency" in result ? result.latency.p50 * 1e6 : Number.NaN));
console.table(
  bench.tasks.map(({ name }, index) => ({
    name,
    "ns, median": Math.round(nanoseconds[index] ?? 0),
    "to the promise": ((nanoseconds[index] ?? 0) / (nanoseconds[0] ?? 1)).toFixed(2),
  })),
);
