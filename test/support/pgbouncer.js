/** A PgBouncer before a PostgreSQL of a test, which hands its connections to one transaction, or session, after another. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, installed, newServerFolder, ServerProcess, userFor } from "./server-process.js";

const PROGRAM = installed("pgbouncer");

/** Why there can be none here, for a test that has to be left out; `undefined` if there can be. */
export const withoutPgBouncer = PROGRAM ? undefined : "needs pgbouncer (Debian: apt-get install pgbouncer)";

/** @param {import("./postgres.js").PostgresServer} server @param {"transaction" | "session"} mode */
export async function startPgBouncer({ host, port, password }, mode) {
  const own = await freePort();
  const user = userFor("postgres");
  const folder = newServerFolder(user);
  const users = join(folder, "users.txt");
  writeFileSync(users, `"postgres" "${password}"\n`);
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
postgres = host=${host} port=${port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = 4
`,
  );
  const command = { program: PROGRAM ?? "pgbouncer", args: [file], ready: /process up/, user };
  const bouncer = await new ServerProcess(command, folder).start();
  const url = `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${own}/postgres`;
  return Object.assign(bouncer, { port: own, url });
}
