/** The embedded store: a folder of files, shared by all processes that can reach it. */

import { ConfigError } from "../values/errors.js";
import { absolutePath, faultOfFilePath } from "../values/file-path.js";
import { FileMedium } from "./file-medium.js";
import { faultsOfStoreOptions, LeasedStore, type StoreOptions } from "./leased-store.js";
import type { ClosableTokenStore, Lease, StoredRecord } from "./token-store.js";

/**
 * Keeps records in a folder: 0700 where it is made here, its files 0600. Any number of processes may use it
 * at once, also in containers and over a network, where the file system has hard links or atomic renames of
 * folders, and the clocks of the hosts agree within seconds. Nothing is opened or locked between calls.
 * @example new OAuth2RefreshProvider(config, { name: "crm", store: new FileTokenStore("~/.local/state/pipeline") })
 */
export class FileTokenStore implements ClosableTokenStore {
  /** The folder, as an absolute path. */
  readonly path: string;
  readonly #store: LeasedStore;

  /**
   * A relative `path` starts at the working directory, and `~` is the home directory.
   * @throws ConfigError if `path` is none, or an option is misspelt or no function.
   */
  constructor(path: string, options: StoreOptions = {}) {
    const fault = faultOfPath(path);
    const faults = fault === undefined ? [] : [{ path: "path", message: fault }];
    faults.push(...faultsOfStoreOptions(options));
    if (faults.length > 0) throw new ConfigError("FileTokenStore", faults);
    this.path = absolutePath(path);
    this.#store = new LeasedStore(new FileMedium(this.path), options);
  }

  /** The record as last written, or `undefined` if there is none. */
  read(key: string): Promise<StoredRecord | undefined> {
    return this.#store.read(key);
  }

  /** Replaces the record; `false` if a lease with a higher fencing token has written the one that is there. */
  write(key: string, record: StoredRecord): Promise<boolean> {
    return this.#store.write(key, record);
  }

  /** A lease on the key for so many milliseconds, or `undefined` while another holds one. */
  lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    return this.#store.lock(key, milliseconds);
  }

  /** Releases the leases that were taken through this object. Later calls reject with a `ClosedError`. */
  close(): Promise<void> {
    return this.#store.close();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

/** What is wrong with the path of a store. */
export function faultOfPath(path: unknown): string | undefined {
  return faultOfFilePath(path, "folder");
}
