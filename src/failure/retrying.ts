/** `retrying`: a wrapper that any issuer can be put into (F2). */

import { ConfigError, TransportError } from "../values/errors.js";
import type { IssueContext } from "../values/issued.js";
import { type Ask, DEFAULT_TIMEOUT_SECS, pause, stopwatch, within } from "./deadline.js";
import { DEFAULT_RETRIES, type Random, retryDelay } from "./policy.js";

/** How often, and how, an issuer is asked again. */
export interface RetryPolicy {
  /** Attempts after the first; 2 by default. */
  readonly retries?: number | undefined;
  /** A source of chance for the jitter; `Math.random` by default. */
  readonly random?: Random | undefined;
  /**
   * Whether an attempt presents a refresh token that it may spend. Then it gets all the time that
   * is left, and after a `TransportError` that says nothing of being unsent, the next attempt follows
   * at once: the answer may be what was lost. False by default.
   */
  readonly presentsRefreshToken?: boolean | undefined;
}

/**
 * `issue`, asked again after a retryable failure within the same flight: with full jitter from
 * 200 ms, doubling to at most 5 s, or after the IdP's `Retry-After` where that fits into the
 * deadline. Each attempt has an equal share of the flight's time. Rejects with the last failure. Throws
 * a `ConfigError` if `retries` is no whole number.
 */
export function retrying<T>(issue: Ask<T>, policy: RetryPolicy = {}): Ask<T> {
  const { retries = DEFAULT_RETRIES, random = Math.random, presentsRefreshToken = false } = policy;
  if (!Number.isInteger(retries) || retries < 0) {
    throw new ConfigError("retrying", [{ path: "retries", message: "must be a whole number from 0 on" }]);
  }
  return async (why) => {
    const timeLeft = why.timeLeft ?? stopwatch(DEFAULT_TIMEOUT_SECS);
    const share = timeLeft() / (retries + 1);
    // The flight's own deadline bounds an attempt that has all the time there is.
    const ask = presentsRefreshToken
      ? issue
      : (whyNow: IssueContext) => askWithin(Math.min(share, timeLeft()), issue, whyNow);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(why);
      } catch (failure) {
        const delay = retryDelay({ failure, attempt, retries, timeLeft: timeLeft(), presentsRefreshToken }, random);
        if (delay === undefined || why.signal.aborted) throw failure;
        why.onRetry?.({ attempt, delay, failure });
        await pause(delay, why.signal);
      }
    }
  };
}

function askWithin<T>(milliseconds: number, issue: Ask<T>, why: IssueContext): Promise<T> {
  const late = (): Error => new TransportError(`no answer within ${Math.round(milliseconds) / 1000} s`);
  return within(milliseconds, late, (signal) => issue({ ...why, signal }), why.signal);
}
