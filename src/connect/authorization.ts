/** The credentials that a wrapper sends: the provider's own, the next one after a refusal, and what is said of them. */

import type { AuthProvider } from "../auth-provider.js";
import { reportAccepted } from "../values/brands.js";
import { Credential } from "../values/credential.js";
import { waitsForItself } from "../values/flight-scope.js";
import { handled } from "../values/handled.js";

/** What one wrapper knows of its provider's credentials. */
export class Authorization {
  readonly #provider: AuthProvider;
  readonly #graceMs: number;
  readonly #firstSeen = new WeakMap<Credential, number>();
  #lastAccepted: Credential | undefined;

  constructor(provider: AuthProvider, graceMs: number = 0) {
    this.#provider = provider;
    this.#graceMs = graceMs;
  }

  /** Whether the provider's own flight is making this request, which would wait for itself if it waited for a token. */
  isOwnFlight(): boolean {
    return waitsForItself(() => this.#provider.getToken());
  }

  /** What to send. Rejects with the provider's error or the signal's reason. */
  credential(signal: AbortSignal | undefined): Promise<Credential> {
    const credential = this.#provider.getToken(signal && { signal });
    return this.#graceMs === 0 ? credential : credential.then((each) => this.#noticed(each));
  }

  /**
   * Says of `credential` that an answer of this status, which is no refusal, came to it. An answer to
   * too many requests, or of a broken server, says nothing about the credential.
   */
  answered(credential: Credential, status: number): void {
    if (credential === this.#lastAccepted || status >= 500 || status === 429) return;
    this.#lastAccepted = credential;
    reportAccepted(credential);
  }

  /** Whether a refusal of `credential` does not count yet (W9). */
  isYoung(credential: Credential): boolean {
    return this.graceLeft(credential) > 0;
  }

  /** Milliseconds until a refusal of `credential` counts; zero or less once it does. */
  graceLeft(credential: Credential): number {
    if (this.#graceMs === 0) return 0;
    return this.#graceMs - (performance.now() - (this.#firstSeen.get(credential) ?? 0));
  }

  /** Reports `refused`, and gives what there is instead: `undefined` if that is the same. */
  async replace(refused: Credential, signal: AbortSignal | undefined): Promise<Credential | undefined> {
    const next = await this.#provider.invalidate(refused, signal && { signal });
    return Credential.equals(next, refused) ? undefined : this.#noticed(next);
  }

  /** Reports `refused` where the request cannot be sent again, so that nobody waits for another credential (W3). */
  report(refused: Credential): void {
    if (this.isYoung(refused)) return;
    handled(this.replace(refused, undefined));
  }

  #noticed(credential: Credential): Credential {
    if (this.#graceMs > 0 && !this.#firstSeen.has(credential)) this.#firstSeen.set(credential, performance.now());
    return credential;
  }
}

/** What is sent after each refusal of one request. */
export class Reauthorization {
  readonly #authorization: Authorization;
  readonly #signal: AbortSignal | undefined;
  #hasReported = false;
  #pauses = 0;

  constructor(authorization: Authorization, signal: AbortSignal | undefined) {
    this.#authorization = authorization;
    this.#signal = signal;
  }

  /** Whether the refusal of `refused` is the answer: another credential was refused before it, and reported (W1). */
  isFinal(refused: Credential): boolean {
    return this.#hasReported && !this.#authorization.isYoung(refused);
  }

  /** What to send after `refused`: the same again while it is young, else another one, once; or nothing. */
  async next(refused: Credential): Promise<Credential | undefined> {
    const graceLeft = this.#authorization.graceLeft(refused);
    if (graceLeft > 0) {
      await pause(Math.min(this.#backoff(), graceLeft), this.#signal);
      return refused;
    }
    if (this.#hasReported) return undefined;
    this.#hasReported = true;
    return this.#authorization.replace(refused, this.#signal);
  }

  /** Milliseconds: from 50 on, twice as long each time, drawn from the upper half so that callers do not keep step. */
  #backoff(): number {
    const longest = SHORTEST_PAUSE_MS * 2 ** this.#pauses;
    this.#pauses += 1;
    return longest * (0.5 + Math.random() / 2);
  }
}

const SHORTEST_PAUSE_MS = 50;

/** Rejects with the signal's reason. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", leave, { once: true });
  });
}
