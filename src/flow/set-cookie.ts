/** The value of a cookie once an answer has set it, as a browser would have it (RFC 6265 §5.2, §5.3). */

import type { HttpAnswer } from "../http/exchange.js";

/** What the cookie `name` is after `answer`; `undefined` if that sets none, or ends it. */
export function cookieSetBy({ headers, receivedAt }: HttpAnswer, name: string): string | undefined {
  const [date = ""] = [headers.date ?? []].flat();
  const now = timeOf(date) ?? receivedAt;
  const kept = new Map<string, string>();
  for (const cookie of [headers["set-cookie"] ?? []].flat().map(parsed)) {
    if (cookie.name !== name) continue;
    // A later one takes the place of an earlier one of the same domain and path (§5.3 step 11).
    kept.delete(placeOf(cookie));
    if (!isEnded(cookie, now)) kept.set(placeOf(cookie), cookie.value);
  }
  return [...kept.values()].at(-1);
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** By lower-case name; of two of the same name, the last counts. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** The name and the value come first, the attributes after them. */
function parsed(line: string): Cookie {
  const [[name, value], ...attributes] = line.split(";").map(pairOf) as [Pair, ...Pair[]];
  return { name, value, attributes: new Map(attributes.map(([key, given]) => [key.toLowerCase(), given])) };
}

type Pair = readonly [name: string, value: string];

function pairOf(text: string): Pair {
  const [name = "", ...value] = text.split("=");
  return [name.trim(), value.join("=").trim()];
}

function placeOf({ attributes }: Cookie): string {
  return JSON.stringify([attributes.get("domain")?.toLowerCase(), attributes.get("path")]);
}

/** `Max-Age` goes before `Expires` (§5.3 step 3). */
function isEnded({ attributes }: Cookie, now: number): boolean {
  const seconds = attributes.get("max-age") ?? "";
  if (/^-?\d+$/.test(seconds)) return Number(seconds) <= 0;
  const end = timeOf(attributes.get("expires") ?? "");
  return end !== undefined && end <= now;
}

function timeOf(date: string): number | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}
