/** Where a fleet keeps its record: a folder, or a server of its own, which may be disturbed. */

import { rm } from "node:fs/promises";
import { Client } from "pg";
import { createClient } from "redis";
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
 *   proxy: Awaited<ReturnType<typeof startTcpProxy>>,
 *   direct: Readonly<Record<string, string>>,
 *   expire(key: string): Promise<unknown> }} ServerPlace
 */

/** A new folder. @returns {Promise<Place>} */
export async function filePlace() {
  const path = await newFolder();
  return { kind: "files", persist: { path }, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A new server, which the fleet reaches through a proxy. @param {"redis" | "postgres"} kind @returns {Promise<ServerPlace>} */
export async function serverPlace(kind) {
  const server = await (kind === "redis" ? startRedis() : startCountingPostgres());
  const proxy = await startTcpProxy(server);
  return {
    kind,
    server,
    proxy,
    persist: { [kind]: server.url.replace(`:${server.port}`, `:${proxy.port}`) },
    direct: { [kind]: server.url },
    /** The lease on the key is over now, as if its time had passed. */
    expire: (key) => (kind === "redis" ? expireInRedis(server.url, key) : expireInPostgres(server.url, key)),
    async remove() {
      proxy.close();
      await server.remove();
    },
  };
}

/** It counts statements, where PostgreSQL's contributed modules are installed. */
async function startCountingPostgres() {
  const server = await startPostgres({ settings: { shared_preload_libraries: "pg_stat_statements" } });
  await inPostgres(server.url, "CREATE EXTENSION pg_stat_statements");
  return server;
}

/** @param {string} url @param {string} key */
async function expireInRedis(url, key) {
  const client = await createClient({ url }).connect();
  await client.del(`faucet-auth:{${key}}:lease`);
  client.destroy();
}

/** @param {string} url @param {string} key */
function expireInPostgres(url, key) {
  return inPostgres(url, "UPDATE faucet_auth SET held_until = clock_timestamp() WHERE key = $1", [key]);
}

/** @param {string} url @param {string} statement @param {unknown[]} [values] */
async function inPostgres(url, statement, values) {
  const client = new Client(url);
  await client.connect();
  await client.query(statement, values).finally(() => client.end());
}
