/** Where servers are installed: below node_modules/.cache, each in a folder that is there as a whole or not at all. */

import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/faucet-auth/servers", import.meta.url));

/**
 * The folder of what `install` makes in it, which is done once for the same `sources`.
 * @param {string} name @param {readonly string[]} sources @param {(folder: string) => Promise<unknown>} install
 */
export async function installed(name, sources, install) {
  const digest = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  if (await stat(folder).catch(() => undefined)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  process.stderr.write(`Installing ${name}, which may take some minutes …\n`);
  await install(unfinished);
  await rename(unfinished, folder);
  return folder;
}

/** Runs a tool that must succeed. @param {string} folder @param {string} command @param {readonly string[]} args */
export async function tool(folder, command, ...args) {
  await run(command, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
}

/** Those of these commands that are not on this machine, or too old. @param {readonly string[]} commands */
export function missing(commands) {
  return commands
    .filter((command) => !isThere(command))
    .map((command) => {
      const least = LEAST_VERSIONS[command];
      return least === undefined ? command : `${command} ${least}`;
    });
}

/** @param {string} command */
function isThere(command) {
  const flag = { go: "version", openssl: "version", java: "-version" }[command] ?? "--version";
  const { error, stdout, stderr } = spawnSync(command, [flag], { encoding: "utf8" });
  // Java tells its version on standard error.
  const [version] = /\d+/.exec(stdout + stderr) ?? [];
  return error === undefined && Number(version) >= (LEAST_VERSIONS[command] ?? 0);
}

/** @type {Readonly<Record<string, number>>} */
const LEAST_VERSIONS = { java: 17, openssl: 3 };
