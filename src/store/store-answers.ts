/** What a store gives, checked: one of a user's own may give anything. Nothing of it is quoted (S2). */

import { StoreError } from "../values/errors.js";
import type { Lease, StoredRecord, TokenStore } from "./token-store.js";

/** What `read` gives. Many clients of databases say `null` where there is none. */
export async function readFrom(store: TokenStore, key: string): Promise<StoredRecord | undefined> {
  const given: unknown = (await store.read(key)) ?? undefined;
  if (given === undefined || isRecord(given)) return given;
  throw wrongAnswer(store, key, "read() must give { fencingToken, text }, or undefined where there is no record");
}

/** What `write` gives. */
export async function writeTo(store: TokenStore, key: string, record: StoredRecord): Promise<boolean> {
  const given: unknown = await store.write(key, record);
  if (typeof given === "boolean") return given;
  throw wrongAnswer(store, key, "write() must give true, or false where a later lease has written");
}

/** What `lock` gives. */
export async function lockIn(store: TokenStore, key: string, milliseconds: number): Promise<Lease | undefined> {
  const given: unknown = (await store.lock(key, milliseconds)) ?? undefined;
  if (given === undefined || isLease(given)) return given;
  const what = "lock() must give { fencingToken, timeLeft(), release() }, or undefined while another holds the lease";
  throw wrongAnswer(store, key, what);
}

function isRecord(given: unknown): given is StoredRecord {
  const { fencingToken, text } = given as Partial<Record<keyof StoredRecord, unknown>>;
  return Number.isFinite(fencingToken) && typeof text === "string";
}

function isLease(given: unknown): given is Lease {
  const { fencingToken, timeLeft, release } = given as Partial<Record<keyof Lease, unknown>>;
  return Number.isFinite(fencingToken) && typeof timeLeft === "function" && typeof release === "function";
}

function wrongAnswer(store: TokenStore, key: string, what: string): StoreError {
  const { name } = store.constructor ?? {};
  const owner = name === undefined || name === "Object" ? "its " : `${name}.`;
  return new StoreError(`the store of ${key} has given what it must not: ${owner}${what}`, { retryable: false });
}
