/** Where a provider keeps the record of its grant: in its own memory, or in a store that others share. */

import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { optional, text, withDefault } from "../config/fields.js";
import { encryptedStore, faultOfKey } from "../store/encrypted-store.js";
import { FileTokenStore } from "../store/file-token-store.js";
import type { TokenStore } from "../store/token-store.js";
import type { Runtime } from "./runtime.js";

/** How a grant is kept beyond the life of a process. */
export interface PersistConfig {
  /** The folder of a `FileTokenStore`; left out where `runtime.store` is given. */
  readonly path?: string | null;
  /** The key of the record; by default made of the provider's name and of what identifies its grant. */
  readonly key?: string | null;
  /** Encrypts the records: 32 bytes, in base64. */
  readonly encryption_key?: string | null;
  /** Keys by which records may still be encrypted; they are encrypted anew when they are next written. */
  readonly previous_encryption_keys?: readonly string[] | null;
  /** Whether a store that fails is an error, even where a token can be had; false by default. */
  readonly strict?: boolean | null;
}

/** That in its normal form. */
export interface PersistSettings {
  readonly path: string | undefined;
  readonly key: string | undefined;
  readonly encryption_key: string | undefined;
  readonly previous_encryption_keys: readonly string[];
  readonly strict: boolean;
}

/** The field for it. */
export function persistField(): z.ZodMiniType<PersistSettings> {
  return z.strictObject({
    path: optional(text()),
    key: optional(text()),
    encryption_key: optional(encryptionKey()),
    previous_encryption_keys: withDefault(z.array(encryptionKey()), []),
    strict: withDefault(z.boolean(), false),
  });
}

/** What `persist` must be beside the provider's runtime. */
export function persistFitsRuntime(type: string, { name, store }: Runtime): Relation {
  return ({ persist }) => {
    if (!isGiven(persist) && store === undefined) return [];
    if (isGiven(persist) && typeof persist !== "object") return [];
    const { path, key, encryption_key, previous_encryption_keys } = (persist ?? {}) as PersistConfig;
    const faults: { path: string; message: string }[] = [];
    const fault = (at: string, message: string): void => {
      faults.push({ path: `persist.${at}`, message });
    };
    if (store === undefined && !isGiven(path)) fault("path", "is required: the path of a folder");
    if (store !== undefined && isGiven(path)) fault("path", "cannot stand beside runtime.store: a grant has one store");
    if (!isGiven(key) && (name ?? type) === type) {
      fault("key", "is required for a provider without a name of its own: another account would share its record");
    }
    if (isGiven(previous_encryption_keys) && !isGiven(encryption_key)) {
      fault("encryption_key", "is required beside previous_encryption_keys");
    }
    return faults;
  };
}

/** A store, and the place of one grant in it. */
export interface Persistence {
  readonly store: TokenStore;
  readonly key: string;
  readonly strict: boolean;
  /** Closes what was opened here. */
  close(): Promise<void>;
}

/** What tells a grant from others, without a secret. */
export interface GrantOrigin {
  readonly type: string;
  readonly name: string;
  /** The token endpoint, the client, and so on. */
  readonly origin: readonly unknown[];
}

/** The persistence that a configuration and a runtime ask for, if they ask for any. */
export function persistenceOf(
  persist: PersistSettings | undefined,
  grant: GrantOrigin,
  { store: given, clock }: Runtime,
): Persistence | undefined {
  if (persist?.path === undefined && given === undefined) return undefined;
  const opened = persist?.path === undefined ? undefined : new FileTokenStore(persist.path, { clock });
  const store = (opened ?? given) as TokenStore;
  return {
    store: persist?.encryption_key === undefined ? store : encryptedBy(persist, store),
    key: persist?.key ?? defaultKey(grant),
    strict: persist?.strict ?? false,
    close: async () => opened?.close(),
  };
}

function encryptedBy(
  { encryption_key: key = "", previous_encryption_keys: previousKeys }: PersistSettings,
  store: TokenStore,
): TokenStore {
  return encryptedStore(store, { key, previousKeys });
}

/** Readable, and another one for whatever is another grant. */
function defaultKey({ type, name, origin }: GrantOrigin): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40);
  const hash = createHash("sha256")
    .update(JSON.stringify([type, name, ...origin]))
    .digest("hex")
    .slice(0, 16);
  return `${readable}-${hash}`;
}

function encryptionKey(): z.ZodMiniType<string> {
  return z.string().check((payload) => {
    const fault = faultOfKey(payload.value);
    if (fault !== undefined) payload.issues.push({ code: "custom", input: undefined, message: fault });
  });
}
