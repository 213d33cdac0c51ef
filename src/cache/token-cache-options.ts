/** How a `TokenCache` keeps its credentials: its options, and what is wrong with them. */

import { DEFAULT_TIMEOUT_SECS, MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import type { Random } from "../failure/policy.js";
import type { Clock } from "../values/clock.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";

/** The share of its lifetime for which a token is used: what is left covers clocks and networks. */
export const DEFAULT_EXPIRY_RATIO = 0.9;

/** How a renewal ahead of expiry meets its callers: they wait for it, or it happens behind them. */
export type RefreshMode = "blocking" | "background";

/** How a cache keeps its credentials. */
export interface TokenCacheOptions {
  /** The share of its lifetime for which a credential is used, in (0, 1]; 0.9 by default. */
  readonly expiryRatio?: number | undefined;
  /**
   * Seconds that a flight may take, retries included; 30 by default. `Infinity` for an issuer that
   * keeps a deadline of its own.
   */
  readonly timeoutSecs?: number | undefined;
  /** What happens from the expiry ratio on; `blocking` by default. */
  readonly refresh?: RefreshMode | undefined;
  /** The wall clock, in milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: Clock | undefined;
  /** A source of chance for jitter; `Math.random` by default. */
  readonly random?: Random | undefined;
  /**
   * What the issuer would present now, such as a refresh token. When it is not any more what the
   * last failed flight presented, the IdP is asked again without waiting (F4).
   */
  readonly presents?: (() => unknown) | undefined;
  /**
   * How long a failure keeps callers from the issuer at most, in seconds; no limit by default. For an
   * issuer that keeps the gate itself, and may have got a credential that others fetched.
   */
  readonly lookAgainSecs?: number | undefined;
  /** The provider's type, in diagnostic events; `token_cache` by default. */
  readonly type?: string | undefined;
  /** The provider's name, in its status and in diagnostic events; its type by default. */
  readonly name?: string | undefined;
}

/** Throws a `ConfigError` with every option that is out of range. */
export function checkOptions(options: TokenCacheOptions): void {
  const {
    expiryRatio = DEFAULT_EXPIRY_RATIO,
    timeoutSecs = DEFAULT_TIMEOUT_SECS,
    lookAgainSecs = 0,
    refresh,
  } = options;
  const issues: ConfigFault[] = [];
  if (!(typeof expiryRatio === "number" && expiryRatio > 0 && expiryRatio <= 1)) {
    issues.push({ path: "expiryRatio", message: "must be in (0, 1]: above zero, at most 1" });
  }
  if (timeoutSecs !== Number.POSITIVE_INFINITY && !(timeoutSecs > 0 && timeoutSecs <= MAX_TIMEOUT_SECS)) {
    issues.push({ path: "timeoutSecs", message: `must be above zero, at most ${MAX_TIMEOUT_SECS}, or Infinity` });
  }
  if (!(lookAgainSecs >= 0)) issues.push({ path: "lookAgainSecs", message: "must be a number of seconds" });
  if (refresh !== undefined && refresh !== "blocking" && refresh !== "background") {
    issues.push({ path: "refresh", message: "must be blocking or background" });
  }
  for (const path of ["clock", "random", "presents"] as const) {
    if (options[path] !== undefined && typeof options[path] !== "function") {
      issues.push({ path, message: "must be a function" });
    }
  }
  if (issues.length > 0) throw new ConfigError("TokenCache", issues);
}
