/** Where a fleet keeps its record: a folder, or a server of its own, which may be disturbed. */

import { rm } from "node:fs/promises";
import { startPostgres } from "../support/postgres.js";
import { startRedis } from "../support/redis.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { newFolder } from "./processes.js";

/**
 * @typedef {"files" | "redis" | "postgres"} Kind
 *
 * @typedef {object} Place
 * @property {Kind} kind
 * @property {Readonly<Record<string, string>>} persist The keys of `persist` that name it.
 * @property {() => Promise<void>} remove
 *
 * @typedef {Place & { server: import("../support/redis.js").RedisServer | import("../support/postgres.js").PostgresServer,
 *   proxy: Awaited<ReturnType<typeof startTcpProxy>> }} ServerPlace
 */

/** A new folder. @returns {Promise<Place>} */
export async function filePlace() {
  const path = await newFolder();
  return { kind: "files", persist: { path }, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A new server, which the fleet reaches through a proxy. @param {"redis" | "postgres"} kind @returns {Promise<ServerPlace>} */
export async function serverPlace(kind) {
  const server = await (kind === "redis" ? startRedis() : startPostgres());
  const proxy = await startTcpProxy(server);
  return {
    kind,
    server,
    proxy,
    persist: { [kind]: server.url.replace(`:${server.port}`, `:${proxy.port}`) },
    async remove() {
      proxy.close();
      await server.remove();
    },
  };
}
