/** PostgreSQL servers of a test's own, from the system's packages, as the system's user `postgres` where we are root. */

import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, installed, newServerFolder, ServerProcess, userFor } from "./server-process.js";

const DEBIAN = "/usr/lib/postgresql";

/** Debian keeps the programs of each version apart; the newest counts. */
function folders() {
  try {
    const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(DEBIAN, version, "bin"));
  } catch {
    return [];
  }
}

const INITDB = installed("initdb", folders());
const POSTGRES = installed("postgres", folders());

/** Why there can be no PostgreSQL here, for a test that has to be left out; `undefined` if there can be. */
export const withoutPostgres =
  INITDB && POSTGRES ? undefined : "needs the server of PostgreSQL (Debian: apt-get install postgresql)";

/** @typedef {Awaited<ReturnType<typeof startPostgres>>} PostgresServer */

/**
 * Starts one whose user `postgres` has the password `password`. `settings` are such as of postgresql.conf.
 * `allowed` is a network from which it takes connections, beside
 * loopback.
 * @param {{ settings?: Readonly<Record<string, string | number>>, password?: string, port?: number, host?: string,
 *   allowed?: string }} [options]
 */
export async function startPostgres({ settings = {}, password = "pg-s3cr3t", port, host = "127.0.0.1", allowed } = {}) {
  const chosen = port ?? (await freePort());
  const user = userFor("postgres");
  const folder = newServerFolder(user);
  initialize(folder, password, user);
  if (allowed !== undefined)
    appendFileSync(join(folder, "data", "pg_hba.conf"), `host all all ${allowed} scram-sha-256\n`);
  // The disk of a test need not survive the loss of power.
  const all = {
    fsync: "off",
    max_connections: 300,
    listen_addresses: host,
    unix_socket_directories: folder,
    ...settings,
  };
  const command = {
    program: POSTGRES ?? "postgres",
    args: [
      "-D",
      join(folder, "data"),
      "-p",
      `${chosen}`,
      ...Object.entries(all).flatMap(([k, v]) => ["-c", `${k}=${v}`]),
    ],
    ready: /ready to accept connections/,
    user,
    // Its "immediate shutdown": what was committed is recovered at the next start. SIGKILL would leave its children.
    crash: /** @type {const} */ ("SIGQUIT"),
  };
  const server = await new ServerProcess(command, folder).start();
  const url = `postgres://postgres:${encodeURIComponent(password)}@${host}:${chosen}/postgres`;
  return Object.assign(server, { host, port: chosen, password, folder, url });
}

/** @param {string} folder @param {string} password @param {import("./server-process.js").User} [user] */
function initialize(folder, password, user) {
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const args = [
    "-D",
    join(folder, "data"),
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    "--pwfile",
    passwordFile,
    "--no-sync",
  ];
  const { status, stdout, stderr } = spawnSync(INITDB ?? "initdb", [...args, "-E", "UTF8", "--locale", "C"], {
    encoding: "utf8",
    cwd: folder,
    ...user,
  });
  if (status !== 0) throw new Error(`initdb ended by code ${status}: ${stdout}${stderr}`);
}
