/**
 * How a text appears under a name: whole, on the disk, by a step that only one process can make (D2, D6).
 * That step is a hard link. Where there are none, the text goes into a folder, whose rename onto
 * another folder that holds something fails on every system.
 */

import { type FileHandle, link, lstat, mkdir, open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError } from "../values/errors.js";
import { codeOf, orNone } from "./system-error.js";

/** The end of a name that does not count yet. A draft is hidden, since its name begins with a dot. */
export const DRAFT = ".draft";

/** Writes a draft, readable by its owner only and on the disk before it has a name that counts. */
export async function writeDraft(path: string, text: string): Promise<void> {
  const file = await create(path);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a draft the name `path`. `false` if something has that name already, or the draft was swept away. */
export async function publishDraft(draft: string, path: string, text: string): Promise<boolean> {
  try {
    await claim(draft, path);
  } catch (error) {
    const found = await readPublished(path);
    if (found === undefined && !TAKEN.has(codeOf(error) ?? "")) throw error;
    // A file system may do its work and say that it did not (NFS, when an answer is lost).
    if (found !== text) return false;
  }
  await syncFolder(dirname(path));
  return true;
}

/** The text that was published as `path`; `undefined` if there is none. */
export async function readPublished(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(orNone);
  if (found === undefined) return undefined;
  if (found.isDirectory()) return readFile(join(path, INNER), "utf8").catch(orReplaced);
  if (found.isFile()) return readFile(path, "utf8").catch(orReplaced);
  const kind = found.isSymbolicLink() ? "a symbolic link" : "neither a file nor a folder";
  throw new StoreError(`${path} is ${kind}, which no store has made; it is left as it is`, { retryable: false });
}

/** Between two looks a version can be swept away, and a late one of the other kind take its name. */
function orReplaced(error: unknown): undefined {
  if (!["EISDIR", "ENOTDIR"].includes(codeOf(error) ?? "")) return orNone(error);
}

/**
 * What a step says if there was something before (ENOTDIR: a file, where a folder was to be), or if its draft was swept away
 * while this process slept.
 */
const TAKEN: ReadonlySet<string> = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR", "ENOENT"]);

/** The name of the text in a folder that was published in place of a file. */
const INNER = "text";

/** What systems say where there are no hard links; Windows says EISDIR. */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EISDIR"]);

async function claim(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? "")) throw error;
    await claimByFolder(draft, path, error);
  }
}

async function claimByFolder(draft: string, path: string, noLinks: unknown): Promise<void> {
  await refuseUnknownRenames(dirname(path), noLinks);
  const folder = `${draft.slice(0, -DRAFT.length)}-folder${DRAFT}`;
  try {
    await mkdir(folder, { mode: 0o700 });
    await rename(draft, join(folder, INNER));
    await syncFolder(folder);
    await rename(folder, path);
  } finally {
    await remove(folder);
  }
}

/** Removes what is there, if it can be removed. */
export async function remove(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true }).catch(() => {});
}

/** The type of a FUSE file system (statfs(2)). */
const FUSE = 0x65735546;

/** A FUSE file system without a disk of its own may be an object store, which renames a folder file by file. */
async function refuseUnknownRenames(folder: string, noLinks: unknown): Promise<void> {
  const [{ type }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
  const hasDisk = Math.floor(dev / 256) % 4096 !== 0;
  if (type !== FUSE || hasDisk) return;
  const why = `its file system has no hard links (${codeOf(noLinks)}), and cannot promise atomic renames (FUSE)`;
  throw new StoreError(`${folder} cannot be written: ${why}`, { retryable: false, cause: noLinks });
}

async function create(path: string): Promise<FileHandle> {
  const exclusively = (): Promise<FileHandle> => open(path, "wx", 0o600);
  try {
    return await exclusively();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await makeFolder(dirname(path));
    return exclusively();
  }
}

/** Makes a folder and those above it, one by one: Node's own recursion hides why it failed. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const isMade = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error) => {
      if (codeOf(error) === "EEXIST") return true;
      if (codeOf(error) === "ENOENT" && parent !== path) return false;
      throw error;
    },
  );
  if (!isMade) {
    await makeFolder(parent);
    await mkdir(path, { mode: 0o700 }).catch((error) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
  }
  // One that this user may not read was there before, and has nothing of ours but a name.
  await syncFolder(parent).catch((error) => {
    if (!["EACCES", "EPERM"].includes(codeOf(error) ?? "")) throw error;
  });
}

/** So that names survive a power failure. Windows keeps them without, and cannot open a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems have no such thing.
    if (!["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}
