/** A store in the simplest words, and stores that are wrong in one way each. */

import assert from "node:assert/strict";
import type { Lease, StoredRecord, TokenStore } from "../../src/index.js";

interface Row {
  lastLease: number;
  holder: number | undefined;
  heldUntil: number;
  record: StoredRecord | undefined;
}

/** What "the database" holds, in the memory of this process. */
export type Rows = Map<string, Row>;

/** How long a store takes between two looks, and a wrong one between two steps that should have been one. */
const gap = () => new Promise((resolve) => setTimeout(resolve, 1));

let holders = 0;

/** A store as it should be, each step by itself. What is wrong with one is one of these steps. */
export class PlainStore implements TokenStore {
  protected readonly rows: Rows;
  protected isClosed = false;

  constructor(rows: Rows) {
    this.rows = rows;
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    this.refuseIfClosed();
    return this.row(key).record;
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    this.refuseIfClosed();
    const row = this.row(key);
    if (!this.mayWrite(row, record)) return false;
    row.record = { ...record };
    return true;
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    this.refuseIfClosed();
    const row = this.row(key);
    return this.isFree(row) ? this.grant(row, milliseconds) : undefined;
  }

  async waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    const end = performance.now() + milliseconds;
    while (performance.now() < end && !signal.aborted && !this.isFree(this.row(key))) await gap();
    return true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  protected row(key: string): Row {
    const row = this.rows.get(key) ?? { lastLease: 0, holder: undefined, heldUntil: 0, record: undefined };
    this.rows.set(key, row);
    return row;
  }

  protected mayWrite({ record }: Row, { fencingToken }: StoredRecord): boolean {
    return (record?.fencingToken ?? 0) <= fencingToken;
  }

  protected isFree({ holder, heldUntil }: Row): boolean {
    return holder === undefined || heldUntil <= performance.now();
  }

  protected nextNumber({ lastLease, record }: Row): number {
    return Math.max(lastLease, record?.fencingToken ?? 0) + 1;
  }

  protected grant(row: Row, milliseconds: number): Lease {
    holders += 1;
    const holder = holders;
    const end = performance.now() + milliseconds;
    const fencingToken = this.nextNumber(row);
    Object.assign(row, { holder, heldUntil: end, lastLease: fencingToken });
    let isReleased = false;
    return {
      fencingToken,
      timeLeft: () => (isReleased ? 0 : Math.max(0, end - performance.now())),
      release: async () => {
        isReleased = true;
        this.release(row, holder);
      },
    };
  }

  protected release(row: Row, holder: number): void {
    if (row.holder === holder) row.holder = undefined;
  }

  protected refuseIfClosed(): void {
    if (this.isClosed) throw new Error("closed");
  }
}

/** A store whose first INSERT is one step, and each later SELECT and UPDATE are two. */
class TwoStepStore extends PlainStore {
  override async write(key: string, record: StoredRecord): Promise<boolean> {
    const row = this.row(key);
    const isTaken = this.mayWrite(row, record);
    if (row.record !== undefined) await gap();
    if (isTaken) row.record = record;
    return isTaken;
  }

  override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    const row = this.row(key);
    if (!this.isFree(row)) return undefined;
    if (row.lastLease > 0) await gap();
    return this.grant(row, milliseconds);
  }
}

type StoreClass = new (rows: Rows) => TokenStore;

/** What is wrong, a case of the suite that must find it, and the store. */
export const wrongStores: readonly (readonly [wrong: string, found: string, store: StoreClass])[] = [
  [
    "it writes whatever the fencing token",
    "a record of an earlier lease is refused, and changes nothing",
    class extends PlainStore {
      protected override mayWrite(): boolean {
        return true;
      }
    },
  ],
  [
    "it takes one write of each lease",
    "a record is replaced by another of the same lease, and by one of a later lease",
    class extends PlainStore {
      protected override mayWrite({ record }: Row, { fencingToken }: StoredRecord): boolean {
        return record === undefined || record.fencingToken < fencingToken;
      }
    },
  ],
  [
    "it takes writes of the last lease only",
    "whoever lost the lease may still write, as long as no later lease has written",
    class extends PlainStore {
      protected override mayWrite(row: Row, record: StoredRecord): boolean {
        return record.fencingToken >= row.lastLease && super.mayWrite(row, record);
      }
    },
  ],
  [
    "it compares first, and writes later",
    "of many writes at once, that of the latest lease stays: comparing and writing are one step",
    class extends PlainStore {
      override async write(key: string, record: StoredRecord): Promise<boolean> {
        this.refuseIfClosed();
        const isTaken = this.mayWrite(this.row(key), record);
        await gap();
        if (isTaken) this.row(key).record = record;
        return isTaken;
      }
    },
  ],
  [
    "it forgets the number with the lease",
    "the fencing token rises with every lease",
    class extends PlainStore {
      protected override release(row: Row, holder: number): void {
        super.release(row, holder);
        row.lastLease = 0;
      }
    },
  ],
  [
    "it forgets the number of a lease that ends by its time",
    "the fencing token rises after a lease that ended by its time, too",
    class extends PlainStore {
      protected override nextNumber(row: Row): number {
        return row.holder === undefined ? super.nextNumber(row) : (row.record?.fencingToken ?? 0) + 1;
      }
    },
  ],
  [
    "it counts leases apart from records",
    "the fencing token is higher than that of the record",
    class extends PlainStore {
      protected override nextNumber({ lastLease }: Row): number {
        return lastLease + 1;
      }
    },
  ],
  [
    "it looks whether the lease is free, and takes it later",
    "of many who ask at once, one gets the lease",
    class extends PlainStore {
      override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
        this.refuseIfClosed();
        const isFree = this.isFree(this.row(key));
        await gap();
        return isFree ? this.grant(this.row(key), milliseconds) : undefined;
      }
    },
  ],
  [
    "it takes a lease in one step if nobody has ever had it, and in two after that",
    "of many who ask at once for a lease that was released, one gets it",
    class extends TwoStepStore {},
  ],
  [
    "it takes a lease in one step if nobody has ever had it, and one that has ended in two",
    "of many who ask at once for a lease that ended by its time, one gets it",
    class extends TwoStepStore {},
  ],
  [
    "it writes the first record in one step, and replaces it in two",
    "of many writes at once over a record that is there, that of the latest lease stays, too",
    class extends TwoStepStore {},
  ],
  [
    "what it has written, others can read a little later",
    "a record is read as it was written, by every store",
    class extends PlainStore {
      readonly #written = new Map<string, StoredRecord>();

      override async read(key: string): Promise<StoredRecord | undefined> {
        return this.#written.get(key) ?? super.read(key);
      }

      override async write(key: string, record: StoredRecord): Promise<boolean> {
        this.refuseIfClosed();
        const row = this.row(key);
        if (!this.mayWrite(row, record)) return false;
        this.#written.set(key, record);
        setTimeout(() => {
          if (this.mayWrite(row, record)) row.record = record;
        }, 30);
        return true;
      }
    },
  ],
  [
    "each of its objects has records of its own",
    "a record is read as it was written, by every store",
    class extends PlainStore {
      constructor() {
        super(new Map());
      }
    },
  ],
  [
    "its leases never end by themselves",
    "a lease that nobody releases ends by its time, though others ask all the while",
    class extends PlainStore {
      protected override isFree({ holder }: Row): boolean {
        return holder === undefined;
      }
    },
  ],
  [
    "whoever asks prolongs the lease of another",
    "a lease that nobody releases ends by its time, though others ask all the while",
    class extends PlainStore {
      override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
        const lease = await super.lock(key, milliseconds);
        if (lease === undefined) this.row(key).heldUntil += 1000;
        return lease;
      }
    },
  ],
  [
    "anybody ends the lease",
    "whoever lost the lease cannot end that of the next",
    class extends PlainStore {
      protected override release(row: Row): void {
        row.holder = undefined;
      }
    },
  ],
  [
    "lock() waits until it gets the lease",
    "lock() does not wait for the lease of another",
    class extends PlainStore {
      override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
        for (let tries = 0; tries < 1500; tries += 1) {
          const lease = await super.lock(key, milliseconds);
          if (lease !== undefined) return lease;
          await gap();
        }
        return undefined;
      }
    },
  ],
  [
    "each of its objects has leases of its own",
    "a lease excludes others until it is released",
    class extends PlainStore {
      readonly #own: Rows = new Map();

      override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
        return new PlainStore(this.#own).lock(key, milliseconds);
      }
    },
  ],
  [
    "one lease excludes all keys",
    "leases of different keys do not exclude each other",
    class extends PlainStore {
      override async lock(_key: string, milliseconds: number): Promise<Lease | undefined> {
        return super.lock("all", milliseconds);
      }
    },
  ],
  [
    "its milliseconds are microseconds",
    "a lease lasts for its time: milliseconds are no other unit",
    class extends PlainStore {
      override async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
        return super.lock(key, milliseconds / 1000);
      }
    },
  ],
  [
    "timeLeft() is what was asked for",
    "timeLeft() is 0 by the time at which another takes over",
    class extends PlainStore {
      protected override grant(row: Row, milliseconds: number): Lease {
        return { ...super.grant(row, milliseconds), timeLeft: () => milliseconds };
      }
    },
  ],
  [
    "there is time left of a lease that was released",
    "timeLeft() never says more than what was asked for, falls, and is 0 after release()",
    class extends PlainStore {
      protected override grant(row: Row, milliseconds: number): Lease {
        const end = performance.now() + milliseconds;
        return { ...super.grant(row, milliseconds), timeLeft: () => Math.max(0, end - performance.now()) };
      }
    },
  ],
  [
    "a lease can be released once only",
    "release() may be called again, and ends no lease of another",
    class extends PlainStore {
      protected override release(row: Row, holder: number): void {
        if (row.holder !== holder) throw new assert.AssertionError({ message: "the lease is not held" });
        super.release(row, holder);
      }
    },
  ],
  [
    "a record ends with its lease",
    "a record stays when leases are granted, released, and over",
    class extends PlainStore {
      protected override grant(row: Row, milliseconds: number): Lease {
        row.record = undefined;
        return super.grant(row, milliseconds);
      }
    },
  ],
  [
    "it says that there is nothing where it cannot look",
    "a store that is closed rejects: that it cannot look never means that there is nothing",
    class extends PlainStore {
      override async read(key: string): Promise<StoredRecord | undefined> {
        return this.isClosed ? undefined : super.read(key);
      }
    },
  ],
  [
    "it does not tell keys apart by their case",
    "keys are kept apart, however alike and however odd they are",
    class extends PlainStore {
      protected override row(key: string): Row {
        return super.row(key.toLowerCase());
      }
    },
  ],
  [
    "it gives an empty record where there is none",
    "a key that was never written has no record",
    class extends PlainStore {
      override async read(key: string): Promise<StoredRecord | undefined> {
        return (await super.read(key)) ?? { fencingToken: 0, text: "" };
      }
    },
  ],
  [
    "it trims what it is given",
    "a record is read as it was written, by every store",
    class extends PlainStore {
      override write(key: string, record: StoredRecord): Promise<boolean> {
        return super.write(key, { ...record, text: record.text.trim() });
      }
    },
  ],
  [
    "it keeps a copy of what it has read",
    "a store keeps no copy: what another has written is read at once",
    class extends PlainStore {
      readonly #copies = new Map<string, StoredRecord | undefined>();

      override async read(key: string): Promise<StoredRecord | undefined> {
        if (!this.#copies.has(key)) this.#copies.set(key, await super.read(key));
        return this.#copies.get(key);
      }
    },
  ],
  [
    "it compares fencing tokens as texts",
    "a record of an earlier lease is refused, and changes nothing",
    class extends PlainStore {
      protected override mayWrite({ record }: Row, { fencingToken }: StoredRecord): boolean {
        return `${record?.fencingToken ?? 0}` <= `${fencingToken}`;
      }
    },
  ],
  [
    "whoever begins to wait after the release is not told of it",
    "a release between lock() and waitForRelease() is not missed",
    class extends PlainStore {
      override async waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
        const row = this.row(key);
        const holder = row.holder;
        const end = performance.now() + milliseconds;
        while (performance.now() < end && !signal.aborted && row.holder === holder) await gap();
        return true;
      }
    },
  ],
  [
    "nobody is told of a release",
    "whoever waits for a lease is told of its release",
    class extends PlainStore {
      override async waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
        const end = performance.now() + milliseconds;
        const { heldUntil } = this.row(key);
        while (performance.now() < Math.min(end, heldUntil) && !signal.aborted) await gap();
        return true;
      }
    },
  ],
  [
    "nobody is told of a lease that ends by its time",
    "whoever waits hears of a lease that ends by its time, too",
    class extends PlainStore {
      override async waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
        const end = performance.now() + milliseconds;
        while (performance.now() < end && !signal.aborted && this.row(key).holder !== undefined) await gap();
        return true;
      }
    },
  ],
  [
    "waiting waits for nothing",
    "waitForRelease() waits while another has the lease",
    class extends PlainStore {
      override async waitForRelease(): Promise<boolean> {
        return true;
      }
    },
  ],
  [
    "waiting goes on after its signal was aborted",
    "waitForRelease() ends after its time, and when its signal is aborted",
    class extends PlainStore {
      override waitForRelease(key: string, milliseconds: number): Promise<boolean> {
        return super.waitForRelease(key, Math.min(milliseconds, 5000), new AbortController().signal);
      }
    },
  ],
];
