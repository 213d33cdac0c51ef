/** The `Retry-After` header (RFC 9110 §10.2.3), and what time it was when an answer was sent. */

import type { HttpAnswer } from "./exchange.js";

/** The seconds that an answer asks to wait, given as such or as a date; `undefined` if it does not. */
export function retryAfterSeconds(answer: Pick<HttpAnswer, "headers" | "receivedAt">): number | undefined {
  const [value] = [answer.headers["retry-after"]].flat();
  if (value === undefined) return undefined;
  // More seconds than a number holds are simply too many.
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  // Date.parse takes "-5" and "1.5" for years; an HTTP date names its month.
  const until = /[a-z]{3}/i.test(value) ? parseHttpDate(value) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  return Math.max(0, until - sentAt(answer)) / 1000;
}

/**
 * When `answer` was sent, in milliseconds since the epoch, by the clock of its server: the times in it are
 * of that clock. By our own where there is no `Date`.
 */
function sentAt({ headers, receivedAt }: Pick<HttpAnswer, "headers" | "receivedAt">): number {
  const date = typeof headers.date === "string" ? parseHttpDate(headers.date) : Number.NaN;
  return Number.isNaN(date) ? receivedAt : date;
}

/** All forms of an HTTP date are in GMT; the oldest does not say so (RFC 9110 §5.6.7). */
function parseHttpDate(date: string): number {
  return Date.parse(/GMT|UTC|Z$/.test(date) ? date : `${date} GMT`);
}
