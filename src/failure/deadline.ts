/** Deadlines: of a flight, and of an attempt within it (H2). */

import { TransportError } from "../values/errors.js";
import type { IssueContext } from "../values/issued.js";

/** How long a flight may take by default, in seconds. */
export const DEFAULT_TIMEOUT_SECS = 30;

/** The longest deadline that can be set, in seconds. */
export const MAX_TIMEOUT_SECS = 3600;

/** Something that is asked of an IdP, in one exchange. */
export type Ask<T> = (why: IssueContext) => Promise<T>;

/** What a flight is told before it has a deadline. */
export type UntimedContext = Omit<IssueContext, "signal" | "timeLeft">;

/**
 * `ask`, given up after `seconds` with a retryable `TransportError` whether or not it heeds its
 * signal; never after `Infinity`. The timer holds no process open: who waits for a flight does (C9).
 */
export function withDeadline<T>(ask: Ask<T>, seconds: number): (why: UntimedContext) => Promise<T> {
  return (why) => {
    if (seconds === Number.POSITIVE_INFINITY)
      return begin((signal) => ask({ ...why, signal }), new AbortController().signal);
    const timeLeft = stopwatch(seconds);
    const late = (): Error => new TransportError(`no token within ${seconds} s`);
    return within(seconds * 1000, late, (signal) => ask({ ...why, signal, timeLeft }));
  };
}

/**
 * What `work` gives, or the error that `late` makes after so many milliseconds, or the reason of
 * `outer`, whichever comes first. In the last two cases the signal that `work` has is aborted.
 */
export function within<T>(
  milliseconds: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const giveUp = (reason: unknown): void => {
      reject(reason);
      controller.abort(reason);
    };
    const leave = (): void => giveUp(outer?.reason);
    const timer = setTimeout(() => giveUp(late()), milliseconds).unref();
    outer?.addEventListener("abort", leave, { once: true });
    begin(work, controller.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        outer?.removeEventListener("abort", leave);
      });
  });
}

/** Starts now; says how many milliseconds are left. */
export function stopwatch(seconds: number): () => number {
  const end = performance.now() + seconds * 1000;
  return () => Math.max(0, end - performance.now());
}

/** Waits so many milliseconds, or rejects with the reason of `signal`. Holds no process open either. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, milliseconds).unref();
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** A synchronous throw is a failure like any other (C7). */
async function begin<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}
