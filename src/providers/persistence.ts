/** Where a provider keeps the record of its grant: in its own memory, or in a store that others share. */

import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { optional, text, withDefault } from "../config/fields.js";
import { crateFiles, crateKeys, formerKey, type Inherit } from "../grant/inheritance.js";
import { StoredRepository } from "../grant/stored-repository.js";
import { displayUrl } from "../http/url.js";
import { encryptedStore, faultOfKey } from "../store/encrypted-store.js";
import { FileTokenStore, faultOfPath } from "../store/file-token-store.js";
import type { TokenStore } from "../store/token-store.js";
import type { Runtime } from "./runtime.js";
import type { RecordPlace } from "./shared-grants.js";

/** How a grant is kept beyond the life of a process. */
export interface PersistConfig {
  /** The folder of a `FileTokenStore`. Required, unless `runtime.store` is given. */
  readonly path?: string | null;
  /**
   * The key of the record in the store. Whoever gives one says that all refresh tokens that are ever configured
   * under it belong to one account.
   * @default made of token endpoint, client and refresh token; without a refresh token, of the provider's name
   */
  readonly key?: string | null;
  /**
   * Encrypts the records by AES-256-GCM: 32 bytes, in base64.
   * @default not encrypted
   */
  readonly encryption_key?: string | null;
  /**
   * Keys by which records may still be encrypted; a record is encrypted with `encryption_key` when it is next written.
   * @default none
   */
  readonly previous_encryption_keys?: readonly string[] | null;
  /**
   * Whether records that are not encrypted yet are read, and encrypted when they are next written.
   * @default false
   */
  readonly encrypt_existing?: boolean | null;
  /**
   * Whether a store that fails is an error, even where a token can be had.
   * @default false
   */
  readonly strict?: boolean | null;
}

/** The field for it. */
export const persistField = () =>
  z.strictObject({
    path: optional(folderPath()),
    key: optional(text()),
    encryption_key: optional(encryptionKey()),
    previous_encryption_keys: withDefault(z.array(encryptionKey()), []),
    encrypt_existing: withDefault(z.boolean(), false),
    strict: withDefault(z.boolean(), false),
  });

/** That in its normal form. */
export type PersistSettings = z.output<ReturnType<typeof persistField>>;

/** What `persist` must be beside the provider's runtime. */
export function persistFitsRuntime({ store }: Runtime): Relation {
  return ({ persist }) => {
    if (!isGiven(persist) || typeof persist !== "object") return [];
    const { path, encryption_key, previous_encryption_keys, encrypt_existing } = persist as PersistConfig;
    const faults: { path: string; message: string }[] = [];
    const fault = (at: string, message: string): void => {
      faults.push({ path: `persist.${at}`, message });
    };
    if (store === undefined && !isGiven(path)) fault("path", "is required: the path of a folder");
    if (store !== undefined && isGiven(path)) fault("path", "cannot stand beside runtime.store: a grant has one store");
    const isKeyNeeded = isGiven(previous_encryption_keys) || isGiven(encrypt_existing);
    if (isKeyNeeded && !isGiven(encryption_key)) {
      fault("encryption_key", "is required beside previous_encryption_keys and encrypt_existing");
    }
    return faults;
  };
}

/** What tells a grant from others. Its fingerprints are stored, never its parts. */
export interface GrantOrigin {
  readonly type: string;
  readonly url: URL;
  /** Absent for a login that is not OAuth 2. */
  readonly clientId?: string | undefined;
  /** The refresh token that the grant starts with, for one that has such. */
  readonly refreshToken?: string | undefined;
  /** What is asked, without scopes and parameters: it tells one account from another (D8). */
  readonly account: readonly unknown[];
  /** Scopes and parameters, in no particular order: they tell the tokens of one grant apart (D9). */
  readonly audience: readonly unknown[];
  /** What default keys of earlier releases were made of. */
  readonly formerOrigin?: readonly unknown[] | undefined;
}

/** Where the record of a grant is, and how it is opened. */
export interface Persistence {
  readonly key: string;
  readonly strict: boolean;
  readonly repository: StoredRepository;
  readonly place: RecordPlace;
  /** Closes what was opened here. */
  close(): Promise<void>;
}

/** The persistence that a configuration and a runtime ask for, if they ask for any. */
export function persistenceOf(
  persist: PersistSettings | undefined,
  origin: GrantOrigin,
  runtime: Runtime,
): Persistence | undefined {
  const { name = origin.type, store: given, clock, random = Math.random } = runtime;
  if (persist?.path === undefined && given === undefined) return undefined;
  const opened = persist?.path === undefined ? undefined : new FileTokenStore(persist.path, { clock });
  const plain = (opened ?? given) as TokenStore;
  const store = persist?.encryption_key === undefined ? plain : encryptedBy(persist, plain);
  const { type, refreshToken } = origin;
  const key = persist?.key ?? defaultKey(name, origin);
  const strict = persist?.strict ?? false;
  return {
    key,
    strict,
    repository: new StoredRepository({
      store,
      name: { type, name, key },
      account: JSON.stringify(origin.account),
      inherit: inheritanceOf(persist, name, origin, { store, folder: opened?.path }),
      hasRefreshToken: refreshToken !== undefined,
      strict,
      random,
    }),
    place: { store: opened?.path ?? given, key },
    close: async () => opened?.close(),
  };
}

/** Only a grant with a refresh token has something to lose. */
function inheritanceOf(
  persist: PersistSettings | undefined,
  name: string,
  { type, url, clientId = "", refreshToken, formerOrigin }: GrantOrigin,
  { store, folder }: { store: TokenStore; folder: string | undefined },
): readonly Inherit[] {
  if (refreshToken === undefined) return [];
  const former =
    persist?.key === undefined && formerOrigin !== undefined ? [named(name, [type, name, ...formerOrigin])] : [];
  const crate = crateKeys(persist?.key, { url, clientId, configured: refreshToken });
  return [
    ...former.map((key) => formerKey(store, key, refreshToken)),
    ...(folder === undefined ? [] : [crateFiles(folder, crate, refreshToken)]),
  ];
}

/**
 * The configured refresh token tells one grant from another, and scopes, parameters and names do not (D5).
 * Grants without one go by the provider's name.
 */
function defaultKey(name: string, { type, url, clientId, refreshToken }: GrantOrigin): string {
  const place = [type, displayUrl(url), clientId];
  return refreshToken === undefined ? named(name, [...place, name]) : named(type, [...place, refreshToken]);
}

/** Readable, and another one for whatever has other parts. */
function named(name: string, parts: readonly unknown[]): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40);
  return `${readable}-${shortHash(parts)}`;
}

function shortHash(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

function encryptedBy(persist: PersistSettings, store: TokenStore): TokenStore {
  const {
    encryption_key: key = "",
    previous_encryption_keys: previousKeys,
    encrypt_existing: encryptExisting,
  } = persist;
  return encryptedStore(store, { key, previousKeys, encryptExisting });
}

function folderPath(): z.ZodMiniType<string> {
  return text().check((payload) => {
    const fault = payload.value === "" ? undefined : faultOfPath(payload.value);
    if (fault !== undefined) payload.issues.push({ code: "custom", input: undefined, message: fault });
  });
}

function encryptionKey(): z.ZodMiniType<string> {
  return z.string().check((payload) => {
    const fault = faultOfKey(payload.value);
    if (fault !== undefined) payload.issues.push({ code: "custom", input: undefined, message: fault });
  });
}
