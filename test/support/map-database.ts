/** A database in the memory of a test, which can hang and fail as a real one does. */

import type { ReleaseListener, StoredRecord, TokenDatabase } from "../../src/index.js";

interface Row {
  lastLease: number;
  holder?: string | undefined;
  heldUntil: number;
  record?: StoredRecord | undefined;
}

/** What the server has: rows, and who listens. */
export class MapServer {
  readonly rows = new Map<string, Row>();
  readonly followers = new Set<{ key: string; released: () => void }>();
  readonly lost = new Set<() => void>();
  /** How many steps of each kind it was asked for. */
  readonly asked: Record<string, number> = {};
  /** What the next steps of a kind do before they are taken, or in place of that. */
  readonly before = new Map<string, (signal: AbortSignal) => unknown>();
  /** And after that, before the answer gets back. */
  readonly after = new Map<string, (signal: AbortSignal) => unknown>();
  closed = 0;

  row(key: string): Row {
    const row = this.rows.get(key) ?? { lastLease: 0, heldUntil: 0 };
    this.rows.set(key, row);
    return row;
  }

  /** Ends the connections of all who listen. */
  dropListeners(): void {
    this.followers.clear();
    for (const lost of this.lost) lost();
    this.lost.clear();
  }
}

export class MapDatabase implements TokenDatabase {
  readonly name = "the map";
  readonly #server: MapServer;

  constructor(server: MapServer) {
    this.#server = server;
  }

  read(key: string, signal: AbortSignal): Promise<StoredRecord | undefined> {
    return this.#step("read", signal, () => this.#server.row(key).record);
  }

  write(key: string, record: StoredRecord, signal: AbortSignal): Promise<boolean> {
    return this.#step("write", signal, () => {
      const row = this.#server.row(key);
      if ((row.record?.fencingToken ?? 0) > record.fencingToken) return false;
      row.record = record;
      return true;
    });
  }

  lock(key: string, holder: string, milliseconds: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#step("lock", signal, () => {
      const row = this.#server.row(key);
      if (row.holder !== undefined && row.holder !== holder && row.heldUntil > performance.now()) return undefined;
      row.lastLease = Math.max(row.lastLease, row.record?.fencingToken ?? 0) + 1;
      Object.assign(row, { holder, heldUntil: performance.now() + milliseconds });
      return row.lastLease;
    });
  }

  release(key: string, holder: string, signal: AbortSignal): Promise<void> {
    return this.#step("release", signal, () => {
      const row = this.#server.row(key);
      if (row.holder !== holder) return;
      row.holder = undefined;
      for (const follower of this.#server.followers) if (follower.key === key) follower.released();
    });
  }

  leaseTimeLeft(key: string, signal: AbortSignal): Promise<number> {
    return this.#step("leaseTimeLeft", signal, () => {
      const { holder, heldUntil } = this.#server.row(key);
      return holder === undefined ? 0 : Math.max(0, heldUntil - performance.now());
    });
  }

  listen(lost: () => void, signal: AbortSignal): Promise<ReleaseListener | undefined> {
    return this.#step("listen", signal, () => {
      this.#server.lost.add(lost);
      const own = new Set<{ key: string; released: () => void }>();
      return {
        follow: (key, released) =>
          this.#step("follow", signal, () => {
            const follower = { key, released };
            own.add(follower);
            this.#server.followers.add(follower);
          }),
        close: () => {
          for (const follower of own) this.#server.followers.delete(follower);
        },
      };
    });
  }

  async close(): Promise<void> {
    this.#server.closed += 1;
  }

  async #step<T>(kind: string, signal: AbortSignal, take: () => T): Promise<T> {
    const { asked, before, after } = this.#server;
    asked[kind] = (asked[kind] ?? 0) + 1;
    await before.get(kind)?.(signal);
    const taken = take();
    await after.get(kind)?.(signal);
    return taken;
  }
}
