/** `static`: a credential that stands in the configuration. */

import type { ProviderStatus } from "../cache/status.js";
import { Watches, type WatchListener, type WatchOptions } from "../cache/watches.js";
import { check } from "../config/check.js";
import type { LiveText } from "../live/live-text.js";
import { wallClock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { ClosedError } from "../values/errors.js";
import { handled, rejection } from "../values/handled.js";
import type { CallOptions } from "../values/issued.js";
import type { ApplyAs } from "./apply-as.js";
import { Provider } from "./provider.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";
import { StaticCredential } from "./static-credential.js";
import { credentialOf, misplacedToken, STATIC_RELATIONS, staticSchema, valuesOf } from "./static-fields.js";

/** A token: `Authorization: Bearer <token>`, unless `apply_as` says where else it goes. */
export interface StaticTokenConfig {
  /** The token alone, without `Bearer `. */
  readonly token: LiveText;
  /** Where on a request the token goes; a list puts it into several places. Without it, the token is a bearer. */
  readonly apply_as?: ApplyAs | readonly ApplyAs[] | null;
}

/** One header. */
export interface StaticHeaderConfig {
  /** The header's name. */
  readonly header: string;
  /** The header's whole value. */
  readonly value: LiveText;
}

/** Several headers that belong together. */
export interface StaticHeadersConfig {
  /** Their values, by name. */
  readonly headers: Readonly<Record<string, LiveText>>;
}

/** User name and password for HTTP Basic authentication. */
export interface StaticBasicConfig {
  /** The user name, or an API key beside an empty password. */
  readonly username: LiveText;
  /** The password; it may be empty, but must be given. */
  readonly password: LiveText;
}

/** Exactly one of a token, a header, several headers, and user name with password. */
export type StaticConfig = StaticTokenConfig | StaticHeaderConfig | StaticHeadersConfig | StaticBasicConfig;

/**
 * Gives the credential that it was made with. It asks nobody. What stands in a file is read when the provider is made, when an
 * API has refused it, and while it is asked for, at most once a minute and behind the callers; a function is called likewise,
 * for the first time when somebody asks.
 *
 * @example
 * const auth = new StaticProvider({ header: "X-Api-Key", value: "k3y" });
 */
export class StaticProvider extends Provider {
  /** The name of the type in configurations. */
  static readonly type = "static";

  readonly #credential: StaticCredential;
  readonly #watches: Watches;
  #closed = false;

  /** @throws `ConfigError` with every fault of `config` and `runtime`. */
  constructor(config: StaticConfig, runtime: Runtime = {}) {
    const { type } = StaticProvider;
    const settings = check(type, config, {
      schema: staticSchema(),
      relations: STATIC_RELATIONS,
      settled: misplacedToken,
      others: faultsOfRuntime(runtime),
    });
    // What may change is not shown, even masked: a fingerprint of it would soon be wrong.
    const visible = credentialOf(settings, (value) => (value.isLive ? "***" : value.text));
    super(type, { credential: visible }, runtime);
    const watches = new Watches(this.name);
    this.#watches = watches;
    this.#credential = new StaticCredential({
      name: this.name,
      values: valuesOf(settings),
      make: () => credentialOf(settings, ({ text }) => text),
      clock: runtime.clock ?? wallClock,
      onChange: (credential) => watches.deliver(credential),
      onError: (error) => watches.fail(error),
    });
  }

  /** The same promise of the same credential, as long as there is no other. Rejects with a `ClosedError` after `close()`. */
  getToken({ signal }: CallOptions = {}): Promise<Credential> {
    return this.#refusal(signal) ?? this.#credential.get(signal);
  }

  /**
   * The credential as it is now. Where nothing can have changed, it is the same again: a connector that gets an equal one back
   * does not retry.
   */
  invalidate(_stale: Credential, { signal }: CallOptions = {}): Promise<Credential> {
    return this.#refusal(signal) ?? this.#credential.anew(signal);
  }

  /** Calls `listener` with the credential, and with each other one that is found in its place. */
  watch(listener: WatchListener, options: WatchOptions = {}): Disposable {
    if (this.#closed) throw new ClosedError(this.name);
    const isFirst = this.#watches.isEmpty;
    const watch = this.#watches.add(listener, options);
    const { credential } = this.#credential;
    // One that a function has yet to give comes to all who watch by then.
    if (credential === undefined) handled(this.#credential.get(undefined));
    else watch.deliver(credential);
    if (isFirst) this.#credential.keepReading(() => !this.#watches.isEmpty);
    return watch;
  }

  /** Ends the provider: every later call rejects with a `ClosedError`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watches.end();
  }

  /** Fresh, once there is a credential. */
  status(): ProviderStatus {
    return { name: this.name, ...this.#credential.status };
  }

  #refusal(signal: AbortSignal | undefined): Promise<never> | undefined {
    if (signal?.aborted) return rejection(signal.reason);
    return this.#closed ? rejection(new ClosedError(this.name)) : undefined;
  }
}
