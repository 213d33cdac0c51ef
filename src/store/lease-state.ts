/**
 * What a store of ours knows of one key, and how it may change: pure functions, the same for every
 * medium (D2). A medium only has to replace one state by the next in one atomic step.
 */

import type { Owner } from "./liveness.js";
import type { StoredRecord } from "./token-store.js";

/** The state of a key. */
export interface LeaseState {
  /** That of the last lease; it only rises. */
  readonly fencingToken: number;
  /** Who holds that lease, if it has not been released. */
  readonly holder?: Holder | undefined;
  readonly record?: StoredRecord | undefined;
}

/** The holder of a lease. */
export interface Holder {
  /** Tells the holders of one process apart. */
  readonly id: string;
  readonly owner: Owner;
  /** When it was granted or last prolonged, in milliseconds since the epoch. */
  readonly since: number;
  readonly milliseconds: number;
}

/** The state of a key that was never used. */
export const UNUSED: LeaseState = { fencingToken: 0 };

/** A change of state; `undefined` for one that may not be. */
export type Change = (state: LeaseState) => LeaseState | undefined;

/** Grants the next lease, unless one is held that `isOver` does not give up. */
export function granting(holder: Holder, isOver: (held: Holder, fencingToken: number) => boolean): Change {
  return (state) => {
    const { fencingToken, holder: held } = state;
    // A grant that was written, but could not be seen to be, is not made again.
    if (held?.id === holder.id) return state;
    return held === undefined || isOver(held, fencingToken)
      ? { ...state, fencingToken: fencingToken + 1, holder }
      : undefined;
  };
}

/** Lets the holder's time begin anew, if it still holds the lease. */
export function prolonging(prolonged: Holder): Change {
  return (state) => (state.holder?.id === prolonged.id ? { ...state, holder: prolonged } : undefined);
}

/** Ends the holder's lease, if it still holds it. */
export function releasing({ id }: Holder): Change {
  return ({ holder, ...state }) => (holder?.id === id ? state : undefined);
}

/** Puts `record` in place, unless a later lease has written. */
export function recording(record: StoredRecord): Change {
  return (state) => {
    if ((state.record?.fencingToken ?? 0) > record.fencingToken) return undefined;
    return { ...state, fencingToken: Math.max(state.fencingToken, record.fencingToken), record };
  };
}
