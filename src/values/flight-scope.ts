/**
 * Whether code runs within a flight of a user's own issuer. A request that is made there must not wait
 * for that flight: it would wait for itself.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { handled } from "./handled.js";

interface FlightScope {
  readonly cache: object;
  /** Callers within the flight that were told to wait for it. */
  reentries: number;
  /** Whether the flight has ended: what it has left running waits for later flights as anybody does. */
  isOver: boolean;
}

const scopes = new AsyncLocalStorage<FlightScope>();
let running = 0;

/** Runs `work` as a flight of `cache`. */
export async function inFlightScope<T>(cache: object, work: () => Promise<T>): Promise<T> {
  const scope: FlightScope = { cache, reentries: 0, isOver: false };
  running += 1;
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.isOver = true;
    running -= 1;
    // While it is in use, it makes every promise of the process a little dearer on some Node releases.
    if (running === 0) scopes.disable();
  }
}

/** A caller of `cache` is about to wait for its flight in progress. */
export function noteReentry(cache: object): void {
  const scope = running === 0 ? undefined : scopes.getStore();
  if (scope?.cache === cache && !scope.isOver) scope.reentries += 1;
}

/** Whether `ask` waits for the flight within which it is called. */
export function waitsForItself(ask: () => Promise<unknown>): boolean {
  const scope = running === 0 ? undefined : scopes.getStore();
  if (scope === undefined || scope.isOver) return false;
  const before = scope.reentries;
  handled(ask());
  return scope.reentries > before;
}
