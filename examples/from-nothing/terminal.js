/** A terminal in which commands are typed: shows each, and what it prints. */

import { spawn } from "node:child_process";
import { once } from "node:events";

export class Terminal {
  #folder;
  #programs;

  /** @param {string} folder @param {Readonly<Record<string, string>>} programs Scripts for Node, by the two words that are typed for each. */
  constructor(folder, programs) {
    this.#folder = folder;
    this.#programs = programs;
  }

  /**
   * Runs a command to its end. `onAddress` is given the first address that stands on a line of its own.
   * @param {string} line @param {{ onAddress?: (address: string) => Promise<void> }} [options]
   */
  async type(line, { onAddress } = {}) {
    console.log(`$ ${line}`);
    const [command = "", first = "", ...others] = line.split(" ");
    const script = this.#programs[`${command} ${first}`];
    const [program, args] =
      script === undefined ? [command, [first, ...others]] : [process.execPath, [script, ...others]];
    const child = spawn(program, args, { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    /** @type {Promise<void> | undefined} */
    let following;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        process.stdout.write(chunk);
        printed += chunk;
        const [, address] = /^(http\S+)$\n/m.exec(printed) ?? [];
        if (address !== undefined) following ??= onAddress?.(address);
      });
    }
    await once(child, "close");
    await following;
    console.log();
  }
}
