/** The embedded store: a folder of files, shared by all processes that can reach it (D2, D6). */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { ConfigError, StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { type Change, type LeaseState, UNUSED } from "./lease-state.js";
import { LeasedStore, type StoreOptions } from "./leased-store.js";
import { type Version, VersionFolder } from "./version-folder.js";

/**
 * Keeps records in a folder: 0700 where it is made here, its files 0600. Any number of processes may use it
 * at once, also in containers and over a network, where the file system has hard links and the clocks of
 * the hosts agree within seconds. Nothing is opened or locked between calls.
 */
export class FileTokenStore extends LeasedStore {
  /** The folder, as an absolute path. */
  readonly path: string;

  /** A relative `path` starts at the working directory. Throws a `ConfigError` if there is none. */
  constructor(path: string, options: StoreOptions = {}) {
    if (typeof path !== "string" || path === "") {
      throw new ConfigError("FileTokenStore", [{ path: "path", message: "must be the path of a folder" }]);
    }
    super(options);
    this.path = resolve(path);
  }

  protected async load(key: string): Promise<LeaseState> {
    const folder = this.#folderOf(key);
    return stateOf(await new VersionFolder(folder).newest(), folder);
  }

  protected async advance(key: string, change: Change): Promise<boolean> {
    const folder = this.#folderOf(key);
    const versions = new VersionFolder(folder);
    for (;;) {
      const newest = await versions.newest();
      const state = stateOf(newest, folder);
      const next = change(state);
      if (next === undefined || next === state) return next !== undefined;
      const text = JSON.stringify({ ...next, format: FORMAT });
      if (await versions.publish({ number: (newest?.number ?? 0) + 1, text })) return true;
    }
  }

  #folderOf(key: string): string {
    return join(this.path, folderName(key));
  }
}

/** The format of a state. A release that changes it counts on. */
const FORMAT = 1;

const schema = lazily(() =>
  z.object({
    format: z.literal(FORMAT),
    fencingToken: z.number(),
    holder: z.optional(
      z.object({
        id: z.string(),
        owner: z.object({
          host: z.string(),
          pid: z.number(),
          boot: z.optional(z.string()),
          pidNamespace: z.optional(z.string()),
          startedAt: z.optional(z.string()),
        }),
        since: z.number(),
        milliseconds: z.number(),
      }),
    ),
    record: z.optional(z.object({ fencingToken: z.number(), text: z.string() })),
  }),
);

/** Throws a `StoreError` that quotes nothing of what it cannot read (S2). */
function stateOf(version: Version | undefined, folder: string): LeaseState {
  if (version === undefined) return UNUSED;
  const result = schema().safeParse(parseJson(version.text));
  if (result.success) return result.data;
  throw new StoreError(
    `version ${version.number} in ${folder} is none that this release can read; it is left as it is`,
    {
      retryable: false,
    },
  );
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
