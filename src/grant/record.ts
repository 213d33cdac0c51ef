/** The record of a grant: what must outlive a token, a process, and a configured refresh token (D2, D5, D7). */

import { createHash, randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { type NotedFailure, notedFailure } from "./recorded-failure.js";

/** What is known of a grant. Never changed in place: a new record takes its place. */
export interface GrantRecord {
  /** Another one for each exchange that has brought a token; it only rises. */
  readonly generation: number;
  /** What the last of them issued: */
  readonly accessToken?: string | undefined;
  /** when, in milliseconds since the epoch, */
  readonly issuedAt?: number | undefined;
  /** for how many seconds, */
  readonly expiresIn?: number | undefined;
  /** and to which process, as host and pid. */
  readonly issuedTo?: string | undefined;
  /** The refresh token to present next. */
  readonly refreshToken?: string | undefined;
  readonly salt: string;
  /** Fingerprints of the configured refresh tokens that have had their turn under this key (D5). */
  readonly seen: readonly string[];
  /** The last flight, if it has failed (D7). */
  readonly failure?: NotedFailure | undefined;
}

/** The format of the text. A release that changes it counts on. */
const VERSION = 1;

const schema = lazily(() =>
  z.object({
    version: z.literal(VERSION),
    generation: z.number(),
    accessToken: z.optional(z.string()),
    // What only helps must never make the refresh token unreadable: it is dropped where it is nonsense.
    issuedAt: z.catch(z.optional(z.number()), undefined),
    expiresIn: z.catch(z.optional(z.number()), undefined),
    issuedTo: z.catch(z.optional(z.string()), undefined),
    refreshToken: z.optional(z.string()),
    salt: z.string(),
    seen: z.array(z.string()),
    failure: z.catch(z.optional(notedFailure()), undefined),
  }),
);

/** The record of a grant of which nothing is known yet. */
export function newRecord(): GrantRecord {
  return { generation: 0, salt: randomBytes(16).toString("base64url"), seen: [] };
}

/** `record` as text. */
export function recordText(record: GrantRecord): string {
  return JSON.stringify({ ...record, version: VERSION });
}

/** The record that `text` is. Throws a `StoreError` that quotes nothing of it (S2). */
export function parseRecord(text: string, key: string): GrantRecord {
  const result = schema().safeParse(parseJson(text));
  if (result.success) return result.data;
  const message = `what is stored for ${key} is no record that this release can read; it is left as it is`;
  throw new StoreError(message, { retryable: false });
}

/** Tells one refresh token from another without telling what they are. */
function fingerprint({ salt }: GrantRecord, token: string): string {
  return createHash("sha256").update(salt).update(token).digest("base64url");
}

/** Whether the configured refresh token has not had its turn under this key: then it wins over the record (D5). */
export function isUnseen(record: GrantRecord, configured: string | undefined): configured is string {
  return configured !== undefined && !record.seen.includes(fingerprint(record, configured));
}

/** The refresh token to present: the recorded one, unless the configured one is new, or the only one. */
export function refreshTokenOf(record: GrantRecord, configured: string | undefined): string | undefined {
  return isUnseen(record, configured) ? configured : (record.refreshToken ?? configured);
}

/** What tells the refresh token that would be presented now from another. */
export function markOf(record: GrantRecord, configured: string | undefined): string | undefined {
  const refreshToken = refreshTokenOf(record, configured);
  return refreshToken && fingerprint(record, refreshToken);
}

/**
 * The fingerprints seen, with that of `configured`. Before the first redemption, one that came after
 * it has superseded nothing yet, and may still win.
 */
export function seenWith(record: GrantRecord, configured: string | undefined): readonly string[] {
  if (configured === undefined) return record.seen;
  const mark = fingerprint(record, configured);
  const seen = record.seen.includes(mark) ? record.seen : [...record.seen, mark];
  return record.refreshToken === undefined ? seen.slice(0, seen.indexOf(mark) + 1) : seen;
}
