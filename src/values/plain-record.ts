/** Records of keys and values, and what is taken for one: a promise and a `Map` have no keys, so that all they hold would be missed (G5). */

import type { ConfigFault } from "./errors.js";

/** Whether `value` is an object of keys and values, of whichever realm and class, or the namespace of a module. */
export function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return ["Object", "Module"].includes(kindOf(value)) && !isThenable(value);
}

/** What is wrong with `value` in place of such an object, where `expected` says what it must be; nothing if it is one. */
export function faultOfRecord(value: unknown, expected: string): string | undefined {
  if (isPlainRecord(value)) return undefined;
  if (isThenable(value)) return AWAIT;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? `is a ${kindOf(value)}, and ${expected}` : expected;
}

const AWAIT = "is a promise: await it";

/** What within a configuration is no data, and has no keys. `pathTo` says where a step leads. */
export function mistakenWithin(
  value: unknown,
  pathTo: (above: string, step: string | number) => string,
  path = "",
  above: readonly unknown[] = [],
): ConfigFault[] {
  if (typeof value !== "object" || value === null || above.includes(value)) return [];
  if (isThenable(value)) return [{ path, message: AWAIT }];
  const kind = kindOf(value);
  if (COLLECTIONS.has(kind)) return [{ path, message: `is a ${kind}: a configuration has plain objects and lists` }];
  if (!Array.isArray(value) && !isLiteral(value)) return [];
  const steps = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [...steps].flatMap(([step, item]) => mistakenWithin(item, pathTo, pathTo(path, step), [...above, value]));
}

const COLLECTIONS: ReadonlySet<string> = new Set(["Map", "Set", "WeakMap", "WeakSet"]);

/** Whether an object is of no class, in whichever realm: one of a class, such as a provider, is no part of a configuration. */
export function isLiteral(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf"));
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
