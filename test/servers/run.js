/**
 * Real identity servers, one after the other: installs each, starts it, runs the suite of this folder against it, and stops
 * it. `npm run test:servers [NAME…]`, by default oidc-provider and keycloak.
 */

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";
import { makeCredentials } from "./start/credentials.js";
import { missing } from "./start/installation.js";
import { servers } from "./start/servers.js";
import { startWorkloadIssuer } from "./start/workload-issuer.js";
import { tableOf } from "./table.js";

/** @typedef {import("./identity-server.js").ServerName} ServerName */

const names = /** @type {ServerName[]} */ (process.argv.slice(2));
const unknown = names.filter((name) => !Object.hasOwn(servers, name));
if (unknown.length > 0) {
  console.error(`No server is called ${unknown.join(", ")}; there are ${Object.keys(servers).join(", ")}.`);
  process.exit(2);
}

/** What ends the things that run now, the last one first. @type {(() => unknown)[]} */
const ends = [];
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, async () => {
    await endAll();
    process.exit(1);
  });
}

/** @type {import("./table.js").Column[]} */
const columns = [];
/** @type {string[]} */
const lastLines = [];
for (const name of names.length > 0 ? names : /** @type {const} */ (["oidc-provider", "keycloak"])) {
  const absent = missing(servers[name].needs);
  if (absent.length > 0) {
    lastLines.push(`${name} is left out, since this is missing here: ${absent.join(", ")}`);
    continue;
  }
  try {
    columns.push(await runSuite(name));
  } catch (error) {
    process.exitCode = 1;
    lastLines.push(`${name} failed: ${error}`);
  } finally {
    await endAll();
  }
}
if (columns.length > 0) console.log(`\n${tableOf(columns)}\n`);
for (const line of lastLines) console.log(line);

/** @param {ServerName} name */
async function runSuite(name) {
  await servers[name].install();
  const credentials = await makeCredentials();
  ends.push(() => rm(credentials.folder, { recursive: true }));
  const workload = await startWorkloadIssuer(credentials.jwks);
  ends.push(workload.close);
  const { server, stop } = await servers[name].start({ credentials, workload });
  ends.push(stop);
  console.log(`\n${server.title}`);
  const vitest = await startVitest("test", [], {
    config: fileURLToPath(new URL("vitest.config.ts", import.meta.url)),
    watch: false,
    provide: { server, workload: workload.environment },
  });
  await vitest.close();
  return { title: server.title, modules: vitest.state.getTestModules() };
}

async function endAll() {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
}
