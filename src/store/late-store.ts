/** A store that is loaded when it is first used, so that nobody pays for a driver that is not needed. */

import { ClosedError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { Lease, StoredRecord, TokenStore } from "./token-store.js";

/** The store that `load` gives, from its first use on. Loading that has failed is tried again. */
export function lateStore(load: () => Promise<Required<TokenStore>>): Required<TokenStore> {
  return new LateStore(load);
}

class LateStore implements Required<TokenStore> {
  readonly #load: () => Promise<Required<TokenStore>>;
  #loaded: Promise<Required<TokenStore>> | undefined;
  #closed = false;

  constructor(load: () => Promise<Required<TokenStore>>) {
    this.#load = load;
  }

  async open(): Promise<void> {
    await (await this.#store()).open();
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    return (await this.#store()).read(key);
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    return (await this.#store()).write(key, record);
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    return (await this.#store()).lock(key, milliseconds);
  }

  async waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    return (await this.#store()).waitForRelease(key, milliseconds, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const store = await this.#loaded?.catch(() => undefined);
    await store?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #store(): Promise<Required<TokenStore>> {
    if (this.#closed) throw new ClosedError("the token store");
    this.#loaded ??= handled(
      this.#load().catch((error: unknown) => {
        this.#loaded = undefined;
        throw error;
      }),
    );
    return this.#loaded;
  }
}
