/** JSON whose integers keep their digits: `JSON.parse` rounds those beyond 2⁵³ without a word (A8). */

import { randomUUID } from "node:crypto";
import { parseJson } from "../values/parse-json.js";

/** What `text` says, with bigints for the integers that a number cannot hold; `undefined` if it is no JSON. */
export function parseExactJson(text: string): unknown {
  const rounded = parseJson(text);
  if (rounded === undefined || !LONG_NUMBER.test(text)) return rounded;
  // Marked as strings, they pass the parser whole. The mark is one that nobody could have foreseen.
  const mark = randomUUID();
  const marked = text.replace(STRING_OR_NUMBER, (literal) => (isInexact(literal) ? `"${mark}${literal}"` : literal));
  return marked === text ? rounded : unmarked(parseJson(marked), mark);
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sixteen digits: shorter integers are exact. */
const LONG_NUMBER = /\d{16}/;

/** Of a text that is JSON: its strings, which are passed over, and its numbers. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

function isInexact(literal: string): boolean {
  return /^-?\d{16,}$/.test(literal) && !Number.isSafeInteger(Number(literal));
}

/** Without recursion: a hostile document may be nested deeper than the stack. */
function unmarked(document: unknown, mark: string): unknown {
  const root = { document };
  const unvisited: object[] = [root];
  for (let holder = unvisited.pop(); holder !== undefined; holder = unvisited.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      if (typeof value === "object" && value !== null) unvisited.push(value);
      else if (typeof value === "string" && value.startsWith(mark)) {
        Object.assign(holder, { [key]: BigInt(value.slice(mark.length)) });
      }
    }
  }
  return root.document;
}
