/** Bodies that can be sent again, and those that are made so (W3). */

import type { DispatchOptions } from "./dispatch.js";
import { contentLength, type RequestHeaders } from "./dispatch-headers.js";
import { bytesOf } from "./fetch-body.js";

/** The most that is gathered of a body to be sent again. */
const MAX_GATHERED_BYTES = 1024 * 1024;

/** Whether sending `body` leaves it as it was. */
export function isReplayable({ body }: DispatchOptions): boolean {
  if (body === undefined || typeof body !== "object" || body === null || bytesOf(body) !== undefined) return true;
  const kind = Object.prototype.toString.call(body);
  return kind === "[object FormData]" || kind === "[object Blob]" || kind === "[object File]";
}

/**
 * The body of a request, in a form that can be sent again if it is short. undici's fetch hands on every
 * body, a string too, as a generator, which is used up by being sent.
 */
export async function gathered(
  { body }: DispatchOptions,
  headers: RequestHeaders,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const length = contentLength(headers);
  return length <= MAX_GATHERED_BYTES ? gather(body as OneShotBody, length, signal) : body;
}

type OneShotBody = AsyncIterable<Uint8Array | string> & { destroy?: (reason: Error) => void };

/** Rejects with the signal's reason, and if there is more than `length`; the body is let go of then. */
async function gather(body: OneShotBody, length: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const iterator = body[Symbol.asyncIterator]();
  const { left, stay } = leaving(signal);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), left]);
      if (done) return Buffer.concat(chunks);
      chunks.push(Buffer.from(value as Uint8Array));
      size += chunks.at(-1)?.byteLength ?? 0;
      if (size > length) throw new TypeError(`the body is longer than its content-length of ${length} bytes`);
    }
  } catch (error) {
    body.destroy?.(error as Error);
    // Of a generator that waits for something, this is heard when that comes.
    iterator.return?.()?.then(undefined, () => {});
    throw error;
  } finally {
    stay();
  }
}

/** A promise that rejects once `signal` is aborted, until `stay` is called. */
function leaving(signal: AbortSignal | undefined): { left: Promise<never>; stay: () => void } {
  let leave = (): void => {};
  const left = new Promise<never>((_resolve, reject) => {
    leave = (): void => reject(signal?.reason);
  });
  if (signal?.aborted) leave();
  left.catch(() => {});
  signal?.addEventListener("abort", leave, { once: true });
  return { left, stay: () => signal?.removeEventListener("abort", leave) };
}
