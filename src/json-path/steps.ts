/**
 * One step from a node to a child, by jsonpath-plus. It takes single steps only: over a whole path it
 * tries `..` from every node anew, which takes quadratic time and worse in a nested answer, runs code
 * to filter, and reads a syntax of its own into names.
 */

import type { IndexSelector, NameSelector } from "./path.js";

/** The children of `node` that `selector` selects: one or none. */
export type Step = (selector: NameSelector | IndexSelector, node: object) => readonly unknown[];

// Where a name has other characters, jsonpath-plus may take them for syntax, even between quotes.
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** Loads jsonpath-plus, which a program without paths does not need. */
export async function stepper(): Promise<Step> {
  const { JSONPath } = await import("jsonpath-plus");
  const jsonPath = JSONPath({ path: "$", json: {}, eval: false, wrap: true, autostart: false });
  return (selector, node) => {
    const expression = expressionOf(selector, node);
    if (expression === undefined) return ownMember(selector, node);
    return jsonPath.evaluate(expression, node, undefined, undefined);
  };
}

/** A list has elements by index, an object members by name; `undefined` for what has to be read without the package. */
function expressionOf(selector: NameSelector | IndexSelector, node: object): string | undefined {
  const { kind } = selector;
  if ((kind === "index") !== Array.isArray(node)) return undefined;
  if (kind === "name") return PLAIN_NAME.test(selector.name) ? `$.${selector.name}` : undefined;
  const { index } = selector;
  if (index >= 0) return `$[${index}]`;
  return index === -1 ? "$[-1:]" : `$[${index}:${index + 1}]`;
}

function ownMember(selector: NameSelector | IndexSelector, node: object): unknown[] {
  if (selector.kind === "index" || Array.isArray(node)) return [];
  const isMember = Object.prototype.propertyIsEnumerable.call(node, selector.name);
  return isMember ? [(node as Record<string, unknown>)[selector.name]] : [];
}
