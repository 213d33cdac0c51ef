/** The record of a grant in a token store that other processes share (D2, D3, D8). */

import { pause, stopwatch, within } from "../failure/deadline.js";
import { lockDelay, type Random, releaseWait, SAVE_MS, saveDelay } from "../failure/policy.js";
import { lockIn, readFrom, writeTo } from "../store/store-answers.js";
import type { Lease, StoredRecord, TokenStore } from "../store/token-store.js";
import { ConfigError, FaucetError, StoreError } from "../values/errors.js";
import { type GrantName, publishAtRisk, publishSafe, warnOfOtherAccount, warnOfStore } from "./grant-events.js";
import type { Inherit } from "./inheritance.js";
import { ANSWER_MS } from "./lease.js";
import { fingerprint, type GrantRecord, newRecord, parseRecord, recordText } from "./record.js";
import type { GrantRepository, Kept } from "./repository.js";

/** Which record, and where. */
export interface StoredRecordOptions {
  readonly store: TokenStore;
  readonly name: GrantName;
  /** What the grant's account is known by: URL, client, body, headers. Only its fingerprint is stored. */
  readonly account: string | undefined;
  /** What earlier releases knew it by: a record that has the fingerprint of this is of the same account. */
  readonly formerAccount?: string | undefined;
  /** Asked in turn where there is no record yet. */
  readonly inherit?: readonly Inherit[] | undefined;
  /** Whether the grant has a refresh token, which may be lost with this process. */
  readonly hasRefreshToken: boolean;
  /** Whether a store that fails is an error even where a token can be had. */
  readonly strict: boolean;
  readonly random: Random;
}

/** How soon a flight that waits hears that its provider is closed, in milliseconds. */
const CLOSING_MS = 100;

/** A repository over a store. It keeps what the store has not taken. */
export class StoredRepository implements GrantRepository {
  readonly #options: StoredRecordOptions;
  readonly #key: string;
  #lastKnown: GrantRecord | undefined;
  #unsaved: StoredRecord | undefined;
  /** Whether what the store holds is another account's. */
  #isForeign = false;
  readonly #warned = new Set<"store" | "account">();

  constructor(options: StoredRecordOptions) {
    this.#options = options;
    this.#key = options.name.key;
  }

  /** Where the store has none, the last one known: a store that was emptied brings no spent token back (D3). */
  async read(): Promise<Kept> {
    const { store } = this.#options;
    const stored = await this.#ask("read", () => readFrom(store, this.#key));
    if (stored !== undefined) {
      const record = this.#ofThisAccount(parseRecord(stored.text, this.#key));
      this.#lastKnown = record;
      return { record, fencingToken: stored.fencingToken };
    }
    this.#lastKnown ??= (await this.#inherited()) ?? newRecord();
    return { record: this.#lastKnown, fencingToken: 0 };
  }

  async #inherited(): Promise<GrantRecord | undefined> {
    for (const inherit of this.#options.inherit ?? []) {
      const record = await this.#ask("read", inherit);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  async lock(milliseconds: number): Promise<Lease | undefined> {
    let isLate = false;
    const locking = this.#ask("locked", async () => {
      const lease = await lockIn(this.#options.store, this.#key, milliseconds);
      // Nobody is there any more to release it.
      if (isLate) await lease?.release();
      return lease;
    });
    return locking.catch((error) => {
      isLate = true;
      throw error;
    });
  }

  /** A lease that cannot be released ends by itself. */
  async release(lease: Lease): Promise<void> {
    await this.#ask("released", () => lease.release()).catch(() => {});
  }

  /** Told by the store, where it can tell. Else it is asked again after a share of what was waited already. */
  async waitForRelease(waited: number, isClosing: () => boolean): Promise<void> {
    const { store, random } = this.#options;
    const milliseconds = releaseWait(random);
    const closing = new AbortController();
    const watching = setInterval(() => isClosing() && closing.abort(), CLOSING_MS);
    (watching as Partial<NodeJS.Timeout>).unref?.();
    const late = (): Error => new StoreError(`no answer within ${ANSWER_MS / 1000} s`);
    const told = await within(milliseconds + 2 * ANSWER_MS, late, async () =>
      store.waitForRelease?.(this.#key, milliseconds, closing.signal),
    ).catch(() => false);
    clearInterval(watching);
    // A store that is told at once, again and again, is not asked without any pause.
    if (!closing.signal.aborted) await pause(lockDelay(told ? 0 : waited, random));
  }

  async save(record: GrantRecord, lease: Lease): Promise<boolean> {
    const owned = this.#owned(record);
    const stored = { fencingToken: lease.fencingToken, text: recordText(owned) };
    this.#lastKnown = owned;
    this.#isForeign = false;
    try {
      const isSaved = await this.#saveWhile(lease, stored);
      this.#unsaved = undefined;
      return isSaved;
    } catch (error) {
      this.#unsaved = stored;
      this.#reportUnsaved(error as FaucetError);
      if (this.#options.strict) throw error;
      return true;
    }
  }

  /** Tries again while the lease lasts, for some seconds. */
  async #saveWhile(lease: Lease, stored: StoredRecord): Promise<boolean> {
    const timeLeft = stopwatch(Math.min(SAVE_MS, lease.timeLeft()) / 1000);
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await this.#write(stored);
      } catch (error) {
        const delay = saveDelay(attempts, this.#options.random);
        if (delay >= timeLeft()) throw error;
        await pause(delay);
      }
    }
  }

  /** A failure that the store does not take stands in the gate of this process alone. */
  async annotate({ record, fencingToken }: Kept): Promise<boolean> {
    // A failure does not take the place of another account's record.
    if (this.#isForeign) return true;
    return this.#write({ fencingToken, text: recordText(this.#owned(record)) }).catch(() => true);
  }

  /** Leaves it where a later lease has written meanwhile. */
  async flush(): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return;
    await this.#write(unsaved);
    if (this.#unsaved !== unsaved) return;
    this.#unsaved = undefined;
    publishSafe(this.#options.name);
  }

  reportUnavailable(error: FaucetError): void {
    this.#warnOnce("store", () => warnOfStore(this.#options.name, error));
  }

  /** Without a refresh token, nothing is lost. */
  #reportUnsaved(error: FaucetError): void {
    if (this.#options.hasRefreshToken) publishAtRisk(this.#options.name, error);
    else this.reportUnavailable(error);
  }

  /** Each kind of warning once: one must not hide another. */
  #warnOnce(kind: "store" | "account", warn: () => void): void {
    if (!this.#warned.has(kind)) warn();
    this.#warned.add(kind);
  }

  #owned(record: GrantRecord): GrantRecord {
    const { account } = this.#options;
    return account === undefined ? record : { ...record, account: fingerprint(record, account) };
  }

  /** A record of another account is never adopted, and never replaced where that would lose a refresh token (D8). */
  #ofThisAccount(record: GrantRecord): GrantRecord {
    const { name } = this.#options;
    const isOurs = this.#isOurs(record);
    this.#isForeign = !isOurs;
    if (isOurs) return record;
    if (record.refreshToken !== undefined && record.cameByLogin !== true)
      throw new ConfigError(name.name, [{ path: "persist", message: otherAccount(name) }]);
    this.#warnOnce("account", () => warnOfOtherAccount(name));
    return newRecord();
  }

  #isOurs(record: GrantRecord): boolean {
    const { account, formerAccount } = this.#options;
    if (account === undefined || record.account === undefined) return true;
    return [account, formerAccount].some(
      (known) => known !== undefined && record.account === fingerprint(record, known),
    );
  }

  #write(stored: StoredRecord): Promise<boolean> {
    return this.#ask("written", () => writeTo(this.#options.store, this.#key, stored));
  }

  async #ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    const subject = `the store of ${this.#key} cannot be ${what}`;
    const late = (): Error => new StoreError(`${subject}: no answer within ${ANSWER_MS / 1000} s`);
    try {
      // What it has to load counts for no deadline.
      await this.#options.store.open?.();
      return await within(ANSWER_MS, late, work);
    } catch (error) {
      // A driver that is missing is no failure of the store: it is mended otherwise.
      if (isStoreError(error) || isConfigError(error)) throw error;
      // What a store of a user's own throws may quote the record.
      throw new StoreError(`${subject} (${codeOf(error)})`);
    }
  }
}

function otherAccount({ key }: GrantName): string {
  return `the record ${key} holds the refresh token of another account; give this provider a persist.key of its own, or another persist.path`;
}

/** Whether `error` is of a store, and not of an IdP. */
export function isStoreError(error: unknown): error is FaucetError {
  return FaucetError.is(error) && (error.code === "store" || error.code === "closed");
}

function isConfigError(error: unknown): boolean {
  return FaucetError.is(error) && error.code === "config";
}

/** A code of the system, or the name of the error's class: text that nobody composed. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const found = [code, name].find((text) => typeof text === "string" && /^\w{1,60}$/.test(text));
  return typeof found === "string" ? found : "no reason given";
}
