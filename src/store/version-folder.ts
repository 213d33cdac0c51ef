/**
 * A text that many processes replace by compare-and-set: each version is a file of its own, and the
 * highest number is the text. A version appears whole, and is never changed (D2, D6).
 */

import { randomUUID } from "node:crypto";
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../values/errors.js";
import { DRAFT, publishDraft, readPublished, remove, writeDraft } from "./publication.js";
import { orNone, storeErrorOf } from "./system-error.js";

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

/** How often a version may be swept away between being listed and being read. */
const LOOKS = 100;

/** The highest number: its digits are all exact, and so is the next. */
const LAST_NUMBER = 999_999_999_999_999;

/** The versions of one text, in a folder of their own. */
export class VersionFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The newest version, `undefined` if there is none. Rejects with a `StoreError` if that cannot be known. */
  newest(): Promise<Version | undefined> {
    return this.#try("read", async () => {
      let number: number | undefined;
      for (let look = 1; look <= LOOKS; look += 1) {
        number = this.#newestOf(await this.#names());
        if (number === undefined) return undefined;
        const text = await readPublished(this.#pathOf(number));
        // Without a text, a newer version has appeared and this one was swept away.
        if (text !== undefined) return { number, text };
      }
      throw await unreadable(this.#pathOf(number ?? 0));
    });
  }

  /**
   * Makes `version` the newest, durably. `false` if another process came first; also if it is not
   * certain who did: then `newest()` tells.
   */
  publish({ number, text }: Version): Promise<boolean> {
    return this.#try("written", async () => {
      if (number > LAST_NUMBER) throw this.#full();
      const draft = join(this.#folder, `.${randomUUID()}${DRAFT}`);
      if (!(await this.#place(draft, { number, text }))) return false;
      const names = await this.#names();
      // Somebody who was asleep can publish a number that was swept away long ago.
      if (this.#newestOf(names) !== number) return false;
      await this.#sweep(names, number);
      return true;
    });
  }

  /** Whatever a step says of a number that others have passed meanwhile: they came first. */
  async #place(draft: string, { number, text }: Version): Promise<boolean> {
    try {
      await writeDraft(draft, text);
      return await publishDraft(draft, this.#pathOf(number), text);
    } catch (error) {
      const newest = this.#newestOf(await this.#names()) ?? 0;
      if (newest > number) return false;
      throw error;
    } finally {
      await remove(draft);
    }
  }

  async #names(): Promise<readonly string[]> {
    return (await readdir(this.#folder).catch(orNone)) ?? [];
  }

  #newestOf(names: readonly string[]): number | undefined {
    const numbers = names.filter(isNumbered).map((name) => this.#numberOf(name));
    return numbers.length === 0 ? undefined : numbers.reduce((highest, number) => Math.max(highest, number));
  }

  /** Rejects names of digits that no version has: to pass over one could be to miss the newest text. */
  #numberOf(name: string): number {
    const number = Number.parseInt(name, 10);
    if (number <= LAST_NUMBER && nameOf(number) === name) return number;
    const why = "has the name of no version that this release can read";
    throw new StoreError(`${join(this.#folder, name)} ${why}; it is left as it is`, { retryable: false });
  }

  /** What is left lying hurts nobody; the next to publish sweeps too. */
  async #sweep(names: readonly string[], newest: number): Promise<void> {
    const old = names.filter((name) => isNumbered(name) && this.#numberOf(name) <= newest - KEPT);
    const drafts = names.filter((name) => name.startsWith(".") && name.endsWith(DRAFT));
    const litter = await Promise.all(drafts.map(async (name) => ((await this.#isLitter(name)) ? [name] : [])));
    await Promise.all([...old, ...litter.flat()].map((name) => remove(join(this.#folder, name))));
  }

  async #isLitter(name: string): Promise<boolean> {
    const found = await stat(join(this.#folder, name)).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > LITTER_MS;
  }

  #pathOf(number: number): string {
    return join(this.#folder, nameOf(number));
  }

  #full(): StoreError {
    return new StoreError(`${this.#folder} has version ${LAST_NUMBER}, after which there is none`, {
      retryable: false,
    });
  }

  /** Runs `work`; an error of the system becomes one that names the folder. */
  async #try<T>(what: "read" | "written", work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeErrorOf(`${this.#folder} cannot be ${what}`, error);
    }
  }
}

/** Twelve digits, so that people see them in order; more where they are needed. */
function nameOf(number: number): string {
  return `${String(number).padStart(12, "0")}.json`;
}

function isNumbered(name: string): boolean {
  return /^\d+\.json$/.test(name);
}

async function unreadable(path: string): Promise<StoreError> {
  const found = await lstat(path).catch(orNone);
  return found?.isDirectory()
    ? new StoreError(`${path} is a folder that holds no version; it is left as it is`, { retryable: false })
    : new StoreError(`${path} is listed, but was not there in ${LOOKS} looks`);
}
