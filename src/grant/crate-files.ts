/**
 * What the Rust crate has left in the same folder: the refresh token of a grant, in a file that is named by its
 * key (G7). The crate's own store has named it in two ways, and its first builds kept the text alone.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import type { Inherit } from "./inheritance.js";
import { fingerprint, newRecord } from "./record.js";

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
    for (const name of keys.flatMap(fileNames)) {
      const path = join(folder, name);
      const text = await readFile(path, "utf8").catch(noneOrThrow);
      const refreshToken = text === undefined ? undefined : tokenIn(text.trim(), path, configured);
      if (refreshToken === undefined) continue;
      const record = newRecord();
      return { ...record, refreshToken, seen: [fingerprint(record, configured)] };
    }
    return undefined;
  };
}

/** Those of the crate's later releases, which rename what they find, and of its first. No key leads out of the folder. */
function fileNames(key: string): readonly string[] {
  const stems = new Set([boundedStem(key), key.replaceAll(":", "%3A")]);
  return [...stems].filter((stem) => !/[/\\]/.test(stem)).map((stem) => `${stem}.json`);
}

const MOST_OF_STEM = 160;

/** With capital letters escaped, since some file systems do not tell them from small ones; a long one ends in its hash. */
function boundedStem(key: string): string {
  const stem = key.replace(/[:/A-Z]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  if (Buffer.byteLength(stem) <= MOST_OF_STEM) return stem;
  const hash = createHash("sha256").update(key).digest("hex");
  // An escape is not cut in two.
  const readable = stem.slice(0, MOST_OF_STEM - hash.length - 1).replace(/%.?$/, "");
  return `${readable}~${hash}`;
}

/** Only where there is no such file, or none can have that name, there is none. */
function noneOrThrow(error: NodeJS.ErrnoException): undefined {
  if (!["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EINVAL"].includes(error.code ?? "")) throw error;
}

/** A refresh token as the crate keeps it; `seed` is the fingerprint of the configured one. */
interface CrateEntry {
  readonly refresh_token?: unknown;
  readonly seed?: unknown;
}

/**
 * The refresh token in a file, unless it is of another grant, or the crate has kept none. To present the configured one in
 * place of one that cannot be read would end the grant.
 */
function tokenIn(text: string, path: string, configured: string): string | undefined {
  const { refresh_token: token, seed } = entryIn(text, path);
  const isOfAnotherGrant = typeof seed === "string" && seed !== configured && seed !== fnv1a64(configured);
  if (isOfAnotherGrant || (token ?? "") === "") return undefined;
  if (typeof token !== "string") throw unreadable(path, "holds a refresh token that is no text");
  return token;
}

/** Only what begins as JSON does is taken for it: a text of digits is a refresh token too. */
function entryIn(text: string, path: string): CrateEntry {
  const isJson = /^[{"]/.test(text);
  const entry = isJson ? parseJson(text) : text;
  if (entry === undefined || entry === "") throw unreadable(path, "is cut off");
  if (!isJson && /[\p{Cc}\ufffd]/u.test(text)) throw unreadable(path, "holds no refresh token");
  return typeof entry === "string" ? { refresh_token: entry } : (entry as CrateEntry);
}

function unreadable(path: string, what: string): StoreError {
  return new StoreError(
    `${path} ${what}: put back what the Rust crate kept there, or remove it to begin with the configured refresh_token`,
    { retryable: false },
  );
}

/** FNV-1a of 64 bits in hexadecimal, as the crate fingerprints. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
