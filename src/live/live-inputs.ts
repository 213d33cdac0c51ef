/** The values that the token requests of one provider are made with: read together, and together judged when one is refused (V1, V2, V4). */

import { pause } from "../failure/deadline.js";
import { refusesGrant } from "../failure/policy.js";
import { type AuthError, FaucetError } from "../values/errors.js";
import { type LiveRole, type LiveValue, MOST_READINGS, WRITING_MS } from "./live-value.js";

/** What one request was made with: the text of each value. */
export type Reading = readonly string[];

/** All of one provider. */
export class LiveInputs {
  readonly #values: readonly LiveValue[];
  /** What the request was made with that has failed so. */
  readonly #readings = new WeakMap<object, Reading>();

  constructor(values: readonly LiveValue[]) {
    this.#values = values;
  }

  /** Whether any of them can change. */
  get canChange(): boolean {
    return this.#values.some(({ isLive }) => isLive);
  }

  /** What an IdP may echo (V4). */
  get secrets(): readonly string[] {
    return this.#values.flatMap(({ secrets }) => secrets);
  }

  /** Reads all of them for one request, which is made with their `text` before anything else is awaited. */
  async read(signal?: AbortSignal): Promise<Reading> {
    await Promise.all(this.#values.map((value) => value.read(signal)));
    return this.#values.map(({ text }) => text);
  }

  /** The request that was made with `reading` has brought a token. */
  noteSuccess(reading: Reading): void {
    for (const [index, value] of this.#values.entries()) value.noteAccepted?.(reading[index] ?? "");
  }

  /** The request that was made with `reading` has failed with `failure`. */
  noteFailure(failure: unknown, reading: Reading): void {
    if (typeof failure === "object" && failure !== null) this.#readings.set(failure, reading);
  }

  /**
   * Whether `failure` refuses one of the values, and one has another text by now than the request was made with. A file
   * that has not changed is looked at again after a moment: its new text may just be being written. To another provider, its
   * token is reported; rejects with that one's failure.
   */
  async haveChangedSince(failure: unknown, signal?: AbortSignal): Promise<boolean> {
    const reading = this.#readings.get(Object(failure));
    if (reading === undefined) return false;
    if (await this.#areRenewed(reading, failure, signal)) return true;
    if (!this.#mayBeAbout(failure)) return false;
    return (await this.#differFrom(reading, ["file", "function"])) || this.#areWritten(reading);
  }

  /** The same of files alone, for a request that was made with what one of them had while it was being written. */
  async haveBeenWrittenSince(failure: unknown): Promise<boolean> {
    const reading = this.#readings.get(Object(failure));
    if (reading === undefined || !this.#mayBeAbout(failure)) return false;
    return (await this.#differFrom(reading, ["file"])) || this.#areWritten(reading);
  }

  /** Reads them only to see whether they have changed: what cannot be read has not. */
  async look(): Promise<void> {
    const looked = this.#values.filter(({ source }) => source !== "provider");
    await Promise.allSettled(looked.map((value) => value.read()));
  }

  /**
   * A text that is another one once a value has changed: of what the request was made with that failed with `failure`, or of
   * now. `undefined` where nothing can change. A function that gives another text each time it is called says nothing by it.
   */
  mark(failure?: unknown): string | undefined {
    if (!this.canChange) return undefined;
    const reading = this.#readings.get(Object(failure));
    const texts = this.#values.map(({ source, isSettled, secrets: [last] }, index) => {
      return source === "file" || (source === "function" && isSettled) ? (reading?.[index] ?? last) : undefined;
    });
    return JSON.stringify(texts);
  }

  /** Whether `failure` may be about one of the values that can be read again. */
  #mayBeAbout(failure: unknown): boolean {
    return this.#values.some(({ isLive, role, renew }) => isLive && renew === undefined && refuses(failure, role));
  }

  /** Whether a file has another text than in `reading` after a moment. */
  async #areWritten(reading: Reading): Promise<boolean> {
    for (let readings = 1; readings < MOST_READINGS; readings += 1) {
      await pause(WRITING_MS);
      if (await this.#differFrom(reading, ["file"])) return true;
    }
    return false;
  }

  async #areRenewed(reading: Reading, failure: unknown, signal: AbortSignal | undefined): Promise<boolean> {
    const renewals = this.#values.map(async (value, index) => {
      const refused = reading[index];
      if (value.renew === undefined || refused === undefined || !refusesProvided(failure, value)) return false;
      return (await value.renew(refused, signal)) !== refused;
    });
    return (await Promise.all(renewals)).includes(true);
  }

  async #differFrom(reading: Reading, sources: readonly LiveValue["source"][]): Promise<boolean> {
    const changes = this.#values.map(async (value, index) => {
      if (!sources.includes(value.source)) return false;
      return (await value.read().catch(() => reading[index])) !== reading[index];
    });
    return (await Promise.all(changes)).includes(true);
  }
}

/** Whether `failure` may be about a value of that role. */
function refuses(failure: unknown, role: LiveRole): boolean {
  if (!FaucetError.is(failure) || failure.retryable) return false;
  if (failure.code === "transport") return role === "tls";
  const { error, status } = failure as Partial<AuthError>;
  // The status says it where the code is one of the server's own (RFC 6749 §5.2).
  const isOfClient = failure.code === "auth" && (error === "invalid_client" || status === 401);
  return isOfClient || (role === "grant" && refusesGrant(failure));
}

/** Codes for an assertion or a token that is not good: RFC 6749 §5.2 and RFC 7523 §3.1, RFC 8693 §2.2.2, RFC 6750 §3.1. */
const TOKEN_REFUSALS: ReadonlySet<string | undefined> = new Set(["invalid_grant", "invalid_request", "invalid_token"]);

/**
 * Whether `failure` may be about what another provider gave for that role. To report it costs a token request of that one, so
 * that status and code must say it (K4).
 */
function refusesProvided(failure: unknown, { role, refusedStatuses = [401] }: LiveValue): boolean {
  if (!FaucetError.is(failure) || failure.code !== "auth" || failure.retryable) return false;
  const { error, status = 0 } = failure as AuthError;
  if (role === "request") return refusedStatuses.includes(status) && error !== "insufficient_scope";
  if (role === "client") return error === "invalid_client" || status === 401;
  return TOKEN_REFUSALS.has(error) || (status === 401 && error !== "invalid_client");
}
