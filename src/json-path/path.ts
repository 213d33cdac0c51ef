/** What a path is once it has been read: the terms are those of RFC 9535. */

/** Selects nodes, from the whole document (`$`) or from the element that a filter looks at (`@`). */
export interface Query {
  readonly from: "root" | "current";
  readonly segments: readonly Segment[];
}

/** One step of a query: to the children that one of its selectors selects, of a node or of all below it. */
export interface Segment {
  /** Whether it begins with `..`. */
  readonly descends: boolean;
  readonly selectors: readonly Selector[];
}

/** Selects among the children of one node. */
export type Selector = NameSelector | IndexSelector | SliceSelector | FilterSelector | { readonly kind: "wildcard" };

/** A member of an object. */
export interface NameSelector {
  readonly kind: "name";
  readonly name: string;
}

/** An element of a list; a negative index counts from its end. */
export interface IndexSelector {
  readonly kind: "index";
  readonly index: number;
}

/** A range of a list (RFC 9535 §2.3.4). The step is never zero. */
export interface SliceSelector {
  readonly kind: "slice";
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly step: number;
}

/** The children for which a condition holds. */
export interface FilterSelector {
  readonly kind: "filter";
  readonly condition: Condition;
}

/** What a filter asks of a child. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly conditions: readonly Condition[] }
  | { readonly kind: "not"; readonly condition: Condition }
  | { readonly kind: "existence"; readonly query: Query }
  | Comparison;

/** Two values compared (RFC 9535 §2.3.5.2.2). */
export interface Comparison {
  readonly kind: "comparison";
  readonly operator: ComparisonOperator;
  readonly left: Operand;
  readonly right: Operand;
}

/** How two values are compared. */
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** One side of a comparison. Its query is singular: it selects one node at most. */
export type Operand =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "query"; readonly query: Query };

/** Whether `query` selects one node at most: by names and indices only. */
export function isSingular({ segments }: Query): boolean {
  return segments.every(({ descends, selectors }) => {
    return !descends && selectors.length === 1 && ["name", "index"].includes(selectors[0]?.kind ?? "");
  });
}
