/** What a grant wants of a lease (D2). */

import { StoreError } from "../values/errors.js";

/** A store that takes longer, in milliseconds, does not answer. */
export const ANSWER_MS = 5000;

/** What a lease lasts longer than the requests that it covers: a slow store's time to lock, and to read again. */
export const LEASE_MARGIN_SECS: number = (2 * ANSWER_MS) / 1000;

/** The lease would not outlast the next request: lock and read again. */
export class LeaseTooShort extends Error {
  readonly retryable = false;
}

/** Nobody gave up the lease in time. */
export function notLocked(key: string, limitSecs: number): StoreError {
  const why = "others hold it, or its store is too slow";
  return new StoreError(`${key} could not be locked for long enough within ${limitSecs} s: ${why}`);
}
