/** The `Retry-After` header (RFC 9110 §10.2.3). */

import type { HttpAnswer } from "./exchange.js";

/** The seconds that an answer asks to wait, given as such or as a date; `undefined` if it does not. */
export function retryAfterOf({ headers }: Pick<HttpAnswer, "headers">): number | undefined {
  const [value] = [headers["retry-after"]].flat();
  if (value === undefined) return undefined;
  // More digits than a number holds are for ever all the same.
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  // Date.parse takes "-5" and "1.5" for years; an HTTP date names its month.
  const until = /[a-z]{3}/i.test(value) ? httpDate(value) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  return Math.max(0, until - sentAt(headers.date)) / 1000;
}

/** By the clock of the server that names the date, where it tells it: ours may go wrong. */
function sentAt(date: string | string[] | undefined): number {
  const told = typeof date === "string" ? httpDate(date) : Number.NaN;
  return Number.isNaN(told) ? Date.now() : told;
}

/** All forms of an HTTP date are in GMT; the oldest does not say so (RFC 9110 §5.6.7). */
function httpDate(date: string): number {
  return Date.parse(/GMT|UTC|Z$/.test(date) ? date : `${date} GMT`);
}
