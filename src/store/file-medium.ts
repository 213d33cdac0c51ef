/** The state of each key as the versions of a text, in a folder for each key (D2, D6). */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { type Change, type LeaseState, leaseState, UNUSED } from "./lease-state.js";
import type { Medium } from "./leased-store.js";
import { type Version, VersionFolder } from "./version-folder.js";

/** How often others may come first: each time, one of them has changed the state. */
const TRIES = 100;

/** States in a folder that many processes share. */
export class FileMedium implements Medium {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(key: string): Promise<LeaseState> {
    const folder = this.#folderOf(key);
    return stateOf(await new VersionFolder(folder).newest(), folder);
  }

  async advance(key: string, change: Change): Promise<boolean> {
    const folder = this.#folderOf(key);
    const versions = new VersionFolder(folder);
    let number = 0;
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const newest = await versions.newest();
      const state = stateOf(newest, folder);
      const next = change(state);
      if (next === undefined || next === state) return next !== undefined;
      number = (newest?.number ?? 0) + 1;
      if (await versions.publish({ number, text: textOf(next, folder) })) return true;
    }
    const seen = `others came first ${TRIES} times, with version ${number} at last`;
    throw new StoreError(`${folder} cannot be written: ${seen}`);
  }

  #folderOf(key: string): string {
    return join(this.#path, folderName(key));
  }
}

/** Throws a `StoreError` that quotes nothing of what it cannot read (S2). */
function stateOf(version: Version | undefined, folder: string): LeaseState {
  if (version === undefined) return UNUSED;
  const result = leaseState().safeParse(parseJson(version.text));
  if (result.success) return result.data;
  const what = `version ${version.number} in ${folder}`;
  throw new StoreError(`${what} is none that this release can read; it is left as it is`, { retryable: false });
}

/** Throws a `StoreError` where it could not be read again, such as after a clock that gave no number. */
function textOf(state: LeaseState, folder: string): string {
  const text = JSON.stringify(state);
  if (leaseState().safeParse(JSON.parse(text)).success) return text;
  throw new StoreError(`${folder} is not written: a number or text in its next state is none`, { retryable: false });
}

/** Names of devices, on Windows. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** A name that every file system takes, and takes for no other key's. */
function folderName(key: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,99}$/.test(key) && !RESERVED.test(key)) return key;
  const readable = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60);
  return `k-${readable}.${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}
