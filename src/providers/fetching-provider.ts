/** What the providers that fetch tokens have in common: the layers below them, wired together. */

import * as z from "zod/mini";
import type { ProviderStatus } from "../cache/status.js";
import { TokenCache } from "../cache/token-cache.js";
import { DEFAULT_EXPIRY_RATIO, type RefreshMode } from "../cache/token-cache-options.js";
import { count, expiryRatio, optional, seconds, withDefault } from "../config/fields.js";
import type { Credential } from "../credential.js";
import { DEFAULT_TIMEOUT_SECS, MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import { DEFAULT_RETRIES } from "../failure/policy.js";
import { retrying } from "../failure/retrying.js";
import { exchange, type HttpAnswer, type HttpRequest } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { warnOfPlainHttp } from "../http/plain-http.js";
import { secretsOfRequest } from "../http/url.js";
import type { CallOptions, Issue, Redemption } from "../issued.js";
import { type GrantRecord, type Redeem, recorded } from "../store/grant-record.js";
import { Provider } from "./provider.js";
import type { Runtime } from "./runtime.js";

/** The keys that every fetching provider has. */
export interface FetchingConfig {
  /** The share of its lifetime for which a token is used, in (0, 1]; 0.9 by default. */
  readonly expiry_ratio?: number | null;
  /** Seconds to assume where the answer has no usable lifetime; by default it is kept until rejected. */
  readonly default_expires_in?: number | null;
  /** Attempts after the first in one flight, at most 10; 2 by default. */
  readonly retries?: number | null;
  /** Seconds that a flight may take, retries included, at most 3600; 30 by default. */
  readonly timeout_secs?: number | null;
  /**
   * From the expiry ratio on: `blocking`, the default, lets callers wait for the renewal, for 5 s at
   * most; `background` gives them the token that is still good and renews behind them.
   */
  readonly refresh?: RefreshMode | null;
}

/** Those keys in their normal form. */
export interface FetchingSettings {
  readonly expiry_ratio: number;
  readonly default_expires_in: number | undefined;
  readonly retries: number;
  readonly timeout_secs: number;
  readonly refresh: RefreshMode;
}

const MOST_RETRIES = 10;

/** The fields for those keys. */
export function fetchingFields(): { [Key in keyof FetchingSettings]: z.ZodMiniType<FetchingSettings[Key]> } {
  return {
    expiry_ratio: withDefault(expiryRatio(), DEFAULT_EXPIRY_RATIO),
    default_expires_in: optional(seconds()),
    retries: withDefault(count(MOST_RETRIES), DEFAULT_RETRIES),
    timeout_secs: withDefault(seconds(MAX_TIMEOUT_SECS), DEFAULT_TIMEOUT_SECS),
    refresh: withDefault(z.enum(["blocking", "background"]), "blocking"),
  };
}

/** How one kind of provider asks for a token: all that tells it from the others. */
export interface TokenSource {
  readonly type: string;
  readonly url: URL;
  /** What the grant starts with. */
  readonly initial: GrantRecord;
  /** Configured secrets that go into a body; those in URL and headers are found there. */
  readonly secrets: readonly (string | undefined)[];
  /** What may be printed. */
  readonly visible: Readonly<Record<string, unknown>>;
  request(record: GrantRecord): HttpRequest;
  read(answer: HttpAnswer, mask: Mask): Redemption | Promise<Redemption>;
}

/** A provider that fetches by its `TokenSource` and caches in a `TokenCache`. */
export abstract class FetchingProvider extends Provider {
  readonly #cache: TokenCache;

  protected constructor(source: TokenSource, settings: FetchingSettings, runtime: Runtime) {
    super(source.type, source.visible, runtime);
    const { issue, presents } = recorded(source.initial, redeemer(source, runtime));
    const presentsRefreshToken = source.initial.refreshToken !== undefined;
    const persistent = retrying(issue, {
      retries: settings.retries,
      random: runtime.random,
      presentsRefreshToken,
    });
    this.#cache = new TokenCache(withLifetime(persistent, settings.default_expires_in), {
      type: this.type,
      name: this.name,
      expiryRatio: settings.expiry_ratio,
      timeoutSecs: settings.timeout_secs,
      refresh: settings.refresh,
      clock: runtime.clock,
      random: runtime.random,
      presents: presentsRefreshToken ? presents : undefined,
    });
    warnOfPlainHttp(source.url, this.name);
  }

  getToken(options?: CallOptions): Promise<Credential> {
    return this.#cache.getToken(options);
  }

  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.#cache.invalidate(stale, options);
  }

  status(): ProviderStatus {
    return this.#cache.status();
  }
}

/** One token request by what is on record. */
function redeemer(source: TokenSource, { dispatcher }: Runtime): Redeem {
  return async (record, { signal }) => {
    const request = source.request(record);
    const mask = new Mask([...source.secrets, ...secretsOfRequest(request), record.refreshToken, record.accessToken]);
    return source.read(await exchange(request, { dispatcher, signal, mask }), mask);
  };
}

function withLifetime(issue: Issue, defaultExpiresIn: number | undefined): Issue {
  return async (why) => {
    const issued = await issue(why);
    return { ...issued, expiresIn: issued.expiresIn ?? defaultExpiresIn };
  };
}
