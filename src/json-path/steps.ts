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
  const expressions = new Map<NameSelector | IndexSelector, string | undefined>();
  return (selector, node) => {
    const key = keyIn(node, selector);
    if (key === undefined || !Object.prototype.propertyIsEnumerable.call(node, key)) return [];
    if (!expressions.has(selector)) expressions.set(selector, expressionOf(selector));
    const expression = expressions.get(selector);
    if (expression === undefined) return [(node as Record<PropertyKey, unknown>)[key]];
    return jsonPath.evaluate(expression, node, undefined, undefined);
  };
}

/** A list has elements by index, an object members by name. */
function keyIn(node: object, selector: NameSelector | IndexSelector): PropertyKey | undefined {
  if (selector.kind === "name") return Array.isArray(node) ? undefined : selector.name;
  if (!Array.isArray(node)) return undefined;
  return selector.index < 0 ? node.length + selector.index : selector.index;
}

/** How jsonpath-plus spells the step; `undefined` for a name that it would misread. */
function expressionOf(selector: NameSelector | IndexSelector): string | undefined {
  if (selector.kind === "name") return PLAIN_NAME.test(selector.name) ? `$.${selector.name}` : undefined;
  const { index } = selector;
  if (index >= 0) return `$[${index}]`;
  return index === -1 ? "$[-1:]" : `$[${index}:${index + 1}]`;
}
