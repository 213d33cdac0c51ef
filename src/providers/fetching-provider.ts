/** What the providers that fetch tokens have in common: their keys, and a grant of their own. */

import * as z from "zod/mini";
import type { RefreshMode } from "../cache/token-cache-options.js";
import { count, expiryRatio, optional, retryOnField, type Settings, seconds, withDefault } from "../config/fields.js";
import { DEFAULT_TIMEOUT_SECS, MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import { DEFAULT_RETRIES } from "../failure/policy.js";
import { warnOfPlainHttp } from "../http/plain-http.js";
import { type AnswerConfig, answerFields } from "../oauth2/answer-config.js";
import { DEFAULT_EXPIRY_RATIO } from "../values/lifespan.js";
import { ADMINISTRATION, type Administration } from "./administration.js";
import { type ApplyAs, applyAsField } from "./apply-as.js";
import { type ConnectionConfig, connectionFields } from "./connection-config.js";
import { GrantProvider } from "./grant-provider.js";
import { type PersistConfig, persistField } from "./persistence.js";
import { type GrantSettings, ProviderGrant } from "./provider-grant.js";
import type { Runtime } from "./runtime.js";
import { noteGrant } from "./shared-grants.js";
import type { TokenSource } from "./token-source.js";

/** The keys of whatever asks for tokens, be it by one request or by many. */
export interface FlightConfig extends ConnectionConfig {
  /**
   * The share of its lifetime for which a token is used, in (0, 1].
   * @default 0.9
   */
  readonly expiry_ratio?: number | null;
  /**
   * Attempts after the first in one flight, at most 10.
   * @default 2
   */
  readonly retries?: number | null;
  /**
   * Refusals to try again as if they were passing failures: HTTP statuses from 300 on, and error codes.
   * @default []
   */
  readonly retry_on?: readonly (number | string)[] | null;
  /**
   * Seconds that a flight may take, retries included, at most 3600.
   * @default 30
   */
  readonly timeout_secs?: number | null;
  /**
   * From the expiry ratio on: `blocking` lets callers wait for the renewal, for 5 s at most; `background` gives
   * them the token that is still good and renews behind them.
   * @default blocking
   */
  readonly refresh?: RefreshMode | null;
  /** Keeps tokens, and above all a rotated refresh token, beyond this process, and shares them with others. */
  readonly persist?: PersistConfig | null;
}

/** The keys that every fetching provider has whose answer has a token in it. */
export interface FetchingConfig extends AnswerConfig, FlightConfig {
  /** Seconds to assume where the answer has no lifetime. Without it, such a token is kept until an API refuses it. */
  readonly default_expires_in?: number | null;
  /** Where on a request the token goes; a list puts it into several places. Without it, the token is a bearer. */
  readonly apply_as?: ApplyAs | readonly ApplyAs[] | null;
}

/** Those keys in their normal form. */
export type FetchingSettings = Settings<typeof fetchingFields>;

const MOST_RETRIES = 10;

/** The fields for the keys of `FlightConfig`. */
export const flightFields = () => ({
  expiry_ratio: withDefault(expiryRatio(), DEFAULT_EXPIRY_RATIO),
  retries: withDefault(count(MOST_RETRIES), DEFAULT_RETRIES),
  retry_on: retryOnField(),
  timeout_secs: withDefault(seconds(MAX_TIMEOUT_SECS), DEFAULT_TIMEOUT_SECS),
  refresh: withDefault(z.enum(["blocking", "background"]), "blocking"),
  persist: optional(persistField()),
  ...connectionFields(),
});

/** The fields for all of them. */
export const fetchingFields = () => ({
  ...answerFields(),
  ...flightFields(),
  default_expires_in: optional(seconds()),
  apply_as: optional(applyAsField()),
});

/** A provider that fetches by its `TokenSource`. It owns the grant, and closes it. */
export abstract class FetchingProvider extends GrantProvider {
  readonly #source: TokenSource;

  /** @internal */
  protected constructor(source: TokenSource, settings: FetchingSettings, runtime: Runtime) {
    const { name = source.type } = runtime;
    super(new ProviderGrant(source, grantSettings(settings), runtime), source, name);
    this.#source = source;
    noteGrant(this, source);
    warnOfPlainHttp(source.urls ?? [source.url], name);
  }

  /** @internal */
  [ADMINISTRATION](): Administration {
    return this.grant.administration(this.#source);
  }

  override async close(): Promise<void> {
    this.grant.stopWaiting();
    await super.close();
    await this.grant.close();
  }
}

function grantSettings(settings: FetchingSettings): GrantSettings {
  const { expiry_ratio: expiryRatio, default_expires_in: defaultExpiresIn, retries, retry_on: retryOn } = settings;
  const { timeout_secs: timeoutSecs, refresh, persist, tls, proxy_url } = settings;
  const connection = { tls, proxy_url };
  return { expiryRatio, defaultExpiresIn, retries, retryOn, timeoutSecs, refresh, persist, connection };
}
