/** The token of another provider, where a configuration has an assertion or a token (K4). */

import { type AuthProvider, isAuthProvider } from "../auth-provider.js";
import { faultsOf, join } from "../config/check.js";
import { sourceFailure } from "../failure/source-failure.js";
import type { LiveText } from "../live/live-text.js";
import { fixedValue, type LiveRole, type LiveValue } from "../live/live-value.js";
import { reportAccepted } from "../values/brands.js";
import type { Credential } from "../values/credential.js";
import { tokenOf } from "../values/credential-content.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import type { ProviderReference, Runtime } from "./runtime.js";

/** A token that another provider gives: by its name in a catalog, in code the provider itself. */
export type ProvidedToken = ProviderReference | AuthProvider;

/** An assertion or a token: a text that may change while the provider lives, or the token of another provider. */
export type TokenConfig = LiveText | ProvidedToken;

/** A key under which another provider's token may stand. */
export interface TokenKey {
  readonly key: string;
  readonly role: LiveRole;
}

/** The token of another provider, asked for each time that it is needed: it is as fresh as that one keeps it. */
export class ProviderToken implements LiveValue {
  readonly source = "provider";
  readonly isLive = true;
  readonly isSettled = true;
  readonly role: LiveRole;
  readonly provider: AuthProvider;
  readonly #key: string;
  readonly #need: string;
  /** The last two, the latest first. */
  #given: readonly GivenToken[] = [];

  /** For the provider called `dependent`. */
  constructor(provider: AuthProvider, { key, role }: TokenKey, dependent: string) {
    this.role = role;
    this.provider = provider;
    this.#key = key;
    this.#need = `${dependent} needs the token of ${nameOf(provider)} as ${key}`;
  }

  get text(): string {
    const [last] = this.#given;
    if (last === undefined) throw new Error(`${this.#key} has not been asked for yet`);
    return last.text;
  }

  get secrets(): readonly string[] {
    return this.#given.map(({ text }) => text);
  }

  get identity(): string {
    return JSON.stringify({ provider: [this.provider.type, nameOf(this.provider)] });
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
    const text = tokenOf(credential);
    if (text === undefined) throw this.#noToken(credential);
    if (this.#given[0]?.credential !== credential) this.#given = [{ text, credential }, ...this.#given.slice(0, 1)];
    return text;
  }

  #noToken(credential: Credential | undefined): ConfigError {
    const message = `${nameOf(this.provider)} gives a credential of type ${JSON.stringify(credential?.type)}, which is no token`;
    return new ConfigError("configuration", [{ path: this.#key, message }]);
  }
}

interface GivenToken {
  readonly text: string;
  readonly credential: Credential;
}

/**
 * `config` with a value in place of each provider, and each reference to one, that stands under one of `keys`; and what is wrong
 * with the references. The providers are needed by the one called `dependent`.
 */
export function withProviderTokens(
  config: unknown,
  keys: readonly TokenKey[],
  { resolve, dependent }: { readonly resolve: Runtime["resolve"]; readonly dependent: string },
): { readonly config: unknown; readonly faults: readonly ConfigFault[] } {
  const keysInUse = keys.filter(({ key }) => isProvided((config as Readonly<Record<string, unknown>> | null)?.[key]));
  if (keysInUse.length === 0) return { config, faults: [] };
  const bound: Record<string, LiveValue> = {};
  const faults: ConfigFault[] = [];
  for (const { key, role } of keysInUse) {
    const given = (config as Readonly<Record<string, ProvidedToken>>)[key] as ProvidedToken;
    const found = isAuthProvider(given) ? { built: given } : faultsOf("", () => resolved(given, resolve));
    if ("built" in found) bound[key] = new ProviderToken(found.built, { key, role }, dependent);
    else {
      faults.push(...found.faults.map((fault) => ({ ...fault, path: join(key, fault.path) })));
      bound[key] = fixedValue("", role);
    }
  }
  return { config: { ...(config as object), ...bound }, faults };
}

function isProvided(given: unknown): given is ProvidedToken {
  return isAuthProvider(given) || isReference(given);
}

function isReference(given: unknown): given is ProviderReference {
  return typeof given === "object" && given !== null && !Array.isArray(given) && "ref" in given;
}

function resolved(reference: ProviderReference, resolve: Runtime["resolve"]): AuthProvider {
  const fault = (message: string): never => {
    throw new ConfigError("configuration", [{ path: "ref", message }]);
  };
  if (typeof resolve !== "function") return fault("has no catalog to refer to: in code, give the provider itself");
  const provider: unknown = resolve(reference);
  return isAuthProvider(provider) ? provider : fault("stands for no provider: runtime.resolve gave something else");
}

/** A user's own may have no name. */
function nameOf({ name, type }: AuthProvider): string {
  return name || type || "another provider";
}

/** What of a token may be printed: whose it is. */
export function visibleToken(token: LiveValue): unknown {
  return token instanceof ProviderToken ? { ref: nameOf(token.provider) } : "***";
}
