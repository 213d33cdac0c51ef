/**
 * Where a grant starts from that has no record yet (D5): from what an earlier release kept under another
 * key, or from what the Rust crate has left in the same folder. Presenting the configured refresh token,
 * which is spent by then, would end the grant.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenStore } from "../store/token-store.js";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { fingerprint, type GrantRecord, newRecord, parseRecord } from "./record.js";

/** Gives the record to start from, if there is anything to inherit. */
export type Inherit = () => Promise<GrantRecord | undefined>;

/** From the record under a former key, if the configured refresh token has had its turn there. */
export function formerKey(store: TokenStore, key: string, configured: string): Inherit {
  return async () => {
    const stored = await store.read(key);
    if (stored === undefined) return undefined;
    const record = parseRecord(stored.text, key);
    const isOfThisGrant = record.seen.includes(fingerprint(record, configured));
    return isOfThisGrant ? { ...record, tokens: {}, refusals: {}, failure: undefined } : undefined;
  };
}

/** A refresh token as the crate keeps it; `seed` is the fingerprint of the configured one. */
interface CrateEntry {
  readonly refresh_token?: unknown;
  readonly seed?: unknown;
}

/** The crate's names for the records of a grant: the given key, else those that its releases made by default. */
export function crateKeys(key: string | undefined, { url, clientId, configured }: CrateGrant): readonly string[] {
  if (key !== undefined) return [key];
  const urls = [url.href, url.href.replace(/\/$/, "")];
  const parts = urls.flatMap((text) => [
    [text, clientId, fnv1a64(configured)],
    [text, clientId],
  ]);
  return [...new Set(parts.map((part) => `oauth2_refresh_${fnv1a64(part.join("\0"))}`))];
}

/** What the crate makes its default key of. */
export interface CrateGrant {
  readonly url: URL;
  readonly clientId: string;
  readonly configured: string;
}

/** From the first of the crate's files in `folder` that belongs to the configured refresh token. */
export function crateFiles(folder: string, keys: readonly string[], configured: string): Inherit {
  return async () => {
    for (const key of keys) {
      const path = join(folder, `${key.replaceAll(":", "%3A")}.json`);
      const text = (await readFile(path, "utf8").catch(noneOrThrow)).trim();
      // To present the configured token in place of one that cannot be read would end the grant.
      if (text.startsWith("{") && parseJson(text) === undefined) throw new StoreError(`${path} is cut off`);
      const refreshToken = tokenIn(text, configured);
      if (refreshToken === undefined) continue;
      const record = newRecord();
      return { ...record, refreshToken, seen: [fingerprint(record, configured)] };
    }
    return undefined;
  };
}

/** Only where there is no such file, there is none. */
function noneOrThrow(error: NodeJS.ErrnoException): string {
  if (["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code ?? "")) return "";
  throw error;
}

function tokenIn(text: string, configured: string): string | undefined {
  const entry = parseJson(text) ?? text;
  const { refresh_token: token, seed } = (typeof entry === "string" ? { refresh_token: entry } : entry) as CrateEntry;
  const isOfAnotherGrant = typeof seed === "string" && seed !== configured && seed !== fnv1a64(configured);
  return typeof token === "string" && token !== "" && !isOfAnotherGrant ? token : undefined;
}

/** FNV-1a of 64 bits in hexadecimal, as the crate fingerprints. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
