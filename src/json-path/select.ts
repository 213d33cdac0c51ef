/** Takes a value out of a JSON document by a path that `syntax.ts` has understood (A4). */

import { type ParsedPath, parsePath } from "./syntax.js";

interface Match {
  readonly value: unknown;
  readonly parent: unknown;
  readonly parentProperty: PropertyKey;
}

/** Selects from documents. */
export type Select = (document: unknown) => Promise<string | number | undefined>;

/** Why `path` cannot be used, if it cannot. */
export function faultOfPath(path: string): string | undefined {
  const parsed: ParsedPath = parsePath(path);
  return "fault" in parsed ? parsed.fault : undefined;
}

/**
 * The first string or number that `path` selects and that is a value of the document itself: no
 * character of a string, no length, nothing inherited. Throws `RangeError` where the document is
 * nested too deeply. jsonpath-plus is loaded when first needed.
 */
export function selector(path: string): Select {
  const parsed = parsePath(path);
  if ("fault" in parsed) throw new TypeError(`the path ${parsed.fault}`);
  return async (document) => {
    if (typeof document !== "object" || document === null) return undefined;
    const { JSONPath } = await import("jsonpath-plus");
    const matches: Match[] = JSONPath({
      path: parsed.expression,
      json: document,
      eval: false,
      wrap: true,
      resultType: "all",
    });
    return matches
      .filter(isInDocument)
      .map(({ value }) => value)
      .find(isScalar);
  };
}

function isInDocument({ parent, parentProperty }: Match): boolean {
  return (
    typeof parent === "object" && parent !== null && Object.prototype.propertyIsEnumerable.call(parent, parentProperty)
  );
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
