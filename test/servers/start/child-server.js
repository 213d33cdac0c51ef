/** Servers that run as processes of their own, on free ports of loopback, until they are stopped by their id. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CACHE } from "./installation.js";

/** @typedef {{ stop(): Promise<void> }} Running */

const MOST_SECONDS_TO_START = 600;
const SECONDS_TO_STOP = 30;

/**
 * Starts a server, and waits until it answers at `readyUrl`. What it prints goes into a log below node_modules/.cache.
 * @param {{ name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv, readyUrl: string }} server
 * @returns {Promise<Running>}
 */
export async function startChild({ name, command, args, env = {}, readyUrl }) {
  await mkdir(CACHE, { recursive: true });
  const logFile = join(CACHE, `${name}.log`);
  const log = openSync(logFile, "w");
  // A group of its own, since a script stays beside the server that it starts.
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", log, log], detached: true });
  const exited = once(child, "exit");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const signal = (/** @type {NodeJS.Signals} */ name) => process.kill(-(/** @type {number} */ (child.pid)), name);
  const stop = async () => {
    if (hasEnded()) return;
    signal("SIGTERM");
    const isLate = await Promise.race([exited, pause(SECONDS_TO_STOP * 1000, "late", { ref: false })]);
    if (isLate === "late") signal("SIGKILL");
    await exited;
  };
  const end = Date.now() + MOST_SECONDS_TO_START * 1000;
  while (!(await answersAt(readyUrl))) {
    if (hasEnded() || Date.now() > end) {
      await stop();
      const last = (await readFile(logFile, "utf8")).split("\n").slice(-30).join("\n");
      throw new Error(`${name} does not start; the end of ${logFile}:\n${last}`);
    }
    await pause(200);
  }
  return { stop };
}

/** @param {string} url */
async function answersAt(url) {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok ?? false;
}

/** Ports that are free now. @param {number} count */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
