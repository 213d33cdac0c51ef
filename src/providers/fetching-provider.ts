/** What the providers that fetch tokens have in common: the layers below them, wired together. */

import * as z from "zod/mini";
import type { ProviderStatus } from "../cache/status.js";
import { TokenCache } from "../cache/token-cache.js";
import { DEFAULT_EXPIRY_RATIO, type RefreshMode } from "../cache/token-cache-options.js";
import { count, expiryRatio, optional, retryOnField, type Settings, seconds, withDefault } from "../config/fields.js";
import { DEFAULT_TIMEOUT_SECS, MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import { DEFAULT_RETRIES } from "../failure/policy.js";
import { Grant } from "../grant/grant.js";
import { PrivateRepository } from "../grant/repository.js";
import { warnOfPlainHttp } from "../http/plain-http.js";
import { type AnswerConfig, answerFields } from "../oauth2/answer-config.js";
import { wallClock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import type { CallOptions } from "../values/issued.js";
import { type PersistConfig, type Persistence, persistenceOf, persistField } from "./persistence.js";
import { Provider } from "./provider.js";
import { requester } from "./requester.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** The keys that every fetching provider has. */
export interface FetchingConfig extends AnswerConfig {
  /**
   * The share of its lifetime for which a token is used, in (0, 1].
   * @default 0.9
   */
  readonly expiry_ratio?: number | null;
  /** Seconds to assume where the answer has no lifetime. Without it, such a token is kept until an API refuses it. */
  readonly default_expires_in?: number | null;
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

/** Those keys in their normal form. */
export type FetchingSettings = Settings<typeof fetchingFields>;

const MOST_RETRIES = 10;

/** The fields for those keys. */
export const fetchingFields = () => ({
  ...answerFields(),
  expiry_ratio: withDefault(expiryRatio(), DEFAULT_EXPIRY_RATIO),
  default_expires_in: optional(seconds()),
  retries: withDefault(count(MOST_RETRIES), DEFAULT_RETRIES),
  retry_on: retryOnField(),
  timeout_secs: withDefault(seconds(MAX_TIMEOUT_SECS), DEFAULT_TIMEOUT_SECS),
  refresh: withDefault(z.enum(["blocking", "background"]), "blocking"),
  persist: optional(persistField()),
});

/** A provider that fetches by its `TokenSource`, over the record of its grant, and caches in a `TokenCache`. */
export abstract class FetchingProvider extends Provider {
  readonly #cache: TokenCache;
  readonly #grant: Grant;
  readonly #persistence: Persistence | undefined;

  /** @internal */
  protected constructor(source: TokenSource, settings: FetchingSettings, runtime: Runtime) {
    const { type, visible } = source;
    const { name = type, clock = wallClock, random = Math.random } = runtime;
    const { expiry_ratio: expiryRatio, refresh } = settings;
    const persistence = persistenceOf(settings.persist, source, runtime);
    super(type, { ...visible, ...(persistence && { persist: { key: persistence.key } }) }, runtime);
    this.#persistence = persistence;
    this.#grant = new Grant({
      name: { type, name, key: persistence?.key ?? name },
      repository: persistence?.repository ?? new PrivateRepository(),
      isShared: persistence !== undefined,
      strict: persistence?.strict ?? false,
      refreshToken: source.refreshToken,
      audience: persistence?.audience ?? "",
      requestToken: requester(source, settings.retry_on, runtime, {
        name,
        place: persistence?.place ?? { store: this, key: "" },
      }),
      credential: source.credential,
      expiryRatio,
      defaultExpiresIn: settings.default_expires_in,
      retries: settings.retries,
      timeoutSecs: settings.timeout_secs,
      clock,
      random,
    });
    this.#cache = new TokenCache(this.#grant.issuer(), { type, name, expiryRatio, refresh, clock, random });
    warnOfPlainHttp(source.url, this.name);
  }

  getToken(options?: CallOptions): Promise<Credential> {
    return this.#cache.getToken(options);
  }

  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.#cache.invalidate(stale, options);
  }

  status(): ProviderStatus {
    const { at: refreshTokenExpiresAt } = this.#grant.refreshTokenEnd;
    return { ...this.#cache.status(), ...(refreshTokenExpiresAt !== undefined && { refreshTokenExpiresAt }) };
  }

  async close(): Promise<void> {
    this.#grant.stopWaiting();
    await this.#cache.close();
    await this.#grant.close();
    await this.#persistence?.close();
  }
}
