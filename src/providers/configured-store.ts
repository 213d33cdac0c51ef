/** The store that `persist` names: files, Redis or PostgreSQL, encrypted or not. */

import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { because, optional, text, withDefault } from "../config/fields.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { type SeedText, seedText } from "../live/seed-text.js";
import { encryptedStore, faultOfKey } from "../store/encrypted-store.js";
import { FileTokenStore, faultOfPath } from "../store/file-token-store.js";
import { lateStore } from "../store/late-store.js";
import { faultOfPostgresUrl, faultOfRedisUrl, faultOfTable } from "../store/server-address.js";
import type { ClosableTokenStore, TokenStore } from "../store/token-store.js";
import { loadDependency } from "../values/load-dependency.js";
import type { Runtime } from "./runtime.js";

/** Where records are kept. One of `path`, `redis` and `postgres` is required, unless `runtime.store` is given. */
export interface StoreConfig {
  /** The folder of a `FileTokenStore`. */
  readonly path?: string | null;
  /**
   * The URL of a Redis or Valkey, `redis://user:password@host:port/database`, or `rediss://` with TLS. Needs the package `redis`.
   * A file or function is read for each connection.
   */
  readonly redis?: LiveText | null;
  /**
   * The connection string of a PostgreSQL, `postgres://user:password@host:port/database`. Needs the package `pg`. A file
   * or function is read for each use.
   */
  readonly postgres?: LiveText | null;
  /**
   * The table in PostgreSQL, as `name` or `schema.name`. It is made if it is missing.
   * @default faucet_auth
   */
  readonly table?: string | null;
  /**
   * Encrypts the records by AES-256-GCM: 32 bytes, in base64. `{ file: PATH }` is read once, when the provider is made.
   * @default not encrypted
   */
  readonly encryption_key?: SeedText | null;
  /**
   * Keys by which records may still be encrypted; a record is encrypted with `encryption_key` when it is next written.
   * @default none
   */
  readonly previous_encryption_keys?: readonly SeedText[] | null;
  /**
   * Whether records that are not encrypted yet are read, and encrypted when they are next written.
   * @default false
   */
  readonly encrypt_existing?: boolean | null;
}

/** The fields for it. */
export const storeFields = () => ({
  path: optional(text().check(because((path) => (path === "" ? undefined : faultOfPath(path))))),
  redis: optional(liveText("persist.redis", { faultOf: faultOfRedisUrl })),
  postgres: optional(liveText("persist.postgres", { faultOf: faultOfPostgresUrl })),
  table: optional(text().check(because((table) => (table === "" ? undefined : faultOfTable(table))))),
  encryption_key: optional(seedText("persist.encryption_key", { faultOf: faultOfKey })),
  previous_encryption_keys: withDefault(
    z.array(seedText("persist.previous_encryption_keys", { faultOf: faultOfKey })),
    [],
  ),
  encrypt_existing: withDefault(z.boolean(), false),
});

/** Those in their normal form. */
type StoreSettings = z.output<z.ZodMiniObject<ReturnType<typeof storeFields>>>;

/** What names a store, and which of them a grant has. */
const PLACES = ["path", "redis", "postgres"] as const;

/** What `persist` must be beside the provider's runtime. */
export function storeFitsRuntime({ store }: Runtime): Relation {
  return ({ persist }) => {
    if (!isGiven(persist) || typeof persist !== "object") return [];
    const config = persist as StoreConfig;
    const given = PLACES.filter((place) => isGiven(config[place]));
    const faults: { path: string; message: string }[] = [];
    const fault = (at: string, message: string): void => {
      faults.push({ path: `persist.${at}`, message });
    };
    if (store === undefined && given.length === 0) {
      fault("path", "is required: the path of a folder; or in its place redis or postgres, the URL of a server");
    }
    for (const place of store === undefined ? given.slice(1) : given) {
      fault(place, `cannot stand beside ${store === undefined ? given[0] : "runtime.store"}: a grant has one store`);
    }
    if (isGiven(config.table) && !isGiven(config.postgres))
      fault("table", "is the table of postgres, which is not given");
    const isKeyNeeded = isGiven(config.previous_encryption_keys) || isGiven(config.encrypt_existing);
    if (isKeyNeeded && !isGiven(config.encryption_key)) {
      fault("encryption_key", "is required beside previous_encryption_keys and encrypt_existing");
    }
    return faults;
  };
}

/** A store, and what is known of its place. */
export interface ConfiguredStore {
  readonly store: TokenStore;
  /** What tells its place from others: two that are the same are one. */
  readonly place: unknown;
  /** The folder, of one that keeps files. */
  readonly folder?: string | undefined;
  /** Closes what was opened here. */
  close(): Promise<void>;
}

/** The store that a configuration and a runtime ask for, if they ask for any. What was given stays open. */
export function configuredStore(persist: StoreSettings | undefined, runtime: Runtime): ConfiguredStore | undefined {
  const opened = persist && openedStore(persist, runtime);
  const plain = opened?.store ?? runtime.store;
  if (plain === undefined) return undefined;
  const { place = plain, folder } = opened ?? {};
  return { store: sealed(plain, persist), place, folder, close: async () => opened?.store.close() };
}

interface OpenedStore {
  readonly store: ClosableTokenStore;
  readonly place: string;
  readonly folder?: string;
}

function openedStore({ path, redis, postgres, table }: StoreSettings, { clock }: Runtime): OpenedStore | undefined {
  if (path !== undefined) {
    const store = new FileTokenStore(path, { clock });
    return { store, place: store.path, folder: store.path };
  }
  if (redis !== undefined) {
    const open = async () => {
      const { RedisTokenStore } = await loadDependency("faucet-auth/redis", () => import("faucet-auth/redis"));
      return new RedisTokenStore(() => redis.read());
    };
    return { store: lateStore(open), place: placeOf(redis) };
  }
  if (postgres !== undefined) {
    const open = async () => {
      const { PostgresTokenStore } = await loadDependency("faucet-auth/postgres", () => import("faucet-auth/postgres"));
      return new PostgresTokenStore(() => postgres.read(), { table });
    };
    return { store: lateStore(open), place: `${placeOf(postgres)} ${table ?? ""}` };
  }
  return undefined;
}

/** The address without the user, who may be another in the next provider; of a live one, where it is read. */
function placeOf({ isLive, identity }: LiveValue): string {
  return isLive ? identity : identity.replace(/\/\/[^/]*@/, "//");
}

function sealed(store: TokenStore, persist: StoreSettings | undefined): TokenStore {
  const {
    encryption_key: key,
    previous_encryption_keys: previousKeys,
    encrypt_existing: encryptExisting,
  } = persist ?? {};
  return key === undefined ? store : encryptedStore(store, { key, previousKeys, encryptExisting });
}
