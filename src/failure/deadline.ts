/** Deadlines: of a flight, of an attempt within it, of a store (H2). */

import { startTimer } from "../values/clock.js";
import { TransportError } from "../values/errors.js";
import type { FlightContext, IssueContext } from "../values/issued.js";

/** How long a flight may take by default, in seconds. */
export const DEFAULT_TIMEOUT_SECS = 30;

/** The longest deadline that can be set, in seconds. */
export const MAX_TIMEOUT_SECS = 3600;

/** Something that is asked of an IdP within the time of a flight. */
export type Ask<T> = (why: IssueContext) => Promise<T>;

/**
 * `ask`, given up after `seconds` with a retryable `TransportError` whether or not it heeds its
 * signal. The timer holds no process open: whoever waits for the flight does (C9).
 */
export function withDeadline<T>(ask: Ask<T>, seconds: number): (flight: FlightContext) => Promise<T> {
  return (flight) => {
    const timeLeft = stopwatch(seconds);
    const late = (): Error => new TransportError(`no token within ${seconds} s`);
    return within(seconds * 1000, late, (signal) => ask({ ...flight, signal, timeLeft }));
  };
}

/** What `work` gives, or after so many milliseconds the error that `late` makes. Then its signal is aborted. */
export function within<T>(
  milliseconds: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const cancel = startTimer(() => {
      const reason = late();
      reject(reason);
      controller.abort(reason);
    }, milliseconds);
    begin(work, controller.signal).then(resolve, reject).finally(cancel);
  });
}

/** Starts now; gives the milliseconds that are left. */
export function stopwatch(seconds: number): () => number {
  const end = performance.now() + seconds * 1000;
  return () => Math.max(0, end - performance.now());
}

/** Waits so many milliseconds. Holds no process open either. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, milliseconds));
}

/** A synchronous throw is a failure like any other (C7). */
async function begin<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}
