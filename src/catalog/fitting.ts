/**
 * Builds a provider from a specification with scalars that can be read in two ways. Only the provider's
 * own check knows what its keys take, so it is asked: what it refuses in one reading is offered in the other.
 */

import { faultsOf, join, redactKey } from "../config/check.js";
import type { ConfigFault } from "../values/errors.js";
import { replaced, type Scalar } from "./scalar.js";

/** What came of building one provider. */
export type Outcome<T> = { readonly built: T } | { readonly faults: readonly ConfigFault[] };

/**
 * What `build` makes of `spec`, in which every `Scalar` is read as its key wants: unread where any
 * value is taken (JSON), as text where a string is wanted, else as the number or boolean.
 */
export function buildFitting<T extends { close?(): unknown }>(spec: unknown, build: (spec: unknown) => T): Outcome<T> {
  const places = placesOf(spec);
  const readings = new Map<string, unknown>();
  const buildAsRead = (): Outcome<T> =>
    faultsOf("", () => build(replaced(spec, "", (scalar, path) => readings.get(path) ?? scalar.offer, step)));

  let outcome = buildAsRead();
  for (const reading of READINGS) {
    if ("built" in outcome) break;
    const { faults } = outcome;
    const refused = places.filter((place) => reading.applies(place, faults));
    if (refused.length === 0) continue;
    for (const { path, scalar } of refused) readings.set(path, reading.of(scalar));
    outcome = buildAsRead();
  }
  return withoutLostDigits(outcome, places, readings);
}

/** Where a scalar stands. */
interface Place {
  readonly path: string;
  readonly scalar: Scalar;
}

/** One way to read scalars, and the faults that call for it. */
interface Reading {
  of(scalar: Scalar): unknown;
  applies(place: Place, faults: readonly ConfigFault[]): boolean;
}

const READINGS: readonly Reading[] = [
  {
    of: ({ text }) => text,
    // A fault of a list or a mapping may be one of the scalars in it.
    applies: ({ path }, faults) => faults.some((fault) => contains(fault.path, path) || contains(path, fault.path)),
  },
  {
    of: ({ value }) => value,
    applies: ({ path, scalar }, faults) => scalar.value !== undefined && faults.some((fault) => fault.path === path),
  },
];

function contains(path: string, inner: string): boolean {
  return path === "" || inner === path || inner.startsWith(`${path}.`) || inner.startsWith(`${path}[`);
}

function placesOf(spec: unknown): readonly Place[] {
  const places: Place[] = [];
  replaced(spec, "", (scalar, path) => places.push({ path, scalar }), step);
  return places;
}

function step(path: string, key: string | number): string {
  return join(path, typeof key === "number" ? `[${key}]` : redactKey(key));
}

/** What no number keeps may only be text, and only where text is taken (A8). */
function withoutLostDigits<T extends { close?(): unknown }>(
  outcome: Outcome<T>,
  places: readonly Place[],
  readings: ReadonlyMap<string, unknown>,
): Outcome<T> {
  const inexact = places.filter(({ scalar }) => scalar.isInexact);
  if ("faults" in outcome) {
    const isNumber = ({ path }: ConfigFault): boolean => inexact.some((place) => place.path === path);
    return { faults: outcome.faults.map((fault) => (isNumber(fault) ? { ...fault, message: INEXACT } : fault)) };
  }
  const unread = inexact.filter(({ path }) => !readings.has(path));
  if (unread.length === 0) return outcome;
  void outcome.built.close?.();
  return { faults: unread.map(({ path }) => ({ path, message: INEXACT })) };
}

const INEXACT = "is no number that can be kept exactly; put it in quotes";
