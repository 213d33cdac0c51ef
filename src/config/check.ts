/** Checks a configuration whole, and says of every fault where it is and how to mend it (G2). */

import leven from "leven";
import type * as z from "zod/mini";
import { ConfigError, type ConfigFault, FaucetError } from "../values/errors.js";
import { mistakenWithin } from "../values/plain-record.js";

/** Finds faults in how keys stand to each other, which no key shows alone. */
export type Relation = (config: Readonly<Record<string, unknown>>) => readonly ConfigFault[];

/** What a configuration is checked against, and what is wrong already. */
export interface Checks<T> {
  readonly schema: z.ZodMiniType<T>;
  readonly relations?: readonly Relation[];
  /** Faults that only the normal form shows, of a configuration whose keys are right each for itself. */
  readonly settled?: (settings: T) => readonly ConfigFault[];
  /** Faults that were found elsewhere and belong into the same error. */
  readonly others?: readonly ConfigFault[];
}

/**
 * `config` in its normal form. Throws a `ConfigError` about `subject` with every fault; a value is
 * never repeated in it, since it may be a secret in the wrong place.
 */
export function check<T>(
  subject: string,
  config: unknown,
  { schema, relations = [], settled = () => [], others = [] }: Checks<T>,
): T {
  const result = schema.safeParse(config, { error: messageOf });
  const found = result.success ? [] : result.error.issues.flatMap((issue) => toFaults(issue));
  if (typeof config === "object" && config !== null && !Array.isArray(config)) {
    found.push(...relations.flatMap((relation) => relation(config as Record<string, unknown>)));
  }
  // To a schema, what has no keys is a mapping whose keys are all left out.
  const mistaken = mistakenWithin(config, (above, step) => join(above, pathOf([step])));
  const isKnown = ({ path }: ConfigFault): boolean => mistaken.some((fault) => isWithin(fault.path, path));
  const faults = [...mistaken, ...found.filter((fault) => !isKnown(fault))];
  if (result.success && faults.length === 0) faults.push(...settled(result.data));
  faults.push(...others);
  if (!result.success || faults.length > 0) throw new ConfigError(subject, faults);
  return result.data;
}

/** `build`'s result, built when it is first asked for: importing a provider costs no schema. */
export function lazily<T>(build: () => T): () => T {
  let built: { value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

/** Whether a key has a value: `null` means that it is absent (G1). */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Runs `build` and gives back its result, or its `ConfigError`'s faults with `path` before theirs. */
export function faultsOf<T>(path: string, build: () => T): { built: T } | { faults: readonly ConfigFault[] } {
  try {
    return { built: build() };
  } catch (error) {
    if (!isConfigError(error)) throw error;
    return { faults: error.issues.map((issue) => ({ path: join(path, issue.path), message: issue.message })) };
  }
}

/** Of either build: a user's own type may be made with the other one. */
function isConfigError(error: unknown): error is ConfigError {
  return FaucetError.is(error) && error.code === "config";
}

/** What a name was probably meant to be, and else what it could be. */
export function suggest(name: string, known: readonly string[]): string {
  const meant = nearest(name, known, (candidate) => Math.max(2, candidate.length / 3));
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length === 0 ? "there are none" : `known are ${known.join(", ")}`;
}

/** Which of `known` was meant by a `name` that has at least two letters of three in common with it: no other text is shown. */
export function misspelt(name: string, known: readonly string[]): string | undefined {
  return nearest(name, known, (candidate) => candidate.length / 3);
}

function nearest(
  name: string,
  known: readonly string[],
  mostChanges: (candidate: string) => number,
): string | undefined {
  const [first] = known
    .map((candidate) => ({ candidate, distance: leven(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= mostChanges(candidate))
    .sort((a, b) => a.distance - b.distance);
  return first?.candidate;
}

function toFaults(issue: z.core.$ZodIssue, above = ""): ConfigFault[] {
  const path = join(above, pathOf(issue.path));
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" ").filter(Boolean);
    return issue.keys.map((key) => ({
      path: join(path, redactKey(key)),
      message: `unknown key; ${suggest(redactKey(key), known)}`,
    }));
  }
  if (issue.code === "invalid_union" && issue.message === "") return faultsOfNearest(issue.errors, path);
  return [{ path, message: issue.message }];
}

/** Of several forms that a value may have, the faults of that which it was meant to have: its type is right, at least. */
function faultsOfNearest(forms: readonly z.core.$ZodIssue[][], path: string): ConfigFault[] {
  const isOfType = (issues: readonly z.core.$ZodIssue[]): boolean =>
    !issues.some((issue) => issue.code === "invalid_type" && issue.path.length === 0);
  const nearest = forms.find(isOfType) ?? forms[0] ?? [];
  return nearest.flatMap((issue) => toFaults(issue, path));
}

/** The message of an issue; of unknown keys, those that are known. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys") return shapeKeys(issue.inst).join(" ");
  if (issue.code === "invalid_union") return "";
  if (issue.code === "invalid_type") {
    if (issue.input === undefined || issue.input === null)
      return `is required: ${TYPES[issue.expected] ?? issue.expected}`;
    return `must be ${TYPES[issue.expected] ?? issue.expected}, not ${typeName(issue.input)}`;
  }
  if (issue.code === "invalid_value") return `must be one of ${issue.values.map(String).join(", ")}`;
  return undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a finite number",
  boolean: "true or false",
  object: "a mapping of keys to values",
  record: "a mapping of names to values",
  array: "a list",
};

/** What `value` is, for a fault that says what was expected in its place. */
export function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return className(value) ?? "a mapping";
  return Number.isFinite(value) || typeof value !== "number" ? `a ${typeof value}` : String(value);
}

/** What a class is called whose objects look like mappings and are none, as `Headers` and `Map`. */
function className(value: object | null): string | undefined {
  const name: unknown = (Object.getPrototypeOf(Object(value)) as object | null)?.constructor?.name;
  if (typeof name !== "string" || !/^[A-Z]\w{0,59}$/.test(name) || name === "Object") return undefined;
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

function shapeKeys(schema: z.core.$ZodRawIssue["inst"]): readonly string[] {
  const definition = schema?._zod.def as { shape?: object } | undefined;
  return Object.keys(definition?.shape ?? {});
}

function pathOf(path: readonly PropertyKey[] | undefined): string {
  return (path ?? []).reduce<string>(
    (whole, step) => join(whole, typeof step === "number" ? `[${step}]` : redactKey(String(step))),
    "",
  );
}

/** A path below another. */
export function join(path: string, rest: string): string {
  return path === "" || rest === "" || rest.startsWith("[") ? path + rest : `${path}.${rest}`;
}

function isWithin(path: string, inner: string): boolean {
  return path === "" || inner === path || inner.startsWith(`${path}.`) || inner.startsWith(`${path}[`);
}

/** A key as it may be shown: where a colon or a space was forgotten, a secret value stands in it. */
export function redactKey(key: string): string {
  if (key === "") return '""';
  const [name = ""] = /^[\w$-]{0,60}/.exec(key) ?? [];
  return name === key ? key : `${name}…`;
}
