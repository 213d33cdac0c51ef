/** The tokens of a fake provider: a real cache over a list, in a time of its own. */

import {
  type CallOptions,
  Credential,
  credentialHeaders,
  reportAccepted,
  TokenCache,
  type WatchListener,
  type WatchOptions,
} from "faucet-auth";

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

  getToken(options?: CallOptions): Promise<Credential> {
    return this.#noted(this.cache.getToken(options));
  }

  invalidate(stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.#noted(this.cache.invalidate(stale, options));
  }

  watch(listener: WatchListener, options?: WatchOptions): Disposable {
    if (typeof listener !== "function") return this.cache.watch(listener, options);
    const noting: WatchListener = (credential) => {
      this.#note(credential);
      return listener(credential);
    };
    return this.cache.watch(noting, options);
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
    const before = this.issued.at(-1);
    const next = await this.#renewed(before);
    // A renewal that fails leaves the token that is still good in service (F3).
    if (next === before) throw this.#failure?.error ?? new Error(NOTHING_NEW);
    return next;
  }

  async #renewed(current: Credential | undefined): Promise<Credential> {
    const { freshUntil } = this.cache.status();
    if (freshUntil !== undefined) this.#moveTo(freshUntil);
    const next = await this.getToken();
    if (next !== current || this.#failure !== undefined) return next;
    // Without a lifetime, or soon after a failure, the cache keeps what is good until it is reported. This is no API
    // that refuses everything (F5).
    reportAccepted(current);
    const other = await this.invalidate(current);
    reportAccepted(other);
    return other;
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

  /** Notes what a promise brings before whoever gets the promise does. */
  #noted(given: Promise<Credential>): Promise<Credential> {
    given.then(
      (credential) => this.#note(credential),
      () => {},
    );
    return given;
  }

  /** The cache makes a credential of its own of each that is issued: it has the expiry, and is the one that callers hold. */
  #note(handedOut: Credential): void {
    if (this.issued.includes(handedOut)) return;
    const index = this.issued.findLastIndex((each) => Credential.equals(each, handedOut));
    if (index !== -1) this.issued[index] = handedOut;
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
const NOTHING_NEW = "no other token has come";
const NO_LIFETIME = "the token has no lifetime: give the provider expiresIn, or refuse() the token";
