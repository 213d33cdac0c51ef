/** Times of HTTP: what time it was, by the clock of the server, when an answer was sent (RFC 9110 §5.6.7, §6.6.1). */

import type { HttpAnswer } from "./exchange.js";

/** What says when an answer was sent. */
export type Dated = Pick<HttpAnswer, "headers" | "receivedAt">;

/**
 * When `answer` was sent, in milliseconds since the epoch, by the clock of its server: the times in it are
 * of that clock. By our own where there is no `Date`.
 */
export function sentAt(answer: Dated): number {
  return dateOf(answer) ?? answer.receivedAt;
}

/** The `Date` of `answer`, in milliseconds since the epoch, if it has one. */
export function dateOf({ headers }: Pick<HttpAnswer, "headers">): number | undefined {
  return typeof headers.date === "string" ? parseHttpDate(headers.date) : undefined;
}

/** All forms of an HTTP date are in GMT; the oldest does not say so. `undefined` for what is none. */
export function parseHttpDate(date: string): number | undefined {
  const time = Date.parse(/GMT|UTC|Z$/.test(date) ? date : `${date} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
