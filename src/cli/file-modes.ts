/** Who may read a file with a secret in it. Where a system has no modes, there is nothing to say. */

import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What is wrong with the mode of the file or folder at `path`: others than its owner can read it. Nothing of one that is not there. */
export async function faultOfModes(path: string): Promise<string | undefined> {
  if (process.platform === "win32") return undefined;
  const { mode } = (await stat(path).catch(() => undefined)) ?? { mode: 0 };
  if ((mode & 0o077) === 0) return undefined;
  return `can be read by others than its owner: its mode is ${modeText(mode)}; chmod go= is enough to mend it`;
}

/** The first file in the folder of a store that others than its owner can read, and what is wrong with it. */
export async function faultOfStoreModes(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  for (const path of [folder, ...entries.map((entry) => join(folder, entry))]) {
    const fault = await faultOfModes(path);
    // A folder that others may list is one of a user's own; its records are what counts.
    if (fault !== undefined && (path !== folder || entries.length === 0)) return `${path} ${fault}`;
  }
  return undefined;
}

/** Why no store can be made at `folder`, which is not there yet; `undefined` where it can, or is there. */
export async function faultOfNewStore(folder: string): Promise<string | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const exists = await stat(path).catch(() => undefined);
    if (exists === undefined && dirname(path) !== path) continue;
    if (exists !== undefined && !exists.isDirectory()) return `${path} is no folder`;
    const isWritable = await access(path, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return isWritable ? undefined : `${folder} cannot be made: ${path} cannot be written`;
  }
}

/** Whether there is anything at `path`. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
