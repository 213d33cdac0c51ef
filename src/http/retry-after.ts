/** The `Retry-After` header (RFC 9110 §10.2.3). */

import { type Dated, parseHttpDate, sentAt } from "./http-date.js";

/** The seconds that an answer asks to wait, given as such or as a date; `undefined` if it does not. */
export function retryAfterSeconds(answer: Dated): number | undefined {
  const [value] = [answer.headers["retry-after"]].flat();
  if (value === undefined) return undefined;
  // More seconds than a number holds are simply too many.
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  // Date.parse takes "-5" and "1.5" for years; an HTTP date names its month.
  const until = /[a-z]{3}/i.test(value) ? parseHttpDate(value) : undefined;
  return until === undefined ? undefined : Math.max(0, until - sentAt(answer)) / 1000;
}
