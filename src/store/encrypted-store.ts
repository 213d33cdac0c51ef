/** Encryption around any store: compact JWE (RFC 7516), by jose, with a key that is given and A256GCM (RFC 7518 §4.5, §5.3). */

import { createHash } from "node:crypto";
import { faultsOfOptions } from "../config/options.js";
import { ClosedError, ConfigError, type ConfigFault, FaucetError, StoreError } from "../values/errors.js";
import { loadDependency } from "../values/load-dependency.js";
import { parseJson } from "../values/parse-json.js";
import { lockIn, readFrom, writeTo } from "./store-answers.js";
import type { ClosableTokenStore, Lease, StoredRecord, TokenStore } from "./token-store.js";

/** An AES-256 key: 32 bytes, or their base64. */
export type EncryptionKey = Uint8Array | string;

/** What records are encrypted and decrypted with. */
export interface EncryptionKeys {
  /** The key that every record is encrypted with when it is written: `openssl rand -base64 32`. */
  readonly key: EncryptionKey;
  /**
   * Keys that records may still be encrypted with. They are only read with; what is written next has `key`.
   * @default []
   */
  readonly previousKeys?: readonly EncryptionKey[] | undefined;
  /**
   * Whether a record that was written without encryption is read, and encrypted when it is next written.
   * Leave it out again once that has happened: until then, whoever can write to the store can put a record there.
   * @default false
   */
  readonly encryptExisting?: boolean | undefined;
}

/**
 * Gives `store` with every record encrypted before it gets there (compact JWE, RFC 7516, with A256GCM), and bound
 * to its key and fencing token. A record that does not decrypt is a `StoreError`. Its `close()` leaves `store` open.
 * @throws ConfigError if `store` is no store, a key is none, or an option is misspelt.
 * @example encryptedStore(new FileTokenStore("state"), { key: process.env.STORE_KEY })
 */
export function encryptedStore(store: TokenStore, keys: EncryptionKeys): ClosableTokenStore {
  const faults = [...faultsOfStore(store), ...faultsOfKeys(keys)];
  if (faults.length > 0) throw new ConfigError("encryptedStore", faults);
  return new EncryptedStore(store, keys);
}

class EncryptedStore implements ClosableTokenStore {
  readonly #store: TokenStore;
  readonly #current: SealingKey;
  readonly #keys: readonly SealingKey[];
  readonly #encryptExisting: boolean;
  #closed = false;
  /** Only where the store inside has it. */
  readonly waitForRelease?: NonNullable<TokenStore["waitForRelease"]>;

  constructor(store: TokenStore, { key, previousKeys, encryptExisting }: EncryptionKeys) {
    this.#store = store;
    this.#current = new SealingKey(key);
    this.#keys = [this.#current, ...(previousKeys ?? []).map((given) => new SealingKey(given))];
    this.#encryptExisting = encryptExisting ?? false;
    if (store.waitForRelease !== undefined) {
      this.waitForRelease = async (...wait) => (await this.#inner().waitForRelease?.(...wait)) ?? false;
    }
  }

  async open(): Promise<void> {
    await loadJose();
    await this.#inner().open?.();
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    const record = await readFrom(this.#inner(), key);
    if (record === undefined || (this.#encryptExisting && !isSealed(record.text))) return record;
    return { ...record, text: await unseal(record, key, this.#keys) };
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    return writeTo(this.#inner(), key, { ...record, text: await this.#current.seal(record, key) });
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    return lockIn(this.#inner(), key, milliseconds);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inner(): TokenStore {
    if (this.#closed) throw new ClosedError("the encrypted store");
    return this.#store;
  }
}

function faultsOfStore(store: unknown): ConfigFault[] {
  const isStore = ["read", "write", "lock"].every(
    (method) => typeof (store as Partial<Record<string, unknown>> | null)?.[method] === "function",
  );
  return isStore ? [] : [{ path: "store", message: "must be a token store: an object with read, write and lock" }];
}

function faultsOfKeys(keys: EncryptionKeys): readonly ConfigFault[] {
  const faults = faultsOfOptions("", keys ?? null, ["key", "previousKeys", "encryptExisting"]);
  if (faults.length > 0) return faults;
  const { key, previousKeys, encryptExisting } = keys;
  const isList = Array.isArray(previousKeys ?? []);
  const checked: readonly (readonly [path: string, message: string | undefined])[] = [
    ["key", faultOfKey(key)],
    ["previousKeys", isList ? undefined : "must be a list of keys"],
    ...(isList ? (previousKeys ?? []) : []).map((one, at) => [`previousKeys[${at}]`, faultOfKey(one)] as const),
    ["encryptExisting", typeof (encryptExisting ?? false) === "boolean" ? undefined : "must be true or false"],
  ];
  return checked.flatMap(([path, message]) => (message === undefined ? [] : [{ path, message }]));
}

const KEY_BYTES = 32;

/** What is wrong with a key. */
export function faultOfKey(key: unknown): string | undefined {
  const bytes = bytesOf(key);
  return bytes?.length === KEY_BYTES
    ? undefined
    : `must be ${KEY_BYTES} bytes, in base64: openssl rand -base64 ${KEY_BYTES}`;
}

/** The protected header of a sealed record (RFC 7516 §4). */
interface Header {
  readonly alg: "dir";
  readonly enc: "A256GCM";
  readonly kid: string;
  /** The record's key and fencing token, so that it cannot stand in for another. */
  readonly record: string;
  readonly fencingToken: number;
}

class SealingKey {
  readonly id: string;
  readonly #bytes: Uint8Array;

  constructor(key: EncryptionKey) {
    // A copy: the caller may wipe its own.
    this.#bytes = Uint8Array.from(bytesOf(key) as Uint8Array);
    this.id = createHash("sha256").update("faucet-auth key id").update(this.#bytes).digest("base64url").slice(0, 11);
  }

  async seal({ fencingToken, text }: StoredRecord, record: string): Promise<string> {
    const { CompactEncrypt } = await loadJose();
    const header: Header = { alg: "dir", enc: "A256GCM", kid: this.id, record, fencingToken };
    return new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ ...header }).encrypt(this.#bytes);
  }

  /** Rejects if it was not this key, or if anything was changed. */
  async unseal(sealed: string): Promise<string> {
    const { compactDecrypt } = await loadJose();
    const { plaintext } = await compactDecrypt(sealed, this.#bytes, ALGORITHMS);
    return new TextDecoder().decode(plaintext);
  }
}

/** Whatever a header says, nothing else is taken for one of ours. */
const ALGORITHMS = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };

function loadJose(): Promise<typeof import("jose")> {
  return loadDependency("jose", () => import("jose"));
}

const NOT_ENCRYPTED =
  "is not encrypted (encryptExisting, persist.encrypt_existing: true, reads such a record and encrypts it when it is next written)";

/** Whether `text` has the shape of a compact JWE, damaged or not. Other text was never encrypted here. */
export function isSealed(text: string): boolean {
  return /^[\w-]*(?:\.[\w-]*){4}$/.test(text);
}

async function unseal(
  { fencingToken, text }: StoredRecord,
  name: string,
  keys: readonly SealingKey[],
): Promise<string> {
  const [protectedHeader = "", encryptedKey] = text.split(".");
  // There is no encrypted key where the key is given (RFC 7518 §4.5).
  const isOurs = isSealed(text) && encryptedKey === "";
  const header = isOurs ? parseJson(Buffer.from(protectedHeader, "base64url").toString()) : undefined;
  const { kid, record, fencingToken: sealed } = (header ?? {}) as Partial<Header>;
  if (header === undefined) throw unreadable(name, NOT_ENCRYPTED);
  const key = keys.find(({ id }) => id === kid);
  if (key === undefined) throw unreadable(name, "is encrypted with a key that is not given");
  if (record !== name || sealed !== fencingToken) throw unreadable(name, "was moved here from another place");
  return key.unseal(text).catch((error: unknown) => {
    // That jose is missing says nothing of the record.
    throw FaucetError.is(error) ? error : unreadable(name, "does not decrypt: it was changed or damaged");
  });
}

function unreadable(name: string, why: string): StoreError {
  return new StoreError(`the record of ${name} ${why}; it is left as it is`, { retryable: false });
}

function bytesOf(key: unknown): Uint8Array | undefined {
  if (key instanceof Uint8Array) return key;
  if (typeof key !== "string" || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(key)) return undefined;
  return Buffer.from(key, "base64");
}
