/** What is used of undici's dispatching, 7 and 8: described here, so that no release of it is imported. */

/** undici's `dispatch`; each release types its own options and handlers. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Dispatch = (options: any, handler: any) => boolean;

/** What `dispatcher.compose` takes. */
export type Interceptor = (dispatch: Dispatch) => Dispatch;

/** A request, as far as it is looked at. */
export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: unknown;
}

/** The hold on an exchange. */
export interface Controller {
  readonly aborted?: boolean;
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Who is told of an exchange. */
export interface DispatchHandler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: unknown, socket: unknown): void;
  onResponseStart?(controller: Controller, status: number, headers: unknown, message?: string): void;
  onResponseData?(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd?(controller: Controller, trailers: unknown): void;
  onResponseError?(controller: Controller | null, error: Error): void;
}

/** The most that is gathered of a body to be sent again. */
const MAX_GATHERED_BYTES = 1024 * 1024;

/** `options` with these headers in place of those of the same name, in any case; the others are left alone. */
export function withHeaders(options: DispatchOptions, added: readonly [string, string][]): DispatchOptions {
  const headers: unknown[] = added.flat();
  if (options.headers) {
    const replaced = new Set(added.map(([name]) => name.toLowerCase()));
    for (const [name, value] of headerEntries(options.headers)) {
      if (!replaced.has(name.toLowerCase())) headers.push(name, value);
    }
  }
  return { ...options, headers };
}

/**
 * `options`, whose body can be read only once, with one that can be sent again, if it is short: undici's fetch hands on every
 * body, a string too, as a generator, which is used up by being sent (W3).
 */
export async function withReplayableBody(
  options: DispatchOptions,
  signal: AbortSignal | undefined,
): Promise<DispatchOptions> {
  const length = lengthOf(options.headers);
  if (!(length <= MAX_GATHERED_BYTES)) return options;
  return { ...options, body: await gather(options.body as AsyncIterable<Uint8Array | string>, length, signal) };
}

/** Rejects with the signal's reason, and if there is more than `length`; the body is let go of then. */
async function gather(
  body: AsyncIterable<Uint8Array | string> & { destroy?: (reason: Error) => void },
  length: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const iterator = body[Symbol.asyncIterator]();
  const left = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
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
  }
}

/** Whether sending `body` leaves it as it was. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body)) return true;
  const kind = Object.prototype.toString.call(body);
  return kind === "[object FormData]" || kind === "[object Blob]" || kind === "[object File]";
}

/** `options` as they are now: a caller may change its objects while a token is waited for. */
export function snapshotOf(options: DispatchOptions): DispatchOptions {
  return { ...options, headers: headerEntries(options.headers).flat() };
}

/** For an error that is nobody's exchange: undici's retry asks whether it was aborted, and must not try again. */
export function endedController(reason: Error): Controller & { readonly reason: Error } {
  return { aborted: true, reason, pause() {}, resume() {}, abort() {} };
}

/** The signal of a caller, where it is one that a wait for a token can heed. */
export function signalOf({ signal }: DispatchOptions): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Names and values, from whatever undici takes as headers: a flat list, pairs, or a record. */
function headerEntries(headers: unknown): [string, unknown][] {
  if (typeof headers !== "object" || headers === null) return [];
  if (!Array.isArray(headers)) {
    return Symbol.iterator in headers ? [...(headers as Iterable<[string, unknown]>)] : Object.entries(headers);
  }
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]]] : []));
}

/** `NaN` if it is not known. */
function lengthOf(headers: unknown): number {
  const length = headerEntries(headers).find(([name]) => name.toLowerCase() === "content-length");
  return length === undefined ? Number.NaN : Number(length[1]);
}
