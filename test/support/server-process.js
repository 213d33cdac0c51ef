/**
 * Servers that are processes of their own: on a free port of loopback, with a temporary folder, stopped by their pid.
 * Programs of test/fleet run this as it is, so it is JavaScript.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * @typedef {object} Command
 * @property {string} program
 * @property {readonly string[]} args
 * @property {RegExp} ready What it prints once it can be asked.
 * @property {User | undefined} [user] As whom it runs.
 * @property {NodeJS.Signals} [crash] What ends it and all its children at once, with nothing tidied up; by default SIGKILL.
 *
 * @typedef {{ uid: number, gid: number }} User
 */

/** Where a program is: on the path, or in one of `folders`; `undefined` if it is not installed. @param {string} name @param {readonly string[]} [folders] */
export function installed(name, folders = []) {
  const places = [...(process.env.PATH ?? "").split(delimiter), ...folders, "/usr/sbin", "/usr/local/sbin"];
  return places.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The system's user of that name; `undefined` where this process has a user's rights already. @param {string} name @returns {User | undefined} */
export function userFor(name) {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((what) => Number(spawnSync("id", [what, name]).stdout));
  if (!uid || !gid) throw new Error(`there is no user ${name} on this machine`);
  return { uid, gid };
}

/** A new folder that only this user may enter. @param {User} [user] */
export function newServerFolder(user) {
  const path = mkdtempSync(join(tmpdir(), "faucet-auth-server-"));
  if (user !== undefined) chownSync(path, user.uid, user.gid);
  return path;
}

/** A port of loopback that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** A server that can be started again after it was stopped. It ends with this process, if not before. */
export class ServerProcess {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;
  #command;
  #folder;
  #endWithUs = () => void this.#child?.kill("SIGKILL");

  /** @param {Command} command @param {string} folder Its own; it is removed at the end. */
  constructor(command, folder) {
    this.#command = command;
    this.#folder = folder;
    process.once("exit", this.#endWithUs);
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves once it can be asked; rejects with what it printed if it ends before. */
  async start() {
    const { program, args, ready, user } = this.#command;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: this.#folder, ...user });
    this.#child = child;
    let printed = "";
    await new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk) => {
          printed = (printed + chunk).slice(-10_000);
          if (ready.test(printed)) resolve(undefined);
        });
      }
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${program} ended by code ${code}: ${printed}`)));
    });
    return this;
  }

  /** Sends a signal, such as SIGSTOP. @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child?.kill(signal);
  }

  /** Ends it as a crash does, and waits for that; its data stay. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(this.#command.crash ?? "SIGKILL");
    await exited;
  }

  /** Stops it for good, and removes its folder. */
  async remove() {
    await this.stop();
    process.off("exit", this.#endWithUs);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
