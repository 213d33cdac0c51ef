/** NATS servers of a test's own, from the system's package, which accept one token at a time. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, installed, newServerFolder, ServerProcess } from "./server-process.js";

const PROGRAM = installed("nats-server");

/** Why there can be no NATS here, for a test that has to be left out; `undefined` if there can be. */
export const withoutNats = PROGRAM ? undefined : "needs nats-server (Debian: apt-get install nats-server)";

/** @typedef {Awaited<ReturnType<typeof startNats>>} NatsServer */

/** Starts one that accepts `token`. @param {{ token: string }} options */
export async function startNats({ token }) {
  const port = await freePort();
  const folder = newServerFolder();
  const configuration = join(folder, "nats.conf");
  const accept = (/** @type {string} */ accepted) => {
    const authorization = `authorization { token: ${JSON.stringify(accepted)} }`;
    writeFileSync(configuration, `host: 127.0.0.1\nport: ${port}\n${authorization}\n`);
  };
  accept(token);
  const command = { program: PROGRAM ?? "nats-server", args: ["--config", configuration], ready: /Server is ready/ };
  const server = await new ServerProcess(command, folder).start();
  return Object.assign(server, {
    port,
    /** From now on it accepts another token, and lets go of who has come with the old one. @param {string} next */
    rotate(next) {
      accept(next);
      server.signal("SIGHUP");
    },
  });
}
