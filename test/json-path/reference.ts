/**
 * What a path means, told a second time and as plainly as can be: lists of nodes, recursion, no
 * memory (RFC 9535). And paths and documents to try it on.
 */

import { fc } from "@fast-check/vitest";
import type { Condition, Operand, Query, Selector } from "../../src/json-path/path.js";

/** All nodes that `query` selects, in the order in which a walk from the top meets them. */
export function nodesOf(query: Query, root: unknown, current: unknown): unknown[] {
  return query.segments.reduce<unknown[]>(
    (nodes, { descends, selectors }) =>
      nodes
        .flatMap((node) => (descends ? [node, ...descendants(node)] : [node]))
        .flatMap((node) => selectors.flatMap((selector) => select(selector, node, root))),
    [query.from === "root" ? root : current],
  );
}

function select(selector: Selector, node: unknown, root: unknown): unknown[] {
  switch (selector.kind) {
    case "wildcard":
      return children(node);
    case "name":
      return Object.entries(isObject(node) ? node : {}).flatMap(([name, value]) =>
        name === selector.name ? [value] : [],
      );
    case "index":
      return Array.isArray(node)
        ? node
            .slice(selector.index)
            .slice(0, 1)
            .filter(() => -selector.index <= node.length)
        : [];
    case "slice": {
      if (!Array.isArray(node)) return [];
      const places = node.map((_, place) => place);
      const from = (given: number): number => (given < 0 ? given + node.length : given);
      const { start, end, step } = selector;
      if (step > 0) {
        const range = places.filter((at) => at >= from(start ?? 0) && at < from(end ?? node.length));
        const first = Math.max(from(start ?? 0), 0);
        return range.filter((at) => (at - first) % step === 0).map((at) => node[at]);
      }
      const first = Math.min(start === undefined ? node.length - 1 : from(start), node.length - 1);
      const range = places.filter((at) => at <= first && (end === undefined || at > from(end))).reverse();
      return range.filter((at) => (first - at) % step === 0).map((at) => node[at]);
    }
    case "filter":
      return children(node).filter((child) => holds(selector.condition, child, root));
  }
}

function holds(condition: Condition, node: unknown, root: unknown): boolean {
  switch (condition.kind) {
    case "and":
      return condition.conditions.every((one) => holds(one, node, root));
    case "or":
      return condition.conditions.some((one) => holds(one, node, root));
    case "not":
      return !holds(condition.condition, node, root);
    case "existence":
      return nodesOf(condition.query, root, node).length > 0;
    case "comparison": {
      const left = operandValue(condition.left, node, root);
      const right = operandValue(condition.right, node, root);
      const equal = canonical(left) === canonical(right);
      const ordered = typeof left === typeof right && ["string", "number"].includes(typeof left);
      const [a, b] = [left, right] as [string, string];
      switch (condition.operator) {
        case "==":
          return equal;
        case "!=":
          return !equal;
        case "<":
          return ordered && a < b;
        case ">":
          return ordered && a > b;
        case "<=":
          return equal || (ordered && a < b);
        case ">=":
          return equal || (ordered && a > b);
      }
    }
  }
}

function operandValue(operand: Operand, node: unknown, root: unknown): unknown {
  return operand.kind === "literal" ? operand.value : nodesOf(operand.query, root, node)[0];
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part) => {
    if (!isObject(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function children(node: unknown): unknown[] {
  return typeof node === "object" && node !== null ? Object.values(node) : [];
}

function descendants(node: unknown): unknown[] {
  return children(node).flatMap((child) => [child, ...descendants(child)]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `query` as text. */
export function spell({ from, segments }: Query): string {
  const steps = segments.map(({ descends, selectors }) => {
    return `${descends ? ".." : ""}[${selectors.map(spellSelector).join(", ")}]`;
  });
  return (from === "root" ? "$" : "@") + steps.join("");
}

function spellSelector(selector: Selector): string {
  switch (selector.kind) {
    case "wildcard":
      return "*";
    case "name":
      return JSON.stringify(selector.name);
    case "index":
      return String(selector.index);
    case "slice":
      return `${selector.start ?? ""}:${selector.end ?? ""}:${selector.step}`;
    case "filter":
      return `?${spellCondition(selector.condition)}`;
  }
}

function spellCondition(condition: Condition): string {
  switch (condition.kind) {
    case "and":
    case "or":
      return `(${condition.conditions.map(spellCondition).join(condition.kind === "and" ? " && " : " || ")})`;
    case "not":
      return `!(${spellCondition(condition.condition)})`;
    case "existence":
      return spell(condition.query);
    case "comparison":
      return `${spellOperand(condition.left)} ${condition.operator} ${spellOperand(condition.right)}`;
  }
}

function spellOperand(operand: Operand): string {
  return operand.kind === "literal" ? JSON.stringify(operand.value) : spell(operand.query);
}

const NAMES = ["a", "b", "c", "a.b", "'\"\\", "`a", "*", "é", "a,b", "0", "__proto__", "length"];
const names = fc.constantFrom(...NAMES);
const scalars = fc.constantFrom(0, 1, 2, "a", "b", "", true, null);

/** Small documents, in which names and values come again and again. */
export const documents: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthIdentifier: "document" },
    scalars,
    fc.array(tie("node"), { maxLength: 4, depthIdentifier: "document" }),
    fc
      .array(fc.tuple(names, tie("node")), { maxLength: 4, depthIdentifier: "document" })
      .map((members) =>
        JSON.parse(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`),
      ),
  ),
})).node;

const places = fc.integer({ min: -3, max: 3 });
const bounds = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });
const steps = fc.constantFrom(1, 2, 3, -1, -2);
const nameOrIndex = fc.oneof(
  names.map((name): Selector => ({ kind: "name", name })),
  places.map((index): Selector => ({ kind: "index", index })),
);
const singular = fc.record({
  from: fc.constantFrom("root" as const, "current" as const, "current" as const),
  segments: fc.array(
    nameOrIndex.map((selector) => ({ descends: false, selectors: [selector] })),
    { maxLength: 2 },
  ),
});
const operands: fc.Arbitrary<Operand> = fc.oneof(
  scalars.map((value) => ({ kind: "literal" as const, value })),
  singular.map((query) => ({ kind: "query" as const, query })),
);

/** Queries of all that RFC 9535 has but functions. */
export const queries: fc.Arbitrary<Query> = fc.letrec<{ query: Query; selector: Selector; condition: Condition }>(
  (tie) => {
    const segments = fc.array(
      fc.record({ descends: fc.boolean(), selectors: fc.array(tie("selector"), { minLength: 1, maxLength: 3 }) }),
      { maxLength: 3 },
    );
    return {
      query: segments.map((all) => ({ from: "root", segments: all })),
      selector: fc.oneof(
        { maxDepth: 2, depthIdentifier: "filter" },
        nameOrIndex,
        fc.constant({ kind: "wildcard" }),
        fc.record({ kind: fc.constant("slice"), start: bounds, end: bounds, step: steps }),
        fc.record({ kind: fc.constant("filter"), condition: tie("condition") }),
      ),
      condition: fc.oneof(
        { maxDepth: 3, depthIdentifier: "filter" },
        fc.record({
          kind: fc.constant("comparison"),
          operator: fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
          left: operands,
          right: operands,
        }),
        fc.record({
          kind: fc.constant("existence"),
          query: fc.record({ from: fc.constantFrom("root", "current"), segments }),
        }),
        fc.record({ kind: fc.constant("not"), condition: tie("condition") }),
        fc.record({
          kind: fc.constantFrom("and", "or"),
          conditions: fc.array(tie("condition"), { minLength: 2, maxLength: 3 }),
        }),
      ) as fc.Arbitrary<Condition>,
    } as never;
  },
).query;
