/**
 * Notices two providers of one process that present the same refresh token without a common record: where
 * the IdP rotates, each ends the other's grant. Only fingerprints are kept, and only while a provider lives.
 */

import { createHmac, randomBytes } from "node:crypto";
import { displayUrl } from "../http/url.js";

/** A provider that has presented a refresh token, and where it keeps the record of the grant. */
export interface Claim {
  readonly name: string;
  /** Whether it can be asked for other audiences of its grant. */
  readonly hasFor: boolean;
  readonly place: RecordPlace;
}

/** Where a record is, as far as this process can know: two that are the same are one record. */
export interface RecordPlace {
  /** A store, the path of one, or a provider that keeps its record for itself. */
  readonly store: unknown;
  readonly key: string;
}

const key = randomBytes(32);
const claims = new Map<string, Set<WeakRef<Claim>>>();
const forgotten = new FinalizationRegistry<() => void>((forget) => forget());

/** Which grant each provider has, by fingerprint. */
const grants = new WeakMap<object, string>();

/** What tells a grant with a refresh token from others. */
interface GrantIdentity {
  readonly url: URL;
  readonly clientId?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** Remembers the grant of a provider, if it has a refresh token. */
export function noteGrant(provider: object, { url, clientId, refreshToken }: GrantIdentity): void {
  if (refreshToken !== undefined) grants.set(provider, fingerprintOf([displayUrl(url), clientId, refreshToken]));
}

/** Names the grant of a provider; the same text is the same refresh token of the same client. `undefined` where there is none. */
export function grantOf(provider: object): string | undefined {
  return grants.get(provider);
}

/** Warns if a provider with another record has presented the same refresh token of the same client. */
export function claimGrant(grant: readonly unknown[], claim: Claim): void {
  const fingerprint = fingerprintOf(grant);
  const others = claims.get(fingerprint) ?? new Set();
  claims.set(fingerprint, others);
  const known = [...others].map((other) => other.deref()).filter((other) => other !== undefined);
  if (known.includes(claim)) return;
  const rivals = known.filter(({ place }) => !isSame(place, claim.place));
  // Once is enough: the third provider changes nothing about it.
  if (rivals.length === 1 && rivals[0] !== undefined) warn(rivals[0], claim);
  const reference = new WeakRef(claim);
  others.add(reference);
  forgotten.register(claim, () => {
    others.delete(reference);
    if (others.size === 0 && claims.get(fingerprint) === others) claims.delete(fingerprint);
  });
}

function fingerprintOf(parts: readonly unknown[]): string {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url");
}

function isSame(a: RecordPlace, b: RecordPlace): boolean {
  return a.store === b.store && a.key === b.key;
}

function warn(first: Claim, second: Claim): void {
  const both = first.name === second.name ? `two providers named ${first.name}` : `${first.name} and ${second.name}`;
  const consequence = "where the identity provider rotates it, each ends the other's grant";
  const others = first.hasFor ? ", whose for() gives other scopes and parameters of its grant" : "";
  const mend = `share one provider${others}, or give both the same persist.path (and persist.key)`;
  process.emitWarning(`${both} present the same refresh token: ${consequence}; ${mend}`, {
    code: "FAUCET_AUTH_GRANT_SHARED",
  });
}
