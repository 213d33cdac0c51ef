/** `retrying`: a wrapper that any issuer can be put into (F2, H2). */

import { faultsOfOptions } from "../config/options.js";
import { startTimer } from "../values/clock.js";
import { ConfigError, type ConfigFault, FaucetError, TransportError } from "../values/errors.js";
import type { IssueContext } from "../values/issued.js";
import { type Ask, DEFAULT_TIMEOUT_SECS, pause, stopwatch } from "./deadline.js";
import {
  boundedRandom,
  DEFAULT_RETRIES,
  endsFlight,
  isLostAnswer,
  isRetryable,
  type Random,
  retryDelay,
  secondThoughtDelay,
} from "./policy.js";

/** How often, and how, an issuer is asked again. */
export interface RetryPolicy {
  /**
   * Attempts after the first.
   * @default 2
   */
  readonly retries?: number | undefined;
  /**
   * A source of chance for the jitter, uniform in [0, 1).
   * @default Math.random
   */
  readonly random?: Random | undefined;
  /**
   * Whether an attempt presents a refresh token that it may spend. Then attempts never run side by
   * side, and after a lost answer (a `TransportError` that is not `unsent`) the next attempt follows at
   * once, since only the same refresh token can recover it.
   * @default false
   */
  readonly presentsRefreshToken?: boolean | undefined;
}

/**
 * `issue`, asked again after a retryable failure within the same flight: with full jitter from
 * 200 ms, doubling to at most 5 s, or after the IdP's `Retry-After` where that fits into the
 * deadline. An attempt that takes longer than an equal share of the time is not cut off: the next
 * one begins beside it, and the first answer counts. Rejects with the last failure.
 *
 * @throws ConfigError if an option is not what it must be.
 */
export function retrying<T>(issue: Ask<T>, policy: RetryPolicy = {}): Ask<T> {
  checkPolicy(policy);
  const { retries = DEFAULT_RETRIES, random = Math.random, presentsRefreshToken = false } = policy;
  const settings = { retries, random: boundedRandom(random) };
  return presentsRefreshToken
    ? (why) => oneAfterTheOther(issue, why, settings)
    : (why) => sideBySide(issue, why, settings);
}

interface Settings {
  readonly retries: number;
  readonly random: Random;
}

/** Attempts that spend nothing: the next begins when the last has failed, or has used up its share of the time. */
async function sideBySide<T>(issue: Ask<T>, why: IssueContext, { retries, random }: Settings): Promise<T> {
  const timeLeft = why.timeLeft ?? stopwatch(DEFAULT_TIMEOUT_SECS);
  const share = timeLeft() / (retries + 1);
  const running = new RunningAttempts(issue, why);
  try {
    for (let attempt = 1; ; attempt += 1) {
      running.begin();
      let isAnnounced = false;
      let due = attempt > retries ? undefined : share;
      for (;;) {
        const ended = await running.next(due);
        if (why.signal.aborted) throw why.signal.reason;
        if (ended === undefined) break;
        if ("result" in ended) return ended.result;
        const { failure } = ended;
        const delay = retryDelay({ failure, attempt, retries, timeLeft: timeLeft(), lostAnswers: 0 }, random);
        // A refusal is an answer too, and counts. So does a failure that nothing can follow.
        const isLast = delay === undefined && (running.isEmpty || endsFlight(failure, timeLeft()));
        if (!isRetryable(failure) || isLast) throw failure;
        if (delay !== undefined && !isAnnounced) why.onRetry?.({ attempt, delay, failure });
        isAnnounced ||= delay !== undefined;
        due = delay;
      }
      const failure = new TransportError(`no answer within ${share / 1000} s`);
      if (!isAnnounced) why.onRetry?.({ attempt, delay: 0, failure });
    }
  } finally {
    running.abandon();
  }
}

/** How an attempt has ended. */
type Ended<T> = { readonly result: T } | { readonly failure: unknown };

/** The attempts of one flight that run side by side. */
class RunningAttempts<T> {
  readonly #issue: Ask<T>;
  readonly #why: IssueContext;
  readonly #controller = new AbortController();
  /** Those that have ended and were not looked at yet: two may end in the same turn. */
  readonly #ended: Ended<T>[] = [];
  #count = 0;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#why.signal.reason);

  constructor(issue: Ask<T>, why: IssueContext) {
    this.#issue = issue;
    this.#why = why;
    why.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  begin(): void {
    this.#count += 1;
    this.#attempt().then((ended) => {
      this.#ended.push(ended);
      this.#wake?.();
    });
  }

  /** The next to end, or `undefined` after so many milliseconds. */
  next(milliseconds: number | undefined): Promise<Ended<T> | undefined> {
    return new Promise((resolve) => {
      const settle = (): void => {
        cancel?.();
        this.#wake = undefined;
        const ended = this.#ended.shift();
        if (ended !== undefined) this.#count -= 1;
        resolve(ended);
      };
      const cancel = milliseconds === undefined ? undefined : startTimer(settle, milliseconds);
      this.#wake = settle;
      if (this.#ended.length > 0) settle();
    });
  }

  /** Aborts those that are still under way: nobody waits for their answers. */
  abandon(): void {
    this.#why.signal.removeEventListener("abort", this.#onAbort);
    if (!this.isEmpty) this.#controller.abort(new Error("another attempt was answered first"));
  }

  async #attempt(): Promise<Ended<T>> {
    try {
      return { result: await this.#issue({ ...this.#why, signal: this.#controller.signal }) };
    } catch (failure) {
      return { failure };
    }
  }
}

/**
 * Attempts that present a refresh token, which each of them may spend. None is begun with less than a
 * share of the time left: cutting off a slow rotation would lose the grant.
 */
async function oneAfterTheOther<T>(issue: Ask<T>, why: IssueContext, { retries, random }: Settings): Promise<T> {
  const timeLeft = why.timeLeft ?? stopwatch(DEFAULT_TIMEOUT_SECS);
  const share = timeLeft() / (retries + 1);
  let lostAnswers = 0;
  let firstLoss: unknown;
  let isRefusedTwice = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await issue(why);
    } catch (failure) {
      if (isLostAnswer(failure)) {
        lostAnswers += 1;
        firstLoss ??= failure;
      }
      const isRefusal = !isRetryable(failure);
      // The attempt whose answer was lost may itself be why the token is refused now: it can still be at work.
      const isDoubtful = isRefusal && firstLoss !== undefined && !isRefusedTwice;
      isRefusedTwice ||= isRefusal;
      const delay = isDoubtful
        ? secondThoughtDelay(random)
        : retryDelay({ failure, attempt, retries, timeLeft: timeLeft(), lostAnswers }, random);
      if (delay === undefined || timeLeft() - delay < share || why.signal.aborted) throw causedBy(failure, firstLoss);
      why.onRetry?.({ attempt, delay, failure });
      await pause(delay);
      if (why.signal.aborted) throw why.signal.reason;
    }
  }
}

/** `failure`, which names as its cause the one that came `before` it, if there was one. */
export function causedBy(failure: unknown, before: unknown): unknown {
  const mayName = FaucetError.is(failure) && failure !== before && failure.cause === undefined;
  if (mayName && before !== undefined && Object.isExtensible(failure)) {
    Object.defineProperty(failure, "cause", { value: before, configurable: true, writable: true });
  }
  return failure;
}

function checkPolicy(policy: RetryPolicy): void {
  const faults: ConfigFault[] = [...faultsOfOptions("policy", policy, ["retries", "random", "presentsRefreshToken"])];
  const { retries, random } = policy ?? {};
  if (retries !== undefined && (!Number.isInteger(retries) || retries < 0)) {
    faults.push({ path: "retries", message: "must be a whole number from 0 on" });
  }
  if (random !== undefined && typeof random !== "function") {
    faults.push({ path: "random", message: "must be a function" });
  }
  if (faults.length > 0) throw new ConfigError("retrying", faults);
}
