/** One exchange in progress, and those who wait for it (C1). */

import { startTimer } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import type { IssueReason } from "../values/issued.js";
import { SharedWait } from "./shared-wait.js";

/** A credential that is on its way. The cache settles it, once. */
export class Flight {
  readonly reason: IssueReason;
  /** For callers that have nothing else. */
  readonly landing: SharedWait<Credential>;
  /** Token requests made so far. */
  attempts = 0;
  /** Callers so far. */
  waiters = 0;
  /** Whether callers that hold something good have stopped waiting. */
  isLate = false;
  #settle: Settle | undefined;
  #patience: SharedWait<Credential> | undefined;

  constructor(reason: IssueReason) {
    this.reason = reason;
    this.landing = new SharedWait(
      new Promise((resolve, reject) => {
        this.#settle = { resolve, reject };
      }),
    );
  }

  land(credential: Credential): void {
    this.#settle?.resolve(credential);
  }

  fail(error: unknown): void {
    this.#settle?.reject(error);
  }

  /**
   * For callers that hold something good: they wait so many milliseconds at most, counted from the first of
   * them, and fall back on it if it is still good when the flight is late or has failed (F3).
   */
  patience(milliseconds: number, fallBack: (why: "slow" | "failed") => Credential | undefined): SharedWait<Credential> {
    this.#patience ??= new SharedWait(
      new Promise((resolve, reject) => {
        const fallBackOr = (why: "slow" | "failed", otherwise: () => void): void => {
          const credential = fallBack(why);
          if (credential === undefined) otherwise();
          else resolve(credential);
        };
        const cancel = startTimer(() => {
          this.isLate = true;
          fallBackOr("slow", () => {});
        }, milliseconds);
        this.landing.promise.then(resolve, (error) => fallBackOr("failed", () => reject(error))).finally(cancel);
      }),
    );
    return this.#patience;
  }
}

interface Settle {
  resolve(credential: Credential): void;
  reject(error: unknown): void;
}
