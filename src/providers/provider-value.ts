/** What another provider gives, where a configuration refers to it: asked for when it is needed, and reported when it is refused (K4). */

import type { AuthProvider } from "../auth-provider.js";
import { sourceFailure } from "../failure/source-failure.js";
import type { LiveRole, LiveValue } from "../live/live-value.js";
import { reportAccepted } from "../values/brands.js";
import type { Credential } from "../values/credential.js";
import { secretsOf } from "../values/credential-content.js";
import { ConfigError } from "../values/errors.js";

/** A key under which another provider may stand. */
export interface ProviderKey {
  readonly key: string;
  readonly role: LiveRole;
}

/** A value that another provider gives: as fresh as that one keeps it. */
export abstract class ProviderValue implements LiveValue {
  readonly source = "provider";
  readonly isLive = true;
  readonly isSettled = true;
  readonly role: LiveRole;
  readonly provider: AuthProvider;
  protected readonly key: string;
  readonly #dependent: string;
  /** The last two, the latest first. */
  #given: readonly Given[] = [];

  /** For the provider called `dependent`. */
  constructor(provider: AuthProvider, { key, role }: ProviderKey, dependent: string) {
    this.role = role;
    this.provider = provider;
    this.key = key;
    this.#dependent = dependent;
  }

  get text(): string {
    return this.#last.text;
  }

  get secrets(): readonly string[] {
    return this.#given.flatMap(({ credential }) => secretsOf(credential));
  }

  get identity(): string {
    return JSON.stringify({ provider: [this.provider.type, nameOf(this.provider)] });
  }

  get refusedStatuses(): readonly number[] | undefined {
    return this.provider.refusedStatuses;
  }

  /** Rejects with the failure of that provider, which names both. */
  read(signal?: AbortSignal): Promise<string> {
    return this.#ask(signal, (options) => this.provider.getToken(options));
  }

  /** Reports what was refused, so that all who depend on the provider cause one request of it. */
  renew(refused: string, signal?: AbortSignal): Promise<string> {
    const credential = this.#credentialOf(refused);
    // One that is not even the last but one is not current any more: there is nothing to report.
    if (credential === undefined) return this.read(signal);
    return this.#ask(signal, (options) => this.provider.invalidate(credential, options));
  }

  noteAccepted(text: string): void {
    reportAccepted(this.#credentialOf(text));
  }

  /** What the provider gave last. */
  protected get credential(): Credential {
    return this.#last.credential;
  }

  /** The text that stands for `credential`. Throws a `ConfigError` for one that cannot stand here. */
  protected abstract textOf(credential: Credential): string;

  /** What is wrong with what the provider gives. */
  protected unusable(reason: string): ConfigError {
    return new ConfigError("configuration", [{ path: this.key, message: `${nameOf(this.provider)} gives ${reason}` }]);
  }

  get #last(): Given {
    const [last] = this.#given;
    if (last === undefined) throw new Error(`${this.key} has not been asked for yet`);
    return last;
  }

  #credentialOf(text: string): Credential | undefined {
    return this.#given.find((given) => given.text === text)?.credential;
  }

  async #ask(
    signal: AbortSignal | undefined,
    ask: (options: { readonly signal?: AbortSignal }) => Promise<Credential>,
  ): Promise<string> {
    const credential = await ask(signal === undefined ? {} : { signal }).catch((failure: unknown) => {
      throw signal?.aborted ? failure : sourceFailure(failure, nameOf(this.provider), this.#need);
    });
    const text = this.textOf(credential);
    if (this.#given[0]?.credential !== credential) this.#given = [{ text, credential }, ...this.#given.slice(0, 1)];
    return text;
  }

  get #need(): string {
    return `${this.#dependent} needs the token of ${nameOf(this.provider)} as ${this.key}`;
  }
}

interface Given {
  readonly text: string;
  readonly credential: Credential;
}

/** A user's own may have no name. */
function nameOf({ name, type }: AuthProvider): string {
  return name || type || "another provider";
}

/** What of a value may be printed: whose it is. */
export function visibleValue(value: LiveValue): unknown {
  return value instanceof ProviderValue ? { ref: nameOf(value.provider) } : "***";
}
