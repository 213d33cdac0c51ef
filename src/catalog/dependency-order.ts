/**
 * The order of entries that refer to each other (K4): each is built after those that it needs, in whatever order they are
 * written, and closed before them.
 */

import { ConfigError, type ConfigFault } from "../values/errors.js";
import type { Outcome } from "./fitting.js";

/** Gives the entry of that name, for the one that is being built; `undefined` if it has faults of its own. */
export type Need<T> = (name: string) => T | undefined;

/** What came of each entry, and by name those that need it. */
export interface BuiltEntries<T> {
  readonly outcomes: ReadonlyMap<string, Outcome<T>>;
  readonly dependents: Dependents;
}

/** The names of those that need an entry, by its name. */
export type Dependents = ReadonlyMap<string, ReadonlySet<string>>;

/** Builds the entries of these names, each when it is first needed. An unknown name and a circle throw within `build`. */
export function buildInOrder<T>(
  names: readonly string[],
  build: (name: string, need: Need<T>) => Outcome<T>,
): BuiltEntries<T> {
  const outcomes = new Map<string, Outcome<T>>();
  const dependents = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  /** Those that are being built, each for the one before it. */
  const trail: string[] = [];

  const outcomeOf = (name: string): Outcome<T> => {
    const known = outcomes.get(name);
    if (known !== undefined) return known;
    trail.push(name);
    try {
      const outcome = build(name, (other) => needed(other, name));
      outcomes.set(name, outcome);
      return outcome;
    } finally {
      trail.pop();
    }
  };
  const needed = (name: string, by: string): T | undefined => {
    if (!dependents.has(name)) throw new ConfigError(by, [noSuchProvider(name, names)]);
    if (trail.includes(name)) throw new ConfigError(by, [circle(trail.slice(trail.indexOf(name)))]);
    // What is asked for once it is built, in a call of its own, is not part of it.
    if (trail.includes(by)) dependents.get(name)?.add(by);
    const outcome = outcomeOf(name);
    return "built" in outcome ? outcome.built : undefined;
  };

  for (const name of names) outcomeOf(name);
  return { outcomes, dependents };
}

/**
 * Closes `providers`, each once those that need it are closed, since they may still be asking it.
 *
 * @throws what the first of them rejects with, once all are closed.
 */
export async function closeInOrder(
  providers: ReadonlyMap<string, { close(): Promise<void> }>,
  dependents: Dependents,
): Promise<void> {
  const closings = new Map<string, Promise<void>>();
  const closed = (name: string): Promise<void> => {
    const closing =
      closings.get(name) ?? closeAfter([...(dependents.get(name) ?? [])].map(closed), providers.get(name));
    closings.set(name, closing);
    return closing;
  };
  await allOf([...providers.keys()].map(closed));
}

/** Waits for all of them. Rejects with what the first has rejected with. */
export async function allOf(endings: Iterable<Promise<void>>): Promise<void> {
  const failed = (await Promise.allSettled(endings)).find((ending) => ending.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** The fault of a reference to a name that is not there. */
export function noSuchProvider(name: unknown, names: readonly string[]): ConfigFault {
  const known = names.length === 0 ? "the catalog is empty" : `the catalog has ${names.join(", ")}`;
  return { path: "ref", message: `there is no provider ${JSON.stringify(name)}; ${known}` };
}

function circle(names: readonly string[]): ConfigFault {
  const message =
    names.length === 1
      ? `${names[0]} refers to itself`
      : `${[...names, names[0]].join(" → ")} refer to each other: none of them could ever get its token`;
  return { path: "ref", message };
}

async function closeAfter(
  dependents: Promise<void>[],
  provider: { close(): Promise<void> } | undefined,
): Promise<void> {
  await Promise.allSettled(dependents);
  await provider?.close();
}
