/** Data of a configuration with live values in it: parameters, headers, the body of a login (V1). */

import * as z from "zod/mini";
import type { Field } from "../config/fields.js";
import { faultOfEncoding } from "../config/scalars.js";
import { isData } from "./document-folder.js";
import { liveText } from "./live-text.js";
import { fixedValue, type LiveRole, type LiveValue } from "./live-value.js";

/** Data in which each text may be live. */
export interface LiveData<T> {
  /** The live values in it. */
  readonly values: readonly LiveValue[];
  /** The data with what was read last. */
  readonly current: T;
  /** What tells it from other data, whatever its live values are just now: the same, with their identities. */
  readonly identity: T;
}

/** Data with nothing live in it. */
export function fixedData<T>(data: T): LiveData<T> {
  return { values: [], current: data, identity: data };
}

/** What `change` makes of `data`, whatever its live values are. */
export function changed<T>(data: LiveData<T>, change: (data: T) => T): LiveData<T> {
  const { values, identity } = data;
  return {
    values,
    get current() {
      return change(data.current);
    },
    identity: change(identity),
  };
}

/** How the texts in the data differ from texts of any kind. */
export interface LiveDataOptions {
  readonly role: LiveRole;
  readonly faultOf?: (text: string) => string | undefined;
  /** How what was read is written in the data; by default, as it is. */
  readonly written?: (text: string) => string;
}

/**
 * What `field` takes, in which below the top `{ file: PATH }` and functions stand for texts. At the top they are data: a header
 * may be called `file`.
 */
export function liveData<T>(
  key: string,
  field: Field<T>,
  { role, faultOf = faultOfEncoding, written = (text) => text }: LiveDataOptions,
): Field<LiveData<T>> {
  return z.pipe(
    z.unknown(),
    z.transform((given, context): LiveData<T> => {
      const values: LiveValue[] = [];
      const tree = replaced(given, isLiveLeaf, (leaf, path) => {
        const { value, issues } = run(liveText([key, ...path].join("."), { role, faultOf }), leaf);
        context.issues.push(...issues.map((issue) => ({ ...issue, path: [...path, ...(issue.path ?? [])] })));
        const usable = issues.length === 0 ? value : fixedValue(PLACEHOLDER, role);
        values.push(usable);
        return usable;
      });
      const filled = (textOf: (value: LiveValue) => string): unknown =>
        values.length === 0 ? tree : replaced(tree, isOneOf(values), (value) => written(textOf(value as LiveValue)));
      const { value: first, issues } = run(field, filled(knownText));
      context.issues.push(...issues);
      if (values.length === 0) return fixedData(first);
      return {
        values,
        get current() {
          return run(
            field,
            filled(({ text }) => text),
          ).value;
        },
        identity: run(
          field,
          filled(({ identity }) => identity),
        ).value,
      };
    }),
  );
}

/** `data` with a text in place of each live value, for checks of the rest of it. */
export function withoutLiveValues(data: unknown): unknown {
  return replaced(data, isLiveLeaf, () => PLACEHOLDER);
}

/** What a function is taken for until it is called, and what has a fault of its own, for the rest of the check. */
const PLACEHOLDER = "live";

function knownText(value: LiveValue): string {
  return value.source === "function" ? PLACEHOLDER : value.text;
}

function isLiveLeaf(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (typeof value === "function") return true;
  if (!isData(value)) return false;
  const { file, ...others } = value as { readonly file?: unknown };
  return typeof file === "string" && Object.keys(others).length === 0;
}

function isOneOf(values: readonly unknown[]): (value: unknown) => boolean {
  return (value) => values.includes(value);
}

/** `value` with what `isLeaf` finds in it replaced. What is no data, as a scalar that can be read in two ways, stays as it is. */
function replaced(
  value: unknown,
  isLeaf: (value: unknown, depth: number) => boolean,
  replace: (leaf: unknown, path: PropertyKey[]) => unknown,
): unknown {
  const within = (item: unknown, path: readonly PropertyKey[], above: readonly unknown[]): unknown => {
    if (isLeaf(item, path.length)) return replace(item, [...path]);
    // What holds itself is refused elsewhere.
    if (above.includes(item)) return item;
    const inner = (part: unknown, step: PropertyKey): unknown => within(part, [...path, step], [...above, item]);
    if (Array.isArray(item)) return item.map(inner);
    // One that says itself what it is in JSON has no parts of its own.
    if (!isData(item) || typeof (item as { toJSON?: unknown }).toJSON === "function") return item;
    return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, inner(part, key)]));
  };
  return within(value, [], []);
}

/** What `field` makes of `value`, and its faults as they are before anybody has put them into words. */
function run<T>(field: Field<T>, value: unknown): { readonly value: T; readonly issues: z.core.$ZodRawIssue[] } {
  return field._zod.run({ value, issues: [] }, {}) as { value: T; issues: z.core.$ZodRawIssue[] };
}
