/**
 * One grant, three languages: npm run demo:broker. Twelve Python processes, a shell script with curl and three Node.js processes
 * share a grant whose refresh token can be used once, through `faucet-auth serve`. Twice, the access token is revoked while all of
 * them want to use it. Needs python3 and curl. Exit status: 0 if each revocation has cost one refresh, and the grant is alive.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeIdp } from "faucet-auth/testing";
import { startBroker, startWorker } from "./broker/processes.js";

const FLEET = [...Array(12).fill("Python"), "sh and curl", ...Array(3).fill("Node.js")];

const folder = await mkdtemp(join(tmpdir(), "faucet-auth-broker-"));
const socket = join(folder, "faucet.sock");
const file = join(folder, "pipeline.yaml");
const idp = await startFakeIdp();
await writeFile(
  file,
  `auth:
  crm:
    type: oauth2_refresh
    config:
      token_url: ${idp.tokenUrl}
      client_id: reports
      client_secret: s3cr3t
      refresh_token: ${idp.newGrant()}
`,
);

const broker = await startBroker(file, socket);
const workers = FLEET.map((kind) => startWorker(kind, [socket, "crm", idp.apiUrl]));
let isGood = true;
try {
  await round("at first");
  for (const time of ["once", "twice"]) {
    idp.revokeAccessTokens();
    await round(`revoked ${time}`);
  }
} finally {
  await Promise.all(workers.map((worker) => worker.stop()));
  const status = await broker.stop();
  await idp.close();
  await rm(folder, { recursive: true });
  console.log(
    `\nThe broker has ended with status ${status}, and the grant is ${idp.revokedGrants === 0 ? "alive" : "dead"}.`,
  );
  isGood &&= status === 0 && idp.revokedGrants === 0;
}
process.exitCode = isGood ? 0 : 1;

/** All make a request at once. @param {string} when */
async function round(when) {
  const before = idp.requests.length;
  const statuses = await Promise.all(workers.map((worker) => worker.request()));
  const refreshes = idp.requests.length - before;
  const answers = [...new Set(workers.map(({ kind }) => kind))].map((kind) => {
    const ofKind = statuses.filter((_status, index) => workers[index]?.kind === kind);
    return `${kind} ${ofKind.filter((status) => status === 200).length} of ${ofKind.length}`;
  });
  console.log(`${when.padEnd(15)}refreshes ${refreshes}   rows for ${answers.join(", ")}`);
  isGood &&= refreshes === 1 && statuses.every((status) => status === 200);
}
