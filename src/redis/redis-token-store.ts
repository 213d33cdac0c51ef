/** The public face of the store. */

import {
  ConfigError,
  type ConfigFault,
  databaseStore,
  faultOfRecord,
  faultOfRedisUrl,
  type Lease,
  type StoredRecord,
  type TokenStore,
} from "faucet-auth";
import type { RedisClient } from "./redis-client.js";
import { RedisConnection, type RedisModule } from "./redis-connection.js";
import { RedisDatabase } from "./redis-database.js";
import { GivenClient } from "./redis-server.js";

/** Where in a Redis the records are. */
export interface RedisTokenStoreOptions {
  /**
   * What every key and channel begins with. It must not have braces.
   * @default "faucet-auth:"
   */
  readonly prefix?: string | undefined;
}

const DEFAULT_PREFIX = "faucet-auth:";

/**
 * Keeps records in Redis 6.2 or later, or in Valkey, for processes that share no disk. All keys of a record
 * are in one hash slot, and only leases have a time to live. Processes that wait for a lease are told by a message.
 * @example new OAuth2RefreshProvider(config, { name: "crm", store: new RedisTokenStore("rediss://redis.example") })
 */
export class RedisTokenStore implements Required<TokenStore> {
  readonly #store: Required<TokenStore>;

  /**
   * Uses a client that is connected, and stays its owner's; or makes connections of its own to a URL, which may be a
   * function that gives it for each connection. They need the package `redis`, and hold no process open.
   * @throws ConfigError if `server` is neither, or an option is misspelt.
   */
  constructor(server: RedisClient | string | (() => string | Promise<string>), options: RedisTokenStoreOptions = {}) {
    const faults = [...faultsOfServer(server), ...faultsOfRedisOptions(options)];
    if (faults.length > 0) throw new ConfigError("RedisTokenStore", faults);
    const { prefix = DEFAULT_PREFIX } = options;
    this.#store = databaseStore(async () => {
      if (typeof server === "object") return new RedisDatabase(new GivenClient(server), prefix);
      const url = typeof server === "string" ? () => server : server;
      return new RedisDatabase(new RedisConnection(await loadRedis(), url), prefix);
    });
  }

  /** Loads `redis`, where a URL was given. @throws ConfigError if it is not installed. */
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

  /** Waits until the lease on the key has ended; `false` if messages cannot be heard at the moment. */
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
    const fault = faultOfRedisUrl(server);
    return fault === undefined ? [] : [{ path: "url", message: fault }];
  }
  const isClient = ["eval", "evalSha"].every(
    (method) => typeof (server as Partial<Record<string, unknown>> | null)?.[method] === "function",
  );
  return isClient ? [] : [{ path: "client", message: "must be a connected client of the redis package, or a URL" }];
}

function faultsOfRedisOptions(options: unknown): ConfigFault[] {
  const fault = faultOfRecord(options, "must be an object; its key may be prefix");
  if (fault !== undefined) return [{ path: "options", message: fault }];
  const unknown = Object.keys(options as object).filter((key) => key !== "prefix");
  const { prefix } = options as RedisTokenStoreOptions;
  return [
    ...unknown.map((key) => ({ path: `options.${key}`, message: "unknown option; the only one is prefix" })),
    ...(isPrefix(prefix ?? DEFAULT_PREFIX)
      ? []
      : [{ path: "options.prefix", message: "must be text without braces, which tell the hash slot of a key" }]),
  ];
}

function isPrefix(prefix: unknown): boolean {
  return typeof prefix === "string" && !/[{}]/.test(prefix);
}

/** In a try block, so that bundlers take it for what may be missing. */
async function loadRedis(): Promise<RedisModule> {
  try {
    return await import("redis");
  } catch (error) {
    const [reason] = String((error as Partial<Error> | undefined)?.message ?? error).split("\n");
    const fault = { path: "", message: `its dependency redis cannot be loaded: ${reason}; npm install redis` };
    throw Object.assign(new ConfigError("RedisTokenStore", [fault]), { cause: error });
  }
}
