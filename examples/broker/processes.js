/** The processes of the example: a broker, and those that ask it. Each of these makes one request when it is told to. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** `faucet-auth serve`, once it serves. @param {string} file @param {string} socket */
export async function startBroker(file, socket) {
  const child = spawn(process.execPath, [cli, "serve", file, "--socket", socket], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  for await (const line of createInterface(child.stderr)) {
    said += `${line}\n`;
    if (line.startsWith("Serving ")) break;
  }
  if (!said.includes("Serving ")) throw new Error(`the broker has not started: ${said}`);
  child.stderr.resume();
  return {
    /** Ends it as a service manager does, and gives its exit status. */
    async stop() {
      child.kill("SIGTERM");
      const [status] = await once(child, "exit");
      return status;
    },
  };
}

/** What each kind of worker is run by. @type {Readonly<Record<string, readonly [string, string]>>} */
const PROGRAMS = {
  Python: ["python3", "worker.py"],
  "sh and curl": ["sh", "get.sh"],
  "Node.js": [process.execPath, "worker.js"],
};

/** @param {string} kind @param {readonly string[]} args */
export function startWorker(kind, args) {
  const [program, script] = PROGRAMS[kind] ?? ["false", ""];
  const child = spawn(program, [`${here}${script}`, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    kind,
    /** Makes a request; gives the status of its answer, or 0 if the process has ended. */
    async request() {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      return done ? 0 : Number(value);
    },
    async stop() {
      const exited = child.exitCode === null ? once(child, "exit") : undefined;
      child.stdin.end();
      await exited;
    },
  };
}
