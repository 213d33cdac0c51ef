/** One provider of a broker: which credential is current, and the id that other processes know it by. */

import { type CatalogProvider, Credential, type ProviderStatus } from "faucet-auth";

/** A credential, and the id of the generation that it is. */
export interface BrokeredCredential {
  /** Means nothing to anybody else, and is no secret. */
  readonly id: string;
  readonly credential: Credential;
}

/** Gives ids to the generations of a provider: those of one broker are told from those of any other by `instance`. */
export class BrokeredProvider {
  readonly #provider: CatalogProvider;
  readonly #instance: string;
  /** Older generations too, as long as a slow caller has them. */
  readonly #ids = new WeakMap<Credential, string>();
  #latest: BrokeredCredential | undefined;
  #count = 0;

  constructor(provider: CatalogProvider, instance: string) {
    this.#provider = provider;
    this.#instance = instance;
  }

  get name(): string {
    return this.#provider.name;
  }

  get status(): ProviderStatus {
    return this.#provider.status();
  }

  /** The current credential. Rejects as the provider does. */
  async current(signal: AbortSignal): Promise<BrokeredCredential> {
    return this.#named(await this.#provider.getToken({ signal }));
  }

  /** What there is instead of the credential of that id, which was refused. Of an id that is not current: what is. */
  async replace(id: string, signal: AbortSignal): Promise<BrokeredCredential> {
    const latest = this.#latest;
    if (latest?.id !== id) return this.current(signal);
    return this.#named(await this.#provider.invalidate(latest.credential, { signal }), latest.credential);
  }

  #named(credential: Credential, refused?: Credential): BrokeredCredential {
    const latest = this.#latest;
    if (latest !== undefined && isSameGeneration(latest.credential, credential, refused)) return latest;
    const known = this.#ids.get(credential);
    if (known !== undefined) return { id: known, credential };
    this.#count += 1;
    const id = `${this.#instance}.${this.#count}`;
    this.#ids.set(credential, id);
    this.#latest = { id, credential };
    return this.#latest;
  }
}

/**
 * The providers of the package give one object for each generation. One of a user's own may make a new one for each call: it is
 * the same generation if it says the same, unless it has come in place of that very one.
 */
function isSameGeneration(latest: Credential, credential: Credential, refused: Credential | undefined): boolean {
  if (latest === credential) return true;
  if (latest === refused) return false;
  return Credential.equals(latest, credential) && Credential.expiresAt(latest) === Credential.expiresAt(credential);
}
