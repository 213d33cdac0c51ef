/** An answer of fetch that is looked at, held back or let go of, and can still be passed on whole (W4, W8). */

import { Readable } from "node:stream";
import { startTimer } from "../values/clock.js";
import { handled } from "../values/handled.js";
import { MAX_HELD_BYTES, type RefusalCandidate } from "./refusal.js";

/** One answer, of whichever implementation of fetch. */
export class FetchedAnswer implements RefusalCandidate {
  readonly status: number;
  readonly headers: Headers;
  #response: Response;
  #head: Promise<Head> | undefined;
  /** Reads the copy that `#head` comes from. */
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #state: "here" | "held" | "gone" = "here";

  constructor(response: Response) {
    this.status = response.status;
    this.headers = response.headers;
    this.#response = response;
  }

  async text(): Promise<string> {
    const { bytes } = await this.#readHead();
    return new TextDecoder().decode(bytes.subarray(0, MAX_HELD_BYTES));
  }

  /**
   * Reads what comes of the body while it is not decided who gets it, so that its connection is free for
   * the token request that the decision may need. An answer longer than 64 KiB is let go of for that.
   * node-fetch has no connections in common with our token requests.
   */
  hold(): void {
    if (!isWebStream(this.#response.body)) return;
    this.#state = "held";
    const isTooLong = ({ isWhole }: Head): void => {
      if (this.#state === "held" && !isWhole) this.discard();
    };
    this.#readHead().then(isTooLong, () => {});
  }

  /** The whole answer, for the caller; `undefined` if it was let go of. */
  pass(): Response | undefined {
    if (this.#state === "gone") return undefined;
    this.#state = "here";
    return this.#response;
  }

  /** Lets go of an answer that nobody will read: its socket is free for another request. */
  discard(): void {
    this.#state = "gone";
    const { body } = this.#response;
    this.#reader?.cancel().catch(() => {});
    if (isWebStream(body)) handled(drainWeb(body));
    else if (isNodeStream(body)) drain(body);
  }

  #readHead(): Promise<Head> {
    const { body } = this.#response;
    if (body === null) return Promise.resolve({ bytes: Buffer.alloc(0), isWhole: true });
    this.#head ??= isWebStream(body) ? this.#readCopy() : this.#readNodeStream();
    return this.#head;
  }

  /** What a copy has read, the original still has. */
  async #readCopy(): Promise<Head> {
    const reader = this.#response.clone().body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.#reader = reader;
    const head = await firstBytes(() => reader.read());
    reader.cancel().catch(() => {});
    return head;
  }

  /** A clone of node-fetch's ends only if both are read; so what was read goes into an answer made anew. */
  async #readNodeStream(): Promise<Head> {
    const response = this.#response;
    const iterator = (response.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const head = await firstBytes(() => iterator.next());
    const { bytes, isWhole } = head;
    const whole = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
      if (!isWhole) yield* { [Symbol.asyncIterator]: () => iterator };
    };
    const { status, statusText, headers, url, redirected } = response;
    const Constructor = response.constructor as new (body: unknown, init: object) => Response;
    this.#response = new Constructor(Readable.from(whole()), {
      status,
      statusText,
      headers,
      url,
      counter: redirected ? 1 : 0,
    });
    return head;
  }
}

/** The first bytes of a body: 64 KiB or a little more, or all of it. */
interface Head {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

async function firstBytes(
  read: () => Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>,
): Promise<Head> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < MAX_HELD_BYTES) {
    const { done, value } = await read();
    if (done || value === undefined) return { bytes: Buffer.concat(chunks), isWhole: true };
    chunks.push(value);
    size += value.byteLength;
  }
  return { bytes: Buffer.concat(chunks), isWhole: false };
}

/** The longest that the rest of an answer may take which nobody will read. */
const LONGEST_DRAIN_MS = 1000;

/**
 * Reads out what is short, so that its socket serves on, and breaks off what is long. To cancel at once would
 * do too, but some releases of Node reject a promise of their own if a chunk arrives just then.
 */
async function drainWeb(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const breakOff = (): void => void handled(reader.cancel());
  const stop = startTimer(breakOff, LONGEST_DRAIN_MS);
  const { isWhole } = await firstBytes(() => reader.read()).finally(stop);
  if (!isWhole) breakOff();
}

/** Of a body of Node's: reads out what is short, and breaks off what is long. */
function drain(body: Readable): void {
  let size = 0;
  body.on("error", () => {});
  // node-fetch 2 does not tell the socket's own stream that nobody reads on.
  body.on("unpipe", (source: Readable) => source.destroy());
  body.on("data", (chunk: Uint8Array) => {
    size += chunk.byteLength;
    if (size > MAX_HELD_BYTES) body.destroy();
  });
}

function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof (body as { getReader?: unknown } | null)?.getReader === "function";
}

function isNodeStream(body: unknown): body is Readable {
  return typeof (body as { destroy?: unknown } | null)?.destroy === "function";
}
