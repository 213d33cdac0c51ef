/** Compares two values of a document (RFC 9535 §2.3.5.2.2). */

import type { ComparisonOperator } from "./path.js";
import type { Structures } from "./structures.js";

/** Whether `left` stands so to `right`. `undefined` is no value, which is equal to no value alone. */
export function compare(operator: ComparisonOperator, left: unknown, right: unknown, structures: Structures): boolean {
  switch (operator) {
    case "==":
      return structures.areEqual(left, right);
    case "!=":
      return !structures.areEqual(left, right);
    case "<":
      return isLess(left, right);
    case ">":
      return isLess(right, left);
    case "<=":
      return isLess(left, right) || structures.areEqual(left, right);
    case ">=":
      return isLess(right, left) || structures.areEqual(left, right);
  }
}

/** Numbers and texts have an order, by code point; nothing else has. */
function isLess(left: unknown, right: unknown): boolean {
  if (typeof left === "number" && typeof right === "number") return left < right;
  if (typeof left !== "string" || typeof right !== "string") return false;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}
