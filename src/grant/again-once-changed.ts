/** A request that is made once more where the IdP has refused a live value that has another text by now (V2). */

import type { Ask } from "../failure/deadline.js";
import type { IssueContext } from "../values/issued.js";
import type { IssuerOptions } from "./grant-options.js";

/**
 * `ask`, and once more at once where it was refused for a value that has changed; where that was a file which was still being
 * written, once more after that. If it `spends` a refresh token, while there is time.
 */
export function againOnceChanged<T>(ask: Ask<T>, options: IssuerOptions, { spends }: { spends: boolean }): Ask<T> {
  const { inputs, retries } = options;
  return async (why) => {
    const looks = [
      (failure: unknown) => inputs.haveChangedSince(failure, why.signal),
      (failure: unknown) => inputs.haveBeenWrittenSince(failure),
    ];
    for (const [index, haveChanged] of looks.entries()) {
      try {
        return await ask(why);
      } catch (failure) {
        const mayAsk = (await haveChanged(failure)) && !why.signal.aborted;
        if (!mayAsk || (spends && !hasTimeToRotate(why, options))) throw failure;
        why.onRetry?.({ attempt: retries + 1 + index, delay: 0, failure });
      }
    }
    return ask(why);
  };
}

/**
 * Whether there is time for one more attempt that presents a refresh token: one that is cut off in its rotation would be
 * lost, and the next flight presents it. An attempt beyond those that are configured has a share of the time too.
 */
export function hasTimeToRotate({ timeLeft }: IssueContext, { timeoutSecs, retries }: IssuerOptions): boolean {
  return (timeLeft?.() ?? 0) >= (timeoutSecs * 1000) / (Math.max(retries, 1) + 1);
}
