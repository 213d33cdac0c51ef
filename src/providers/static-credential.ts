/** The credential of a `static` provider as it is just now: it may stand in a file, or come from a function (V1). */

import { AsyncResource } from "node:async_hooks";
import { SharedWait } from "../cache/shared-wait.js";
import { noCounts, type ProviderStatus, summaryOf } from "../cache/status.js";
import { DEFAULT_TIMEOUT_SECS, within } from "../failure/deadline.js";
import type { LiveValue } from "../live/live-value.js";
import { type Clock, reliable, startTimer } from "../values/clock.js";
import { Credential } from "../values/credential.js";
import { nameProvider, TransportError } from "../values/errors.js";

/** What a credential is made of, and who hears of it. */
export interface CredentialParts {
  readonly name: string;
  readonly values: readonly LiveValue[];
  /** The credential of what was read last. */
  readonly make: () => Credential;
  readonly clock: Clock;
  /** Gets each credential that is another than the one before. */
  readonly onChange: (credential: Credential) => void;
  /** Gets the error of each reading that fails. */
  readonly onError: (error: unknown) => void;
}

/** While the credential is asked for or watched, its values are read so often. */
const READING_MS = 60_000;

interface Failures {
  readonly inARow: number;
  readonly last: unknown;
}

const NO_FAILURES: Failures = { inARow: 0, last: undefined };

/** A credential that is read anew while it is served. */
export class StaticCredential {
  readonly #parts: CredentialParts;
  readonly #isLive: boolean;
  /** Values are read in the context of the provider's maker, and not of whoever happens to ask (C8). */
  readonly #context = new AsyncResource("faucet-auth.StaticCredential");
  #current: { readonly credential: Credential; readonly promise: Promise<Credential> } | undefined;
  #generation = 0;
  #issuedAt: number | undefined;
  #readAt: number;
  /** The reading that is under way, and the one that begins once it has ended. */
  #reading: SharedWait<Credential> | undefined;
  #next: SharedWait<Credential> | undefined;
  #failures = NO_FAILURES;

  constructor(parts: CredentialParts) {
    this.#parts = { ...parts, clock: reliable(parts.clock) };
    this.#isLive = parts.values.some(({ isLive }) => isLive);
    this.#readAt = parts.clock();
    // A function is not called before somebody asks.
    if (parts.values.every(({ source }) => source !== "function")) this.#take(parts.make());
  }

  /** What is held just now, if a function has given it already. */
  get credential(): Credential | undefined {
    return this.#current?.credential;
  }

  /** Where it stands. No IdP is asked, so that there is nothing to count. */
  get status(): Omit<ProviderStatus, "name"> {
    const { inARow: consecutiveFailures, last } = this.#failures;
    const state = this.#current !== undefined ? "fresh" : consecutiveFailures > 0 ? "failing" : "empty";
    return {
      state,
      generation: this.#generation,
      ...(this.#issuedAt !== undefined && { issuedAt: this.#issuedAt }),
      inFlight: this.#reading !== undefined,
      consecutiveFailures,
      ...(consecutiveFailures > 0 && { lastError: summaryOf(last) }),
      counts: noCounts(),
    };
  }

  /** The same promise as long as the credential is the same (C2). Whether it still is, is seen behind the callers. */
  get(signal: AbortSignal | undefined): Promise<Credential> {
    if (this.#current === undefined) return (this.#reading ?? this.#begin()).join(signal);
    if (this.#isLive && this.#isDue()) this.#lookBehind();
    return this.#current.promise;
  }

  /** The credential by a reading that begins now, or once the one that is under way has ended: that may have come too early. */
  anew(signal: AbortSignal | undefined): Promise<Credential> {
    if (!this.#isLive) return this.get(signal);
    if (this.#reading === undefined) return this.#begin().join(signal);
    this.#next ??= new SharedWait(this.#reading.promise.then(this.#beginNext, this.#beginNext));
    return this.#next.join(signal);
  }

  /** Reads it every minute, while that `isWanted`. */
  keepReading(isWanted: () => boolean): void {
    if (!this.#isLive) return;
    startTimer(() => {
      if (!isWanted()) return;
      if (this.#reading === undefined) this.#begin();
      this.keepReading(isWanted);
    }, READING_MS);
  }

  #isDue(): boolean {
    const now = this.#parts.clock();
    return now >= this.#readAt + READING_MS || now < this.#readAt;
  }

  #lookBehind(): void {
    this.#readAt = this.#parts.clock();
    startTimer(() => void (this.#reading ?? this.#begin()), 0);
  }

  readonly #beginNext = (): Promise<Credential> => {
    this.#next = undefined;
    return this.#begin().promise;
  };

  #begin(): SharedWait<Credential> {
    const reading = new SharedWait(this.#context.runInAsyncScope(() => this.#read()));
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<Credential> {
    const { name, values, make, clock, onError } = this.#parts;
    this.#readAt = clock();
    try {
      await within(DEFAULT_TIMEOUT_SECS * 1000, tooLate, (signal) => {
        return Promise.all(values.map((value) => value.read(signal)));
      });
      this.#failures = NO_FAILURES;
      return this.#take(make());
    } catch (error) {
      this.#failures = { inARow: this.#failures.inARow + 1, last: nameProvider(error, name) };
      onError(error);
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  #take(credential: Credential): Credential {
    if (this.#current !== undefined && Credential.equals(this.#current.credential, credential)) {
      return this.#current.credential;
    }
    this.#current = { credential, promise: Promise.resolve(credential) };
    this.#generation += 1;
    this.#issuedAt = this.#parts.clock();
    this.#parts.onChange(credential);
    return credential;
  }
}

function tooLate(): Error {
  return new TransportError(`no credential within ${DEFAULT_TIMEOUT_SECS} s`);
}
