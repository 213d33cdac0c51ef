/** The tokens of a fake provider: a real cache over a list, in a time of its own. */

import { Credential, credentialHeaders, TokenCache } from "faucet-auth";

/** What tokens there are. */
interface TokenListOptions {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly tokens?: readonly (string | Credential)[] | undefined;
  readonly expiresIn?: number | null | undefined;
}

/** Tokens that come one after the other, in a time of their own. */
export class TokenList {
  readonly cache: TokenCache;
  /** As the cache hands them out. */
  readonly issued: Credential[] = [];
  readonly #tokens: readonly (string | Credential)[];
  readonly #expiresIn: number | undefined;
  readonly #refused: Credential[] = [];
  /** Of each that was issued, in milliseconds since the epoch. */
  readonly #expiries: number[] = [];
  #aheadMs = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor({ type = "fake", name = "fake", tokens = [], expiresIn = 3600 }: TokenListOptions) {
    this.#tokens = tokens;
    this.#expiresIn = expiresIn ?? undefined;
    this.cache = new TokenCache(async () => this.#next(), { type, name, clock: () => this.#now() });
  }

  accepts(shown: Credential | string | null | undefined): boolean {
    const matches = (known: Credential): boolean =>
      typeof shown === "string"
        ? authorizationOf(known) === shown
        : shown !== null && shown !== undefined && Credential.equals(known, shown);
    // The IdP may have issued one text twice: then the later one counts.
    const index = this.issued.findLastIndex(matches);
    const credential = this.issued[index];
    if (credential === undefined || this.#refused.some((each) => Credential.equals(each, credential))) return false;
    return this.#now() < (this.#expiries[index] ?? 0);
  }

  refuse(credential: Credential | undefined = this.issued.at(-1)): void {
    if (credential === undefined) throw new Error(NO_TOKEN);
    this.#refused.push(credential);
  }

  expire(): void {
    const { expiresAt } = this.cache.status();
    if (expiresAt === undefined) throw new Error(this.issued.length === 0 ? NO_TOKEN : NO_LIFETIME);
    this.#moveTo(expiresAt);
  }

  async rotate(): Promise<Credential> {
    const { freshUntil } = this.cache.status();
    const current = this.issued.at(-1);
    if (freshUntil === undefined && current !== undefined) return this.cache.invalidate(current);
    if (freshUntil !== undefined) this.#moveTo(freshUntil);
    return this.cache.getToken();
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }

  failWith(error: unknown): void {
    this.#failure = { error };
  }

  recover(): void {
    this.#failure = undefined;
    const { retryAt } = this.cache.status();
    if (retryAt !== undefined) this.#moveTo(retryAt);
  }

  #next() {
    if (this.#failure !== undefined) throw this.#failure.error;
    const token = this.#tokens[this.issued.length] ?? `token-${this.issued.length + 1}`;
    const credential = typeof token === "string" ? Credential.bearer(token) : token;
    this.issued.push(credential);
    this.#expiries.push(this.#now() + (this.#expiresIn ?? Number.POSITIVE_INFINITY) * 1000);
    return { credential, expiresIn: this.#expiresIn };
  }

  #now(): number {
    return Date.now() + this.#aheadMs;
  }

  #moveTo(instant: number): void {
    this.#aheadMs += Math.max(0, instant - this.#now());
  }
}

/** The `Authorization` header that a credential is, if it is one. */
function authorizationOf(credential: Credential): string | undefined {
  if (!KINDS_OF_HEADERS.has(credential.type)) return undefined;
  const headers = Object.entries(credentialHeaders(credential));
  return headers.find(([name]) => name.toLowerCase() === "authorization")?.[1];
}

const KINDS_OF_HEADERS: ReadonlySet<string> = new Set(["bearer", "token", "basic", "header", "headers"]);

const NO_TOKEN = "there is no token yet: call getToken() first";
const NO_LIFETIME = "the token has no lifetime: give the provider expiresIn, or refuse() the token";
