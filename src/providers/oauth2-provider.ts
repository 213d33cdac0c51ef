/** What the OAuth 2 providers are, whatever their grant: it may be asked for tokens of other audiences (D9). */

import type { Audience } from "../auth-provider.js";
import type { ProviderStatus } from "../cache/status.js";
import { type AudienceProvider, Audiences, FOR_NAMED } from "./audiences.js";
import { FetchingProvider, type FetchingSettings } from "./fetching-provider.js";
import type { OAuth2Source } from "./oauth2-source.js";
import type { Runtime } from "./runtime.js";

/** A provider of an OAuth 2 grant, and of what `for()` asks of it. */
export abstract class OAuth2Provider extends FetchingProvider {
  readonly #source: OAuth2Source;
  readonly #audiences: Audiences;

  /** @internal */
  protected constructor(source: OAuth2Source, settings: FetchingSettings, runtime: Runtime) {
    super(source, settings, runtime);
    this.#source = source;
    this.#audiences = new Audiences(this.grant, this);
  }

  /**
   * A provider of other scopes and parameters of the same grant: one refresh token and one record, and an access token
   * for each audience. The same audience gives the same object as long as anybody uses it, whatever the order of
   * scopes and keys. It ends with this provider; its own `close()` ends that audience alone.
   *
   * @throws ConfigError with every fault of `audience`; ClosedError after `close()`.
   *
   * @example
   * const graph = provider.for({ scopes: ["https://graph.microsoft.com/Mail.Read"] });
   * const vault = provider.for({ params: { resource: "https://vault.azure.net" } });
   */
  override for(audience: Audience): AudienceProvider {
    return this.#audiences.of(this, this.#source, audience);
  }

  /** @internal */
  [FOR_NAMED](audience: Audience, name: string | undefined): AudienceProvider {
    return this.#audiences.of(this, this.#source, audience, name);
  }

  override status(): ProviderStatus {
    const audiences = this.#audiences.statuses();
    return { ...super.status(), ...(audiences.length > 0 && { audiences }) };
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.#audiences.close()]);
  }
}
