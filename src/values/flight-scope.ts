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

/** What all copies of this library in a process have in common: a wrapper of one may call a cache of another. */
interface Shared {
  readonly scopes: AsyncLocalStorage<FlightScope>;
  running: number;
}

const SHARED = Symbol.for("faucet-auth.flight-scopes");

function shared(): Shared {
  const holder = globalThis as { [SHARED]?: Shared };
  holder[SHARED] ??= { scopes: new AsyncLocalStorage(), running: 0 };
  return holder[SHARED];
}

function currentScope(): FlightScope | undefined {
  const { scopes, running } = shared();
  const scope = running === 0 ? undefined : scopes.getStore();
  return scope?.isOver ? undefined : scope;
}

/** Runs `work` as a flight of `cache`. */
export async function inFlightScope<T>(cache: object, work: () => Promise<T>): Promise<T> {
  const all = shared();
  const scope: FlightScope = { cache, reentries: 0, isOver: false };
  all.running += 1;
  try {
    return await all.scopes.run(scope, work);
  } finally {
    scope.isOver = true;
    all.running -= 1;
    // While it is in use, it makes every promise of the process a little dearer on some Node releases.
    if (all.running === 0) all.scopes.disable();
  }
}

/** A caller of `cache` is about to wait for its flight in progress. */
export function noteReentry(cache: object): void {
  const scope = currentScope();
  if (scope?.cache === cache) scope.reentries += 1;
}

/** Whether `ask` waits for the flight within which it is called. */
export function waitsForItself(ask: () => Promise<unknown>): boolean {
  const scope = currentScope();
  if (scope === undefined) return false;
  const before = scope.reentries;
  handled(ask());
  return scope.reentries > before;
}
