/** The audiences of one grant (D9): what `for` has given, one provider for each, as long as anybody uses it. */

import { AsyncResource } from "node:async_hooks";
import type { Audience, AuthProvider } from "../auth-provider.js";
import type { ProviderStatus } from "../cache/status.js";
import { ClosedError } from "../values/errors.js";
import { GrantProvider } from "./grant-provider.js";
import type { OAuth2Source } from "./oauth2-source.js";
import type { ProviderGrant } from "./provider-grant.js";

/** As `for`, with a name for what is new. */
export const FOR_NAMED: unique symbol = Symbol("for, by name");

/**
 * What `provider.for` gives; `undefined` where it has none. What is new of ours is called `name`: the entry of a catalog
 * has a name of its own.
 */
export function audienceOf(provider: AuthProvider, audience: Audience, name?: string): AuthProvider | undefined {
  const { [FOR_NAMED]: forNamed } = provider as Partial<Pick<AudienceProvider, typeof FOR_NAMED>>;
  if (forNamed !== undefined) return forNamed.call(provider as AudienceProvider, audience, name);
  return provider.for?.(audience);
}

/**
 * A provider of one audience of another provider's grant, as `for()` gives it. `close()` ends this audience alone;
 * that of the provider whose grant it is ends all of them.
 */
export class AudienceProvider extends GrantProvider {
  readonly #audiences: Audiences;
  readonly #source: OAuth2Source;

  /** @internal */
  constructor(audiences: Audiences, grant: ProviderGrant, source: OAuth2Source, name: string) {
    super(grant, source, name);
    this.#audiences = audiences;
    this.#source = source;
  }

  /** As `for()` of the provider whose grant it is, over this audience. */
  override for(audience: Audience): AudienceProvider {
    return this.#audiences.of(this, this.#source, audience);
  }

  /** @internal */
  [FOR_NAMED](audience: Audience, name: string | undefined): AudienceProvider {
    return this.#audiences.of(this, this.#source, audience, name);
  }

  override async close(): Promise<void> {
    this.#audiences.forget(this, this.#source);
    await super.close();
  }
}

/** What the provider of a grant has given for audiences of it. */
export class Audiences {
  readonly #grant: ProviderGrant;
  readonly #owner: GrantProvider;
  /** Flights run in the context of the grant's maker, not of whoever happens to ask for an audience first (C8, C12). */
  readonly #context = new AsyncResource("faucet-auth.Audiences");
  readonly #living = new Map<string, WeakRef<AudienceProvider>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#at(key) === undefined) this.#living.delete(key);
  });

  constructor(grant: ProviderGrant, owner: GrantProvider) {
    this.#grant = grant;
    this.#owner = owner;
  }

  /**
   * The provider of `audience` over that of `asked`, the same one as long as it lives. A new one is called `name`, by
   * default after what it asks for.
   */
  of(asked: GrantProvider, source: OAuth2Source, audience: Audience, name?: string): AudienceProvider {
    if (asked.isClosed) throw new ClosedError(asked.name);
    const asking = source.for(audience, `${asked.name}.for()`);
    return this.#at(keyOf(asking)) ?? this.#make(asking, name ?? this.#nameFor(asking));
  }

  /** What stands where: the status of each that lives. */
  statuses(): ProviderStatus[] {
    return this.#all().map((provider) => provider.status());
  }

  /** From now on `for` gives a new one. */
  forget(provider: AudienceProvider, source: OAuth2Source): void {
    if (this.#at(keyOf(source)) === provider) this.#living.delete(keyOf(source));
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    await Promise.all(this.#all().map((provider) => provider.close()));
  }

  #make(source: OAuth2Source, name: string): AudienceProvider {
    const provider = this.#context.runInAsyncScope(() => new AudienceProvider(this, this.#grant, source, name));
    this.#living.set(keyOf(source), new WeakRef(provider));
    this.#gone.register(provider, keyOf(source));
    return provider;
  }

  /** Two that differ in what may not be shown are told apart by a number. */
  #nameFor({ label }: OAuth2Source): string {
    const name = `${this.#owner.name} (${label})`;
    const taken = new Set(this.#all().map((provider) => provider.name));
    for (let n = 1; ; n += 1) {
      const numbered = n === 1 ? name : `${name} #${n}`;
      if (!taken.has(numbered)) return numbered;
    }
  }

  #at(key: string): AudienceProvider | undefined {
    return this.#living.get(key)?.deref();
  }

  #all(): AudienceProvider[] {
    return [...this.#living.values()]
      .map((reference) => reference.deref())
      .filter((provider) => provider !== undefined);
  }
}

function keyOf({ audience }: OAuth2Source): string {
  return JSON.stringify(audience);
}
