/**
 * Where a grant starts from that has no record yet (D5): from what an earlier release kept under another key, or from what
 * the Rust crate has left (`crate-files.ts`). Presenting the configured refresh token, which is spent by then, would end
 * the grant.
 */

import { readFrom } from "../store/store-answers.js";
import type { TokenStore } from "../store/token-store.js";
import { fingerprint, type GrantRecord, parseRecord } from "./record.js";

/** Gives the record to start from, if there is anything to inherit. */
export type Inherit = () => Promise<GrantRecord | undefined>;

/** From the record under a former key, if the configured refresh token has had its turn there. */
export function formerKey(store: TokenStore, key: string, configured: string): Inherit {
  return async () => {
    const stored = await readFrom(store, key);
    if (stored === undefined) return undefined;
    const record = parseRecord(stored.text, key);
    const isOfThisGrant = record.seen.includes(fingerprint(record, configured));
    return isOfThisGrant ? { ...record, tokens: {}, refusals: {}, failure: undefined } : undefined;
  };
}
