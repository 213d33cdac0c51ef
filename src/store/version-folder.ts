/**
 * A text that many processes replace by compare-and-set, on any file system with hard links: each
 * version is a file of its own, and the highest number is the text. A version appears whole, by a
 * link that only one process can make, and is never changed (D2, D6).
 */

import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError } from "../values/errors.js";

/** One version of the text. */
export interface Version {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
}

/** Versions that are kept: who has just seen the last but one may still be about to read it. */
const KEPT = 2;

/** A draft of this age was left by a process that was killed. */
const LITTER_MS = 60_000;

const VERSION_NAME = /^(\d{12})\.json$/;
const DRAFT_NAME = /^\.[\w-]+\.draft$/;

/** The versions of one text, in a folder of their own. */
export class VersionFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The newest version, `undefined` if there is none. Rejects with a `StoreError` if that cannot be known. */
  async newest(): Promise<Version | undefined> {
    for (;;) {
      const number = newestOf(await this.#list());
      if (number === undefined) return undefined;
      const text = await this.#try("read", () => readFile(this.#pathOf(number), "utf8").catch(orNone));
      // Without it, a newer one has appeared and it was swept away.
      if (text !== undefined) return { number, text };
    }
  }

  /**
   * Makes `version` the newest, durably. `false` if another process came first; also if it is not
   * certain who did: then `newest()` tells.
   */
  async publish({ number, text }: Version): Promise<boolean> {
    const draft = join(this.#folder, `.${randomUUID()}.draft`);
    return this.#try("written", async () => {
      try {
        await this.#write(draft, text);
        if (!(await linked(draft, this.#pathOf(number)))) return false;
      } finally {
        await rm(draft, { force: true }).catch(() => {});
      }
      await syncFolder(this.#folder);
      const names = await this.#list();
      // Somebody who was asleep can link a number that was swept away long ago.
      if (newestOf(names) !== number) return false;
      await this.#sweep(names, number);
      return true;
    });
  }

  /** Readable by its owner only; on the disk before it has a name that counts (D6). */
  async #write(path: string, text: string): Promise<void> {
    const file = await this.#create(path);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #create(path: string): Promise<FileHandle> {
    const exclusively = (): Promise<FileHandle> => open(path, "wx", 0o600);
    try {
      return await exclusively();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await syncFolder(dirname(this.#folder));
      return exclusively();
    }
  }

  async #list(): Promise<readonly string[]> {
    return (await this.#try("read", () => readdir(this.#folder).catch(orNone))) ?? [];
  }

  /** What is left lying hurts nobody; the next to publish sweeps too. */
  async #sweep(names: readonly string[], newest: number): Promise<void> {
    const old = names.filter((name) => (numberOf(name) ?? newest) <= newest - KEPT);
    const drafts = names.filter((name) => DRAFT_NAME.test(name));
    const litter = await Promise.all(drafts.map(async (name) => ((await this.#isLitter(name)) ? [name] : [])));
    const removals = [...old, ...litter.flat()].map((name) => rm(join(this.#folder, name), { force: true }));
    await Promise.allSettled(removals);
  }

  async #isLitter(name: string): Promise<boolean> {
    const found = await stat(join(this.#folder, name)).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > LITTER_MS;
  }

  #pathOf(number: number): string {
    return join(this.#folder, `${String(number).padStart(12, "0")}.json`);
  }

  /** Runs `work`; errors of the system are told with the folder. */
  async #try<T>(what: "read" | "written", work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const code = codeOf(error) ?? "no reason given";
      throw new StoreError(`${this.#folder} cannot be ${what} (${code})${HINTS[code] ?? ""}`, { cause: error });
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: ": it belongs to somebody else",
  ENOTSUP: ": a store needs a file system with hard links",
  EPERM: ": it belongs to somebody else, or its file system has no hard links",
};

function numberOf(name: string): number | undefined {
  const digits = VERSION_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function newestOf(names: readonly string[]): number | undefined {
  const numbers = names.map(numberOf).filter((number) => number !== undefined);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** `false` if another process has linked that name, or has swept away the draft, while this one slept. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** So that names survive a power failure. Windows keeps them without, and cannot open a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems have no such thing.
    if (!["EINVAL", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** What is not there is no fault. */
function orNone(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
