/** Takes a value out of a JSON document by a JSONPath (RFC 9535), without running code (A4, A9). */

import type { Query } from "./path.js";
import { stepper } from "./steps.js";
import { parsePath } from "./syntax.js";
import { Walk } from "./walk.js";

/** Selects from documents; `undefined` where nothing is selected. */
export type Select<T = string | number> = (document: unknown) => Promise<T | undefined>;

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
  return finder(path, isScalar);
}

/** The first value that `path` selects and `accepts` takes, as `selector` does. */
export function finder<T>(path: string, accepts: (node: unknown) => node is T): Select<T> {
  return finderOf(queryOf(path), accepts);
}

/** The first string or number called `name` beside what `path` selects by a name; none for a path that ends otherwise. */
export function neighbourSelector(path: string, name: string): Select {
  const { from, segments } = queryOf(path);
  const last = segments.at(-1);
  if (last?.selectors.length !== 1 || last.selectors[0]?.kind !== "name") return async () => undefined;
  const neighbour = { ...last, selectors: [{ kind: "name", name } as const] };
  return finderOf({ from, segments: [...segments.slice(0, -1), neighbour] }, isScalar);
}

function queryOf(path: string): Query {
  const parsed = parsePath(path);
  if ("fault" in parsed) throw new TypeError(`the path ${parsed.fault}`);
  return parsed.query;
}

function finderOf<T>(query: Query, accepts: (node: unknown) => node is T): Select<T> {
  return async (document) => {
    let found: T | undefined;
    new Walk(document, await stepper()).finds(query, (node) => {
      if (!accepts(node)) return false;
      found = node;
      return true;
    });
    return found;
  };
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
