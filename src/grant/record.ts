/** The record of a grant: what must outlive a token, a process, and a configured refresh token (D2, D5, D7 to D9). */

import { createHash, randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { isSealed } from "../store/encrypted-store.js";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { type RecordedFailure, recordedFailure } from "./recorded-failure.js";

/** The format of the text. A release that changes it counts on. */
const VERSION = 2;

/** That of a record with keys: a release that does not know them would write the record without them, and end the grant. */
const VERSION_WITH_KEYS = 3;

/** What only helps must never make the refresh token unreadable: it is dropped where it makes no sense. */
function helpful<T>(field: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.catch(z.optional(field), undefined);
}

const recordedToken = () =>
  z.object({
    accessToken: z.string(),
    /** The revision of the record that it came with; no other token has the same. */
    revision: z.number(),
    /** In milliseconds since the epoch. */
    issuedAt: helpful(z.number()),
    /** In seconds. */
    expiresIn: helpful(z.number()),
    /** The address of the API that it is for, where the answer had it. */
    baseUrl: helpful(z.string()),
    /** What it is bound to, as an `AccessToken` has it. */
    boundTo: helpful(z.nullable(z.string())),
    /** The process that it was issued to, as host and pid: for whoever reads the record. */
    issuedTo: helpful(z.string()),
  });

const schema = lazily(() =>
  z.object({
    version: z.union([z.literal(VERSION), z.literal(VERSION_WITH_KEYS)]),
    /** Rises with each exchange that has brought a token. */
    revision: z.number(),
    /** Fingerprint of the account that the grant belongs to (D8). */
    account: z.optional(z.string()),
    /** The refresh token to present next. */
    refreshToken: z.optional(z.string()),
    /** Whether that came with a login, which can bring another: then no consent is lost with it. */
    cameByLogin: helpful(z.boolean()),
    /** When the refresh token ends, in milliseconds since the epoch, if the IdP says so. */
    refreshTokenExpiresAt: helpful(z.number()),
    /** How long it was to live, in seconds. */
    refreshTokenLifetime: helpful(z.number()),
    /** The access token of each audience, by the fingerprint of that (D9). */
    tokens: z.catch(z.record(z.string(), recordedToken()), {}),
    /** Why an audience was refused, by the same: a failure that says nothing of the others. */
    refusals: z.catch(z.record(z.string(), recordedFailure()), {}),
    /** Private keys that were made for the grant, by name: its tokens are bound to one (P6). */
    keys: z.catch(z.record(z.string(), z.string()), {}),
    salt: z.string(),
    /** Fingerprints of the configured refresh tokens that have had their turn under this key (D5). */
    seen: z.array(z.string()),
    /** Fingerprints of those whose grant was revoked, or replaced by a login: they are not presented again (L3). */
    ended: helpful(z.array(z.string())),
    /** The last flight, if it has failed for a reason that concerns all audiences (D7). */
    failure: helpful(recordedFailure()),
  }),
);

/** What is known of a grant. Never changed in place: a new record takes its place. */
export type GrantRecord = Omit<Readonly<z.output<ReturnType<typeof schema>>>, "version">;

/** An access token as it is on record. */
export type RecordedToken = GrantRecord["tokens"][string];

/** The record of a grant of which nothing is known yet. */
export function newRecord(): GrantRecord {
  return { ...NOTHING_KNOWN, salt: randomBytes(16).toString("base64url") };
}

/** That without a salt, for a record that no other process will see. */
export const NOTHING_KNOWN: GrantRecord = {
  revision: 0,
  salt: "",
  seen: [],
  ended: undefined,
  tokens: {},
  refusals: {},
  keys: {},
  cameByLogin: undefined,
  refreshTokenExpiresAt: undefined,
  refreshTokenLifetime: undefined,
  failure: undefined,
};

/** `record` as text. */
export function recordText(record: GrantRecord): string {
  const version = Object.keys(record.keys).length === 0 ? VERSION : VERSION_WITH_KEYS;
  return JSON.stringify({ version, ...record });
}

/** The record that `text` is. Throws a `StoreError` that quotes nothing of it (S2). */
export function parseRecord(text: string, key: string): GrantRecord {
  const stored = parseJson(text);
  const result = schema().safeParse(isVersion1(stored) ? fromVersion1(stored) : stored);
  if (result.success) {
    const { version: _version, ...record } = result.data;
    return record;
  }
  const what = isSealed(text) ? ENCRYPTED : "is no record that this release can read";
  throw new StoreError(`what is stored for ${key} ${what}; it is left as it is`, { retryable: false });
}

const ENCRYPTED =
  "is encrypted, and no key is given: persist.encryption_key, or encryptedStore around a store of your own";

/** The first format had one token, of an audience that it did not name. */
interface Version1 {
  readonly version: 1;
  readonly generation?: unknown;
}

function isVersion1(stored: unknown): stored is Version1 {
  return (stored as Partial<Version1> | null | undefined)?.version === 1;
}

function fromVersion1({ generation, ...kept }: Version1): unknown {
  return { ...kept, version: VERSION, revision: generation, tokens: {}, failure: undefined };
}

/** Tells one text from another without showing either. */
export function fingerprint({ salt }: GrantRecord, text: string): string {
  return createHash("sha256").update(salt).update(text).digest("base64url");
}

/**
 * What stands in the record for an audience. It is salted as all fingerprints are: scopes and resources can be guessed.
 */
export function audienceMark(record: GrantRecord, audience: string): string {
  return fingerprint(record, audience);
}

/** The access token of an audience, if there is one. */
export function tokenOf(record: GrantRecord, audience: string): RecordedToken | undefined {
  return record.tokens[audienceMark(record, audience)];
}

/** Whether the configured refresh token has not had its turn under this key: then it wins over the record (D5). */
export function isUnseen(record: GrantRecord, configured: string | undefined): configured is string {
  return isPresentable(record, configured) && !record.seen.includes(fingerprint(record, configured));
}

/** Whether there is a configured refresh token whose grant was not ended here. */
function isPresentable(record: GrantRecord, configured: string | undefined): configured is string {
  return configured !== undefined && record.ended?.includes(fingerprint(record, configured)) !== true;
}

/** The refresh token to present: the recorded one, unless the configured one is new, or the only one. */
export function refreshTokenOf(record: GrantRecord, configured: string | undefined): string | undefined {
  if (isUnseen(record, configured)) return configured;
  return record.refreshToken ?? (isPresentable(record, configured) ? configured : undefined);
}

/**
 * The refresh token to try where `presented` was refused (D4): what is on record by now. Where that itself was
 * inherited and never redeemed here, the configured one.
 */
export function otherThan(
  presented: string | undefined,
  record: GrantRecord,
  configured: string | undefined,
): string | undefined {
  if (record.refreshToken !== presented) return record.refreshToken;
  const isLeft = record.revision === 0 && configured !== presented && isPresentable(record, configured);
  return isLeft ? configured : undefined;
}

/** Fingerprint of the refresh token that would be presented now. */
function fingerprintOfNext(record: GrantRecord, configured: string | undefined): string | undefined {
  const refreshToken = refreshTokenOf(record, configured);
  return refreshToken && fingerprint(record, refreshToken);
}

/**
 * The fingerprints seen, with that of `configured`. Before the first redemption nothing has been
 * superseded yet, so those that were seen after it may still win.
 */
export function seenWith(record: GrantRecord, configured: string | undefined): string[] {
  if (configured === undefined) return record.seen;
  const mark = fingerprint(record, configured);
  const seen = record.seen.includes(mark) ? record.seen : [...record.seen, mark];
  return record.refreshToken === undefined ? seen.slice(0, seen.indexOf(mark) + 1) : seen;
}

/** What a request of a grant is made with: a failure is about these, and others clear the gate (F4, V2). */
export interface Presented {
  /** The configured refresh token, which is presented unless the record has a later one. */
  readonly configured: string | undefined;
  /** A text that tells the live values from others, if there are any. */
  readonly mark: string | undefined;
}

/** The recorded failure, if it is of what would be presented now. */
export function standingFailure(record: GrantRecord, presented: Presented): RecordedFailure | undefined {
  const { failure } = record;
  const { refreshToken, liveValues } = fingerprintsOf(record, presented);
  return failure?.refreshToken === refreshToken && failure?.liveValues === liveValues ? failure : undefined;
}

/** Names what such a failure is about: this refresh token and these live values, at this revision. */
export function subjectOf(record: GrantRecord, presented: Presented): string {
  const { refreshToken = "", liveValues = "" } = fingerprintsOf(record, presented);
  return `${record.revision} ${refreshToken} ${liveValues}`;
}

/** As they stand beside a failure. */
export function fingerprintsOf(
  record: GrantRecord,
  { configured, mark }: Presented,
): Pick<RecordedFailure, "refreshToken" | "liveValues"> {
  const liveValues = mark && fingerprint(record, mark);
  return { refreshToken: fingerprintOfNext(record, configured), liveValues };
}

/**
 * Fingerprint of the last consent: of the configured refresh tokens, the last to have its turn. A rotation changes
 * nothing about what the user has agreed to.
 */
export function consentOf(record: GrantRecord, configured: string | undefined): string | undefined {
  return isUnseen(record, configured) ? fingerprint(record, configured) : record.seen.at(-1);
}

/** The recorded refusal of an audience, if there was no consent since: a new one may be for more (F4, D9). */
export function standingRefusal(
  record: GrantRecord,
  audience: string,
  configured: string | undefined,
): RecordedFailure | undefined {
  const refusal = record.refusals[audienceMark(record, audience)];
  return refusal?.refreshToken === consentOf(record, configured) ? refusal : undefined;
}

/** Names what such a refusal is about: an audience, at its last token, by this consent. */
export function subjectOfRefusal(record: GrantRecord, audience: string, configured: string | undefined): string {
  return `${tokenOf(record, audience)?.revision ?? 0} ${consentOf(record, configured) ?? ""}`;
}
