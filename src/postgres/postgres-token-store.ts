/** The public face of the store. */

import {
  ConfigError,
  type ConfigFault,
  databaseStore,
  faultOfPostgresUrl,
  faultOfRecord,
  faultOfTable,
  type Lease,
  type StoredRecord,
  type TokenStore,
} from "faucet-auth";
import { PostgresDatabase } from "./postgres-database.js";
import type { PostgresPool } from "./postgres-pool.js";
import { GivenPool, PostgresConnections, type PostgresModule } from "./postgres-server.js";

/** Where in a PostgreSQL the records are. */
export interface PostgresTokenStoreOptions {
  /**
   * The table, as `name` or `schema.name`. Capitals count.
   * @default "faucet_auth"
   */
  readonly table?: string | undefined;
  /**
   * Whether the table is made if it is missing. Its statement stands in the guide.
   * @default true
   */
  readonly create?: boolean | undefined;
  /**
   * Whether processes that wait for a lease listen for a notification, on a connection of its own that is there while they wait;
   * else they ask again and again.
   * @default true, unless a pooler stands before the server
   */
  readonly listen?: boolean | undefined;
}

/**
 * Keeps records in PostgreSQL 12 or later, a row each, for processes that share no disk. Processes that wait for a
 * lease are told by a notification. Works through PgBouncer in transaction mode too.
 * @example new OAuth2RefreshProvider(config, { name: "crm", store: new PostgresTokenStore(pool) })
 */
export class PostgresTokenStore implements Required<TokenStore> {
  readonly #store: Required<TokenStore>;

  /**
   * Uses a pool of `pg`, which stays its owner's; or connections of its own to a connection string, which may be a
   * function that gives it for each use. They need the package `pg`, and hold no process open.
   * @throws ConfigError if `server` is neither, or an option is misspelt or unusable.
   */
  constructor(
    server: PostgresPool | string | (() => string | Promise<string>),
    options: PostgresTokenStoreOptions = {},
  ) {
    const faults = [...faultsOfServer(server), ...faultsOfPostgresOptions(options)];
    if (faults.length > 0) throw new ConfigError("PostgresTokenStore", faults);
    const { table = DEFAULT_TABLE, create = true, listen } = options;
    this.#store = databaseStore(async () => {
      if (typeof server === "object") return new PostgresDatabase(new GivenPool(server), { table, create, listen });
      const url = typeof server === "string" ? () => server : server;
      return new PostgresDatabase(new PostgresConnections(await loadPg(), url), { table, create, listen });
    });
  }

  /** Loads `pg`, where a connection string was given. @throws ConfigError if it is not installed. */
  open(): Promise<void> {
    return this.#store.open();
  }

  /** The record as last written, or `undefined` if there is none. @throws StoreError if that cannot be known. */
  read(key: string): Promise<StoredRecord | undefined> {
    return this.#store.read(key);
  }

  /** Replaces the record; `false` if a lease with a higher fencing token has written the one that is there. */
  write(key: string, record: StoredRecord): Promise<boolean> {
    return this.#store.write(key, record);
  }

  /** A lease on the key for so many milliseconds by the clock of the server, or `undefined` while another holds one. */
  lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    return this.#store.lock(key, milliseconds);
  }

  /** Waits until the lease on the key has ended; `false` if notifications cannot be heard at the moment. */
  waitForRelease(key: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    return this.#store.waitForRelease(key, milliseconds, signal);
  }

  /** Releases the leases that were taken through this object, and ends its own connections. Later calls reject with a `ClosedError`. */
  close(): Promise<void> {
    return this.#store.close();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

function faultsOfServer(server: unknown): ConfigFault[] {
  if (typeof server === "function") return [];
  if (typeof server === "string") {
    const fault = faultOfPostgresUrl(server);
    return fault === undefined ? [] : [{ path: "url", message: fault }];
  }
  const isPool = typeof (server as Partial<PostgresPool> | null)?.connect === "function";
  // A Client has the same method, and gives nothing by it.
  const isClient = isPool && "processID" in (server as object);
  return isPool && !isClient
    ? []
    : [{ path: "pool", message: "must be a Pool of the pg package, or a connection string" }];
}

const DEFAULT_TABLE = "faucet_auth";

const OPTIONS: readonly string[] = ["table", "create", "listen"];

function faultsOfPostgresOptions(options: unknown): ConfigFault[] {
  const fault = faultOfRecord(options, `must be an object; its keys may be ${OPTIONS.join(", ")}`);
  if (fault !== undefined) return [{ path: "options", message: fault }];
  const given = options as Record<string, unknown>;
  const unknown = Object.keys(given).filter((key) => !OPTIONS.includes(key));
  const table = given.table === undefined ? undefined : faultOfTable(given.table);
  const flags = ["create", "listen"].filter((key) => !["undefined", "boolean"].includes(typeof given[key]));
  return [
    ...unknown.map((key) => ({ path: `options.${key}`, message: `unknown option; known are ${OPTIONS.join(", ")}` })),
    ...(table === undefined ? [] : [{ path: "options.table", message: table }]),
    ...flags.map((key) => ({ path: `options.${key}`, message: "must be true or false" })),
  ];
}

/** In a try block, so that bundlers take it for what may be missing. */
async function loadPg(): Promise<PostgresModule> {
  try {
    const loaded: { readonly default?: unknown } = await import("pg");
    // It is CommonJS, of whose exports Node does not see every one by name.
    return (loaded.default ?? loaded) as PostgresModule;
  } catch (error) {
    const [reason] = String((error as Partial<Error> | undefined)?.message ?? error).split("\n");
    const fault = { path: "", message: `its dependency pg cannot be loaded: ${reason}; npm install pg` };
    throw Object.assign(new ConfigError("PostgresTokenStore", [fault]), { cause: error });
  }
}
