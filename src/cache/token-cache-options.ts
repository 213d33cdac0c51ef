/** How a `TokenCache` keeps its credentials: its options, and what is wrong with them. */

import { faultsOfOptions } from "../config/options.js";
import { DEFAULT_TIMEOUT_SECS, MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import type { Random } from "../failure/policy.js";
import { type Clock, wallClock } from "../values/clock.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { DEFAULT_EXPIRY_RATIO } from "../values/lifespan.js";

/** How a renewal ahead of expiry meets its callers: they wait for it, or it happens behind them. */
export type RefreshMode = "blocking" | "background";

/** How a cache keeps its credentials. */
export interface TokenCacheOptions {
  /**
   * The share of its lifetime for which a credential is used, in (0, 1].
   * @default 0.9
   */
  readonly expiryRatio?: number | undefined;
  /**
   * Seconds that a flight may take, retries included, at most 3600.
   * @default 30
   */
  readonly timeoutSecs?: number | undefined;
  /**
   * From the expiry ratio on: `blocking` lets callers wait for the renewal, for 5 s at most; `background`
   * gives them the credential that is still good and renews behind them.
   * @default "blocking"
   */
  readonly refresh?: RefreshMode | undefined;
  /**
   * The wall clock, in milliseconds since the epoch.
   * @default Date.now
   */
  readonly clock?: Clock | undefined;
  /**
   * A source of chance for jitter, uniform in [0, 1).
   * @default Math.random
   */
  readonly random?: Random | undefined;
  /**
   * The provider's type, in diagnostic events.
   * @default "token_cache"
   */
  readonly type?: string | undefined;
  /**
   * The provider's name, in its status, its errors and diagnostic events.
   * @default its type
   */
  readonly name?: string | undefined;
}

/** The options in their normal form. */
export type CacheSettings = { readonly [Key in keyof TokenCacheOptions]-?: NonNullable<TokenCacheOptions[Key]> };

/** The options in their normal form. Throws a `ConfigError` with everything that is wrong with issuer and options. */
export function settingsOf(issue: unknown, options: TokenCacheOptions): CacheSettings {
  checkOptions(issue, options);
  const { type = "token_cache" } = options;
  return {
    expiryRatio: options.expiryRatio ?? DEFAULT_EXPIRY_RATIO,
    timeoutSecs: options.timeoutSecs ?? DEFAULT_TIMEOUT_SECS,
    refresh: options.refresh ?? "blocking",
    clock: options.clock ?? wallClock,
    random: options.random ?? Math.random,
    type,
    name: options.name ?? type,
  };
}

const OPTIONS = ["expiryRatio", "timeoutSecs", "refresh", "clock", "random", "type", "name"] as const;

function checkOptions(issue: unknown, options: TokenCacheOptions): void {
  const faults: ConfigFault[] = [...faultsOfOptions("options", options, OPTIONS)];
  const { expiryRatio = DEFAULT_EXPIRY_RATIO, timeoutSecs = DEFAULT_TIMEOUT_SECS, refresh } = options ?? {};
  if (typeof issue !== "function") {
    faults.push({
      path: "issue",
      message: "must be a function that gets a token, and promises { credential, expiresIn }",
    });
  }
  if (!(typeof expiryRatio === "number" && expiryRatio > 0 && expiryRatio <= 1)) {
    faults.push({ path: "expiryRatio", message: "must be in (0, 1]: above zero, at most 1" });
  }
  if (!(typeof timeoutSecs === "number" && timeoutSecs > 0 && timeoutSecs <= MAX_TIMEOUT_SECS)) {
    faults.push({
      path: "timeoutSecs",
      message: `must be a number of seconds above zero, at most ${MAX_TIMEOUT_SECS}`,
    });
  }
  if (refresh !== undefined && refresh !== "blocking" && refresh !== "background") {
    faults.push({ path: "refresh", message: "must be blocking or background" });
  }
  for (const path of ["clock", "random"] as const) {
    if (options?.[path] !== undefined && typeof options[path] !== "function") {
      faults.push({ path, message: "must be a function" });
    }
  }
  if (faults.length > 0) throw new ConfigError("TokenCache", faults);
}
