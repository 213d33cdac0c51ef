/** One exchange in progress, and those who wait for it (C1). */

import type { Credential } from "../values/credential.js";
import type { IssueReason } from "../values/issued.js";
import { SharedWait } from "./shared-wait.js";

/** A credential that is on its way. It is settled from outside, once. */
export class Flight {
  readonly reason: IssueReason;
  /** For those who have nothing else. */
  readonly landing: SharedWait<Credential>;
  /** Requests made so far; one is taken for granted. */
  attempts = 1;
  /** Callers so far. */
  waiters = 0;
  /** Whether those who hold something good have stopped waiting. */
  isLate = false;
  readonly #resolve: (credential: Credential) => void;
  readonly #reject: (error: unknown) => void;
  #patience: SharedWait<Credential> | undefined;

  constructor(reason: IssueReason) {
    let settle: { resolve(credential: Credential): void; reject(error: unknown): void } | undefined;
    this.reason = reason;
    this.landing = new SharedWait(
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
      }),
    );
    this.#resolve = (credential) => settle?.resolve(credential);
    this.#reject = (error) => settle?.reject(error);
  }

  land(credential: Credential): void {
    this.#resolve(credential);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  /**
   * For those who hold something good: they wait so many milliseconds at most, from the first of
   * them on, and fall back on that if it is still good when the flight is late or has failed (F3).
   */
  patience(milliseconds: number, fallBack: (why: "slow" | "failed") => Credential | undefined): SharedWait<Credential> {
    this.#patience ??= new SharedWait(
      new Promise((resolve, reject) => {
        const resort = (why: "slow" | "failed", otherwise: () => void): void => {
          const credential = fallBack(why);
          if (credential === undefined) otherwise();
          else resolve(credential);
        };
        const late = (): void => {
          this.isLate = true;
          resort("slow", () => {});
        };
        const timer = setTimeout(late, milliseconds).unref();
        this.landing.promise
          .then(resolve, (error) => resort("failed", () => reject(error)))
          .finally(() => clearTimeout(timer));
      }),
    );
    return this.#patience;
  }
}
