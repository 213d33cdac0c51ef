/** An answer of fetch that is looked at, held back or let go of, and can still be passed on whole (W4, W8). */

import { Readable } from "node:stream";
import { handled } from "../values/handled.js";
import { MAX_HELD_BYTES, type RefusalCandidate } from "./refusal.js";

/** One answer, of whichever implementation of fetch. */
export class FetchedAnswer implements RefusalCandidate {
  readonly status: number;
  readonly headers: Headers;
  /** The whole answer, for the caller. */
  response: Response;
  #head: Promise<Buffer> | undefined;
  /** Reads the copy that `#head` comes from. */
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(response: Response) {
    this.status = response.status;
    this.headers = response.headers;
    this.response = response;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#readHead());
  }

  /**
   * Reads what comes of the body while it is not decided who gets it, so that its connection is free for
   * the token request that the decision may need. node-fetch has no connections in common with that.
   */
  hold(): void {
    if (isWebStream(this.response.body)) handled(this.#readHead());
  }

  /** Lets go of an answer that nobody will read: its socket is free for another request. */
  discard(): void {
    const { body } = this.response;
    this.#reader?.cancel().catch(() => {});
    if (isWebStream(body)) body.cancel().catch(() => {});
    else if (isNodeStream(body)) drain(body);
  }

  #readHead(): Promise<Buffer> {
    this.#head ??= this.response.body === null ? Promise.resolve(Buffer.alloc(0)) : this.#readBody();
    return this.#head;
  }

  /** At most 64 KiB of the body. */
  #readBody(): Promise<Buffer> {
    if (isWebStream(this.response.body)) {
      const reader = this.response.clone().body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      this.#reader = reader;
      return firstBytes(() => reader.read()).then(({ bytes }) => {
        // What the copy has read, the original still has.
        reader.cancel().catch(() => {});
        return bytes;
      });
    }
    return this.#readNodeStream();
  }

  /** A clone of node-fetch's ends only if both are read; so what was read goes into an answer made anew. */
  async #readNodeStream(): Promise<Buffer> {
    const { response } = this;
    const iterator = (response.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const { bytes, isWhole } = await firstBytes(() => iterator.next());
    const whole = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
      if (!isWhole) yield* { [Symbol.asyncIterator]: () => iterator };
    };
    const { status, statusText, headers, url, redirected } = response;
    const Constructor = response.constructor as new (body: unknown, init: object) => Response;
    this.response = new Constructor(Readable.from(whole()), {
      status,
      statusText,
      headers,
      url,
      counter: redirected ? 1 : 0,
    });
    return bytes.subarray(0, MAX_HELD_BYTES);
  }
}

async function firstBytes(
  read: () => Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>,
): Promise<{ bytes: Buffer; isWhole: boolean }> {
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

/** Reads out what is short, since not every implementation frees a socket whose answer is broken off. */
function drain(body: Readable): void {
  let size = 0;
  body.on("error", () => {});
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
