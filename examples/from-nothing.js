/**
 * From an empty folder to a durable grant, and to its end: npm run demo:login. Every command is typed as a user would, against
 * an OpenID provider in this process, with somebody who logs in and agrees.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agreeTo } from "./from-nothing/person.js";
import { startProvider } from "./from-nothing/provider.js";
import { Terminal } from "./from-nothing/terminal.js";

const folder = await mkdtemp(join(tmpdir(), "faucet-auth-from-nothing-"));
const provider = await startProvider();
const terminal = new Terminal(folder, {
  "npx faucet-auth": fileURLToPath(new URL("../dist/cli.js", import.meta.url)),
  "node job.js": fileURLToPath(new URL("from-nothing/job.js", import.meta.url)),
});

try {
  await writeFile(
    join(folder, "pipeline.yaml"),
    `auth:
  crm:
    type: oauth2_refresh
    config:
      issuer: ${provider.issuer}
      client_id: reports
      token_endpoint_auth_method: none
      scopes: [openid, offline_access]
      persist: { path: state }
`,
  );
  await terminal.type("cat pipeline.yaml");
  const began = performance.now();
  await terminal.type("npx faucet-auth login pipeline.yaml crm", { onAddress: agreeTo });
  const seconds = (performance.now() - began) / 1000;
  await terminal.type("npx faucet-auth check pipeline.yaml");
  await terminal.type("node job.js pipeline.yaml");
  await terminal.type("node job.js pipeline.yaml");
  await terminal.type("npx faucet-auth revoke pipeline.yaml crm");
  await terminal.type("node job.js pipeline.yaml");
  console.log(`# One file and one command to a durable grant, in ${seconds.toFixed(1)} s, the person included.`);
  console.log(`# The provider was asked for a token ${provider.tokenRequests()} time, for two runs of the job.`);
} finally {
  provider.close();
  await rm(folder, { recursive: true, force: true });
}
