/** An answer that an interceptor holds back while it is not decided who gets it: the caller, or nobody (W1, W4, W8). */

import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from "node:zlib";
import type { AnswerHeaders } from "./dispatch-headers.js";
import { MAX_HELD_BYTES, type RefusalCandidate } from "./refusal.js";

/** A dropped answer's body is read to its end, so that its socket serves on, but not for ever. */
const LONGEST_DRAIN_MS = 1000;

/** Beyond this an exchange is paused while `isRefused` decides. */
const MAX_JUDGED_BYTES = 1024 * 1024;

/** The hold on the exchange that the answer belongs to. */
export interface Controls {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/**
 * Keeps the events of one answer. The exchange goes on meanwhile: a pause would keep the connection
 * from the token request that the decision may need, and undici cannot bear that a paused connection
 * ends. So a refusal that is longer than 64 KiB is dropped, before it is decided what follows it.
 */
export class HeldAnswer implements RefusalCandidate {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly #controls: Controls;
  #state: "judged" | "refused" | "passing" | "dropped" = "judged";
  #events: (() => void)[] = [];
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isPaused = false;
  #isEnded = false;
  /** Gives the error of a connection that broke. */
  #broken: (() => void) | undefined;
  /** Whoever waits for the body. */
  #readers: (() => void)[] = [];
  #drainTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(status: number, headers: AnswerHeaders, controls: Controls) {
    this.status = status;
    this.headers = headers;
    this.#controls = controls;
  }

  /** Whether nobody can hear of this answer any more. */
  get isDropped(): boolean {
    return this.#state === "dropped";
  }

  /** Keeps the event that begins the answer. */
  begin(event: () => void): void {
    this.#events.push(event);
  }

  /** Keeps a piece of the body. */
  data(chunk: Uint8Array, event: () => void): void {
    this.#size += chunk.byteLength;
    if (this.#state !== "dropped") {
      this.#events.push(event);
      this.#chunks.push(chunk);
    }
    if (this.#size > MAX_HELD_BYTES) this.#tooLong();
  }

  /** Keeps the event that ends the answer. */
  end(event: () => void): void {
    if (this.#state !== "dropped") this.#events.push(event);
    this.#ended();
  }

  /** Keeps the event of a connection that broke. */
  broken(event: () => void): void {
    this.#broken = event;
    this.#ended();
  }

  async text(): Promise<string> {
    if (!this.#isEnded && this.#size <= MAX_HELD_BYTES) {
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
    const bytes = Buffer.concat(this.#chunks).subarray(0, MAX_HELD_BYTES);
    return new TextDecoder().decode(await decoded(bytes, this.headers.get("content-encoding")));
  }

  /** Says that the answer is a refusal, so that from now on it is dropped if it is too long. */
  bound(): void {
    this.#state = "refused";
    if (this.#size > MAX_HELD_BYTES) this.drop();
  }

  /** Passes on what was kept, in order. */
  pass(): void {
    this.#state = "passing";
    this.#chunks = [];
    // What this brings at once is kept too, so that it comes after what is kept already. From then on a
    // pause is the caller's own.
    if (this.#isPaused) this.#controls.resume();
    for (const event of this.#events) event();
    this.#events = [];
    // A connection breaks later than its last data come; a reader may rely on that.
    if (this.#broken !== undefined) setImmediate(this.#broken);
  }

  /** Lets go of the answer: nobody hears of it any more. */
  drop(): void {
    if (this.#state === "dropped") return;
    this.#state = "dropped";
    this.#events = [];
    this.#chunks = [];
    if (this.#isEnded) return;
    if (this.#size > MAX_HELD_BYTES) this.#cutOff();
    else this.#drainTimer = setTimeout(() => this.#cutOff(), LONGEST_DRAIN_MS).unref();
  }

  #tooLong(): void {
    this.#wakeReaders();
    if (this.#state === "refused") this.drop();
    else if (this.#state === "dropped") this.#cutOff();
    else if (this.#state === "judged" && this.#size > MAX_JUDGED_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#controls.pause();
    }
  }

  #cutOff(): void {
    clearTimeout(this.#drainTimer);
    this.#controls.abort(new Error("the refused answer takes too long to be read"));
  }

  #ended(): void {
    this.#isEnded = true;
    clearTimeout(this.#drainTimer);
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    for (const wake of this.#readers) wake();
    this.#readers = [];
  }
}

/** As much of a coded body as its first bytes give. undici's `fetch` asks for codings, and decodes them above an interceptor. */
async function decoded(bytes: Buffer, coding: string | null): Promise<Buffer> {
  const makeDecoder = DECODERS[coding?.trim().toLowerCase() ?? ""];
  if (makeDecoder === undefined) return bytes;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of makeDecoder().end(bytes)) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= MAX_HELD_BYTES) break;
    }
  } catch {
    // What came before the fault is all there is; who reads the whole answer will see the fault.
  }
  return Buffer.concat(chunks).subarray(0, MAX_HELD_BYTES);
}

/** RFC 9110 §8.4.1. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH }),
  "x-gzip": () => createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ finishFlush: zlib.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ finishFlush: zlib.BROTLI_OPERATION_FLUSH }),
};
