/** Processes of a fleet, and the folder that they share. */

import { fork } from "node:child_process";
import { on, once } from "node:events";
import { mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder for a store. */
export const newFolder = () => mkdtemp(join(tmpdir(), "faucet-auth-fleet-"));

/**
 * Starts one of the programs beside this file.
 * @param {"worker" | "refresher" | "renewer"} program @param {object} orders
 * @param {import("node:child_process").ForkOptions} [options]
 */
export function start(program, orders, options = {}) {
  const child = fork(new URL(`${program}.js`, import.meta.url), {
    ...options,
    env: { ...process.env, FLEET_ORDERS: JSON.stringify(orders) },
  });
  const exited = once(child, "exit");
  const messages = on(child, "message", { close: ["disconnect"] });
  return {
    child,
    exited,
    /** Its next message, none of which is lost; an error if it ends before. @returns {Promise<any>} */
    async message() {
      const { value, done } = await messages.next();
      if (!done) return value[0];
      const [code, signal] = await exited;
      throw new Error(`a process ended by ${signal ?? `code ${code}`}`);
    },
  };
}

/** What is wrong with the files of a store: torn ones, and such as others can read. @param {string} folder */
export async function faultsOfStore(folder) {
  const faults = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) faults.push(`${name} has mode ${(mode & 0o777).toString(8)}`);
    // A draft is what was not finished: it has no name that counts.
    if (name.endsWith(".json"))
      await readFile(path, "utf8")
        .then(JSON.parse)
        .catch(() => faults.push(`${name} is torn`));
  }
  return faults;
}
