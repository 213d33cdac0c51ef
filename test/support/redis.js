/** Redis servers of a test's own: `redis-server` of the system, or `valkey-server`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, installed, newServerFolder, ServerProcess } from "./server-process.js";

const PROGRAM = installed("redis-server") ?? installed("valkey-server");

/** Why there can be no Redis here, for a test that has to be left out; `undefined` if there can be. */
export const withoutRedis = PROGRAM ? undefined : "needs redis-server (Debian: apt-get install redis-server)";

/** @typedef {Awaited<ReturnType<typeof startRedis>>} RedisServer */

/**
 * Starts one that keeps what it was given when it is killed. `args` are further ones of its command line. A sentinel
 * knows none of them, and wants a file.
 * @param {{ args?: readonly string[], port?: number, host?: string, isSentinel?: boolean }} [options]
 */
export async function startRedis({ args = [], port, host = "127.0.0.1", isSentinel = false } = {}) {
  const chosen = port ?? (await freePort());
  const folder = newServerFolder();
  const durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  const file = join(folder, "server.conf");
  writeFileSync(file, "");
  const place = ["--bind", host, "--port", `${chosen}`, "--dir", folder, "--protected-mode", "no"];
  const command = {
    program: PROGRAM ?? "redis-server",
    args: isSentinel ? [file, "--sentinel", ...place, ...args] : [file, ...place, ...durable, ...args],
    ready: isSentinel ? /Sentinel ID is/ : /Ready to accept connections/,
  };
  const server = await new ServerProcess(command, folder).start();
  return Object.assign(server, { host, port: chosen, url: `redis://${host}:${chosen}` });
}
