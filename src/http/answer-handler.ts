/** Collects the answer to one dispatched request, for the handlers of undici 6 and those of undici 7 and 8 alike. */

import { reusedConnection } from "./reused-connection.js";

/** An answer as it came: its body may be encoded. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: AnswerHeaders;
  readonly bytes: Buffer;
  /** Whether somebody below has decoded the body, whatever its headers say. */
  readonly isDecoded: boolean;
}

/** Header fields by lower-case name; those that came more than once are lists. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The most that is read of an answer, encoded or decoded (H4). */
export const MAX_ANSWER_BYTES: number = 1024 * 1024;

/** The answer's body is larger than `MAX_ANSWER_BYTES`. */
export class OversizeError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    this.status = status;
  }
}

/** No answer came on a connection that had served other requests before: the server may have closed it meanwhile (H9). */
export class StaleConnectionError extends Error {
  constructor(cause: unknown) {
    super("the connection was closed before an answer", { cause });
  }
}

interface Controller {
  abort(reason: unknown): void;
}

/** Settles once: with the whole answer, or with what went wrong. */
export class AnswerHandler {
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: RawAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #status = 0;
  #headers: AnswerHeaders = {};
  #isReused: (() => boolean) | undefined;
  #abort: ((reason: unknown) => void) | undefined;

  constructor(signal: AbortSignal, resolve: (answer: RawAnswer) => void, reject: (reason: unknown) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#leave, { once: true });
    if (signal.aborted) this.#leave();
  }

  // undici 7 and 8.

  onRequestStart(controller: Controller): void {
    this.#begin((reason) => controller.abort(reason));
  }

  onResponseStart(_controller: Controller, status: number, headers: AnswerHeaders): void {
    this.#start(status, headers);
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    this.#add(chunk);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Controller | null, error: unknown): void {
    this.onError(error);
  }

  // undici 6.

  onConnect(abort: (reason: unknown) => void): void {
    this.#begin(abort);
  }

  onHeaders(status: number, headers: readonly (Uint8Array | string)[]): boolean {
    this.#start(status, headersByName(headers));
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    this.#add(chunk);
    return true;
  }

  onComplete(): void {
    this.#end();
  }

  onError(error: unknown): void {
    this.#settle(() => this.#reject(this.#isStale(error) ? new StaleConnectionError(error) : error));
  }

  readonly #leave = (): void => {
    this.#settle(() => this.#reject(this.#signal.reason));
    this.#abort?.(this.#signal.reason);
  };

  #begin(abort: (reason: unknown) => void): void {
    this.#abort = abort;
    if (this.#signal.aborted) abort(this.#signal.reason);
    else this.#isReused = reusedConnection();
  }

  #start(status: number, headers: AnswerHeaders): void {
    // Informational answers precede the one that counts (RFC 9110 §15.2).
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  #add(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    if (this.#size > MAX_ANSWER_BYTES) {
      const error = new OversizeError(this.#status);
      this.#settle(() => this.#reject(error));
      this.#abort?.(error);
      return;
    }
    this.#chunks.push(chunk);
  }

  #end(): void {
    const bytes = Buffer.concat(this.#chunks);
    this.#settle(() => this.#resolve({ status: this.#status, headers: this.#headers, bytes, isDecoded: false }));
  }

  /** Where undici heard of the end before it began to send, only an error of the socket can be one of a connection. */
  #isStale(error: unknown): boolean {
    const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
    if (this.#status > 0 || typeof code !== "string" || !CLOSED.has(code)) return false;
    return this.#isReused === undefined ? syscall === "read" || syscall === "write" : this.#isReused();
  }

  /** Later calls settle nothing: the first has settled the promise. */
  #settle(settle: () => void): void {
    this.#signal.removeEventListener("abort", this.#leave);
    settle();
  }
}

/** The other side closed the connection, in an orderly way or not. */
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** From the flat list of undici 6. */
function headersByName(list: readonly (Uint8Array | string)[]): AnswerHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = textOf(list[index]).toLowerCase();
    const value = textOf(list[index + 1]);
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** Field values are Latin-1, as undici reads them. */
function textOf(value: Uint8Array | string | undefined): string {
  return typeof value === "string" ? value : Buffer.from(value ?? []).toString("latin1");
}
