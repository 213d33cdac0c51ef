/** The one deadline of a flight (H2). */

import { TransportError } from "../errors.js";
import type { Issue, IssueContext } from "../issued.js";

/** How long a flight may take, in seconds. */
export const DEFAULT_TIMEOUT_SECS = 30;

/** An issuer that is not told a signal yet, since it is given one here. */
export type UntimedIssue = (why: Omit<IssueContext, "signal">) => ReturnType<Issue>;

/**
 * `issue`, given up after `seconds` with a retryable `TransportError` whether or not it heeds its
 * signal. The timer holds no process open: who waits for a flight does (C9).
 */
export function withDeadline(issue: Issue, seconds: number): UntimedIssue {
  return (why) =>
    new Promise((resolve, reject) => {
      const controller = new AbortController();
      const timer = setTimeout(() => {
        const error = new TransportError(`no token within ${seconds} s`);
        reject(error);
        controller.abort(error);
      }, seconds * 1000).unref();
      invoke(issue, { ...why, signal: controller.signal })
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
}

/** A synchronous throw is a failed flight like any other (C7). */
async function invoke(issue: Issue, why: IssueContext): ReturnType<Issue> {
  return issue(why);
}
