/**
 * Walks through a document along a query, in document order, and stops at the first match. A node is
 * walked through once for each segment, whichever way leads there: so the time is in proportion to
 * the document, whatever the query (A9). There is no recursion over the document, however deep it is.
 */

import { compare } from "./comparison.js";
import type { Comparison, Condition, Operand, Query, Segment, Selector, SliceSelector } from "./path.js";
import type { Step } from "./steps.js";
import { Structures } from "./structures.js";

/** A node that matches all segments of its query before `depth`. */
interface Place {
  readonly depth: number;
  readonly node: unknown;
}

/** A node from which a segment is being walked along. */
interface Stage {
  readonly outcomes: Map<object, boolean>;
  readonly node: object;
  readonly places: Iterator<Place>;
}

/** One selection from one document, which is a tree. */
export class Walk {
  readonly #root: unknown;
  readonly #step: Step;
  readonly #structures = new Structures();
  /** Whether the segments from this one on select anything below a node; `false` while it is being found out. */
  readonly #outcomes = new Map<Segment, Map<object, boolean>>();
  /** The outcomes of comparisons that say nothing of the element. */
  readonly #constants = new Map<Comparison, boolean>();

  constructor(root: unknown, step: Step) {
    this.#root = root;
    this.#step = step;
  }

  /** Whether `query` selects a node that `accepts` takes; it is not asked again after it has taken one. */
  finds({ from, segments }: Query, accepts: (node: unknown) => boolean, current: unknown = this.#root): boolean {
    const stages: Stage[] = [];
    let place: Place | undefined = { depth: 0, node: from === "root" ? this.#root : current };
    while (place !== undefined) {
      const { depth, node }: Place = place;
      const segment = segments[depth];
      const outcomes = segment && this.#outcomesOf(segment);
      const outcome = isContainer(node) ? outcomes?.get(node) : false;
      if (segment === undefined ? accepts(node) : outcome) {
        for (const stage of stages) stage.outcomes.set(stage.node, true);
        return true;
      }
      if (segment && outcomes && isContainer(node) && outcome === undefined) {
        outcomes.set(node, false);
        stages.push({ outcomes, node, places: this.#walkOn(segment, depth, node) });
      }
      place = nextPlace(stages);
    }
    return false;
  }

  #outcomesOf(segment: Segment): Map<object, boolean> {
    let outcomes = this.#outcomes.get(segment);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.#outcomes.set(segment, outcomes);
    }
    return outcomes;
  }

  *#walkOn({ descends, selectors }: Segment, depth: number, node: object): Generator<Place> {
    for (const selector of selectors) {
      for (const child of this.#select(selector, node)) yield { depth: depth + 1, node: child };
    }
    if (!descends) return;
    for (const child of childrenOf(node)) if (isContainer(child)) yield { depth, node: child };
  }

  #select(selector: Selector, node: object): Iterable<unknown> {
    switch (selector.kind) {
      case "name":
      case "index":
        return this.#step(selector, node);
      case "slice":
        return Array.isArray(node) ? slice(selector, node) : [];
      case "wildcard":
        return childrenOf(node);
      case "filter":
        return this.#filter(selector.condition, node);
    }
  }

  *#filter(condition: Condition, node: object): Generator<unknown> {
    for (const child of childrenOf(node)) {
      if (this.#holds(condition, child)) yield child;
    }
  }

  #holds(condition: Condition, node: unknown): boolean {
    switch (condition.kind) {
      case "or":
        return condition.conditions.some((one) => this.#holds(one, node));
      case "and":
        return condition.conditions.every((one) => this.#holds(one, node));
      case "not":
        return !this.#holds(condition.condition, node);
      case "existence":
        return this.finds(condition.query, () => true, node);
      case "comparison":
        return this.#compares(condition, node);
    }
  }

  #compares(comparison: Comparison, node: unknown): boolean {
    const { operator, left, right } = comparison;
    const isConstant = isAbsolute(left) && isAbsolute(right);
    const known = isConstant ? this.#constants.get(comparison) : undefined;
    const outcome = known ?? compare(operator, this.#value(left, node), this.#value(right, node), this.#structures);
    if (isConstant) this.#constants.set(comparison, outcome);
    return outcome;
  }

  /** The value of an operand; `undefined` is what a path gives that selects nothing. */
  #value(operand: Operand, node: unknown): unknown {
    if (operand.kind === "literal") return operand.value;
    const { from, segments } = operand.query;
    return segments.reduce<unknown>(
      (value, { selectors: [selector] }) => {
        if (!isContainer(value) || (selector?.kind !== "name" && selector?.kind !== "index")) return undefined;
        return this.#step(selector, value)[0];
      },
      from === "root" ? this.#root : node,
    );
  }
}

function nextPlace(stages: Stage[]): Place | undefined {
  for (let stage = stages.at(-1); stage !== undefined; stage = stages.at(-1)) {
    const next = stage.places.next();
    if (!next.done) return next.value;
    stages.pop();
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isAbsolute(operand: Operand): boolean {
  return operand.kind === "literal" || operand.query.from === "root";
}

/** Elements of a list, members of an object, in their order: nothing inherited, no length. */
function childrenOf(node: object): readonly unknown[] {
  return Array.isArray(node) ? node : Object.values(node);
}

/** RFC 9535 §2.3.4.2.2. */
function* slice({ start, end, step }: SliceSelector, list: readonly unknown[]): Generator<unknown> {
  const { length } = list;
  const bound = (given: number, least: number, most: number): number => {
    return Math.min(Math.max(given < 0 ? length + given : given, least), most);
  };
  if (step > 0) {
    const stop = bound(end ?? length, 0, length);
    for (let index = bound(start ?? 0, 0, length); index < stop; index += step) yield list[index];
  } else {
    const stop = bound(end ?? -length - 1, -1, length - 1);
    for (let index = bound(start ?? length - 1, -1, length - 1); index > stop; index += step) yield list[index];
  }
}
