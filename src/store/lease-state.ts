/**
 * What a store of ours knows of one key, and how that may change: pure functions, the same for every
 * medium (D2). A medium only has to replace one state by the next in one atomic step.
 */

import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { holdingProcess } from "./liveness.js";
import type { StoredRecord } from "./token-store.js";

/** The shape of the state of a key. */
export const leaseState = lazily(() =>
  z.object({
    /** The number of the last lease, or that of the record if it is higher; it only rises. */
    fencingToken: z.number(),
    /** Who holds that lease, if it has not been released. */
    holder: z.optional(leaseHolder()),
    record: z.optional(z.object({ fencingToken: z.number(), text: z.string() })),
  }),
);

const leaseHolder = lazily(() =>
  z.object({
    /** Another one for each lease. */
    id: z.string(),
    process: holdingProcess(),
    /** When the lease began, by the wall clock, in milliseconds since the epoch. */
    since: z.number(),
    /** The same instant by the monotonic clock of its process, in milliseconds. */
    monotonicSince: z.number(),
    /** How long it lasts. */
    milliseconds: z.number(),
  }),
);

/** The state of a key. It is never changed in place: a new one takes its place. */
export type LeaseState = Readonly<z.output<ReturnType<typeof leaseState>>>;

/** The holder of a lease. */
export type LeaseHolder = Readonly<z.output<ReturnType<typeof leaseHolder>>>;

/** The state of a key that was never used. */
export const UNUSED: LeaseState = { fencingToken: 0 };

/** A change of state; `undefined` where it must not be made. */
export type Change = (state: LeaseState) => LeaseState | undefined;

/** Grants the next lease, unless another holds one that has not ended. */
export function granting(holder: LeaseHolder, hasEnded: (held: LeaseHolder) => boolean): Change {
  return (state) => {
    const { fencingToken, holder: held } = state;
    // This lease may have been written though the medium could not say so: then it is not granted again.
    if (held?.id === holder.id) return state;
    return held === undefined || hasEnded(held) ? { ...state, fencingToken: fencingToken + 1, holder } : undefined;
  };
}

/** Ends the holder's lease, if it still holds it. */
export function releasing({ id }: LeaseHolder): Change {
  return ({ holder, ...state }) => (holder?.id === id ? state : undefined);
}

/** Puts `record` in place, unless a later lease has written. */
export function recording(record: StoredRecord): Change {
  return (state) => {
    if ((state.record?.fencingToken ?? 0) > record.fencingToken) return undefined;
    return { ...state, fencingToken: Math.max(state.fencingToken, record.fencingToken), record };
  };
}
