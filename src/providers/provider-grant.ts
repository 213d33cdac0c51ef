/** The grant of a provider, and a cache for each of its audiences: the layers below, wired together (D9). */

import { TokenCache } from "../cache/token-cache.js";
import type { RefreshMode } from "../cache/token-cache-options.js";
import type { RetryOn } from "../failure/retry-on.js";
import { Grant } from "../grant/grant.js";
import type { RequestToken } from "../grant/grant-options.js";
import { PrivateRepository } from "../grant/repository.js";
import { LiveInputs } from "../live/live-inputs.js";
import { wallClock } from "../values/clock.js";
import { Administration } from "./administration.js";
import type { ClientSource } from "./client-source.js";
import { Connection } from "./connection.js";
import type { ConnectionSettings } from "./connection-config.js";
import type { ConsentSettings } from "./consent.js";
import { warningOfExpiry } from "./expiry-warning.js";
import { type Persistence, type PersistSettings, persistenceOf } from "./persistence.js";
import { requester } from "./requester.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** What is configured for a grant beside its source: the same for all its audiences. */
export interface GrantSettings {
  readonly expiryRatio: number;
  /** In seconds. */
  readonly defaultExpiresIn: number | undefined;
  readonly retries: number;
  readonly retryOn: RetryOn;
  readonly timeoutSecs: number;
  readonly refresh: RefreshMode;
  readonly persist: PersistSettings | undefined;
  readonly connection: ConnectionSettings;
}

/** One grant of one provider. It owns what it has opened, and closes it. */
export class ProviderGrant {
  readonly #settings: GrantSettings;
  readonly #runtime: Runtime;
  readonly #persistence: Persistence | undefined;
  readonly #connection: Connection;
  readonly #grant: Grant;
  readonly #requesterOf: (source: TokenSource) => RequestToken;

  constructor(source: TokenSource, settings: GrantSettings, runtime: Runtime) {
    const { type } = source;
    const { name = type, clock = wallClock, random = Math.random } = runtime;
    const persistence = persistenceOf(settings.persist, source, runtime);
    const repository = persistence?.repository ?? new PrivateRepository();
    const claim = { name, hasFor: "for" in source, place: persistence?.place ?? { store: repository, key: "" } };
    this.#settings = settings;
    this.#runtime = runtime;
    this.#persistence = persistence;
    // Audiences differ in what they ask for, and not in who asks: one reading of the live values serves them all.
    const connection = new Connection(settings.connection, runtime);
    const inputs = new LiveInputs([...source.live, ...connection.live]);
    const parts = { inputs, connection, retryOn: settings.retryOn, runtime, claim, warnOfDoubt: warningOfExpiry(name) };
    this.#connection = connection;
    this.#requesterOf = (asking) => requester(asking, parts);
    this.#grant = new Grant({
      ...settings,
      name: { type, name, key: persistence?.key ?? name },
      repository,
      isShared: persistence !== undefined,
      strict: persistence?.strict ?? false,
      refreshToken: source.refreshToken,
      logsIn: source.logsIn,
      mayHaveRefreshTokens: source.mayHaveRefreshTokens,
      credential: source.credential,
      baseUrl: source.baseUrl,
      madeKey: source.madeKey,
      readKey: source.readKey,
      prepare: source.prepare,
      inputs,
      clock,
      random,
    });
  }

  /** The key of its record in the store, if it is in one. */
  get key(): string | undefined {
    return this.#persistence?.key;
  }

  /** When the refresh token itself ends, in milliseconds since the epoch, if the IdP says so. */
  get refreshTokenExpiresAt(): number | undefined {
    return this.#grant.refreshTokenEnd.at;
  }

  /** What a person does with it; `source` is how its own tokens are asked for. */
  administration(source: TokenSource): Administration;
  /** The same of a grant that can be begun and ended by a person. */
  administration(source: ClientSource, consent: ConsentSettings): Administration;
  administration(source: TokenSource, consent?: ConsentSettings): Administration {
    return new Administration({
      source,
      connection: this.#connection,
      runtime: this.#runtime,
      persistence: this.#persistence,
      timeoutSecs: this.#settings.timeoutSecs,
      requesterOf: this.#requesterOf,
      consent: consent && { settings: consent, source: source as ClientSource },
    });
  }

  /** A cache for the tokens that `source` asks for. Once `isClosing`, its flights wait for no lease any more. */
  cacheOf(source: TokenSource, name: string, isClosing: () => boolean = () => false): TokenCache {
    const { clock = wallClock, random = Math.random } = this.#runtime;
    const { expiryRatio, refresh } = this.#settings;
    const audience = JSON.stringify(source.audience);
    const issuer = this.#grant.issuer({ audience, requestToken: this.#requesterOf(source), isClosing });
    return new TokenCache(issuer.issue(), { type: source.type, name, expiryRatio, refresh, clock, random });
  }

  /** Lets go of all flights that wait for others to give up the lease. */
  stopWaiting(): void {
    this.#grant.stopWaiting();
  }

  /** Saves what is due, and closes what was opened here. Rejects with a `StoreError`; then it may be called again. */
  async close(): Promise<void> {
    await this.#grant.close();
    await this.#connection.close();
    await this.#persistence?.close();
  }
}
