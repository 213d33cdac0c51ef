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
export async function withReplayableBody(options: DispatchOptions): Promise<DispatchOptions> {
  const { body } = options;
  if (!(lengthOf(options.headers) <= MAX_GATHERED_BYTES)) return options;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) chunks.push(Buffer.from(chunk as Uint8Array));
  return { ...options, body: Buffer.concat(chunks) };
}

/** Whether sending `body` leaves it as it was. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body)) return true;
  const kind = Object.prototype.toString.call(body);
  return kind === "[object FormData]" || kind === "[object Blob]" || kind === "[object File]";
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
