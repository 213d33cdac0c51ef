/** Takes a value out of a JSON document by a JSONPath (RFC 9535), without running code (A4, A9). */

import { stepper } from "./steps.js";
import { parsePath } from "./syntax.js";
import { Walk } from "./walk.js";

/** Selects from documents. */
export type Select = (document: unknown) => Promise<string | number | undefined>;

/** Why `path` cannot be used, if it cannot: what is wrong, from which character on, and what to write instead. */
export function faultOfPath(path: string): string | undefined {
  const parsed = parsePath(path);
  return "fault" in parsed ? parsed.fault : undefined;
}

/**
 * The first string or number that `path` selects, in the order of the document, of values that the
 * document itself holds: no character of a string, no length, nothing inherited. Throws `TypeError`
 * for a path that cannot be used.
 */
export function selector(path: string): Select {
  const parsed = parsePath(path);
  if ("fault" in parsed) throw new TypeError(`the path ${parsed.fault}`);
  return async (document) => {
    let found: string | number | undefined;
    new Walk(document, await stepper()).finds(parsed.query, (node) => {
      if (!isScalar(node)) return false;
      found = node;
      return true;
    });
    return found;
  };
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
