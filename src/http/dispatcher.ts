/** What is used of an undici dispatcher: little enough that those of undici 6, 7 and 8 all fit. */

/** Marks a token request in its dispatch options, for interceptors that must let it pass (H1). */
export const TOKEN_REQUEST: unique symbol = Symbol.for("faucet-auth.token-request") as never;

/** One request, as undici's `Dispatcher.request` takes it. */
export interface DispatcherRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly signal: AbortSignal;
  /** Milliseconds; 0 for none. */
  readonly headersTimeout: number;
  /** Milliseconds; 0 for none. */
  readonly bodyTimeout: number;
  readonly maxRedirections: 0;
  readonly [TOKEN_REQUEST]: true;
}

/** The part of its answer that is read. */
export interface DispatcherResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** An undici `Agent`, `Pool`, `ProxyAgent`, `MockAgent` and the like, composed or not. */
export interface Dispatcher {
  // biome-ignore lint/suspicious/noExplicitAny: each undici release types its own options
  request(options: any): Promise<DispatcherResponse>;
}

/** Sends by the given dispatcher, else by the process's global one. undici is loaded when first needed. */
export async function dispatch(
  dispatcher: Dispatcher | undefined,
  request: DispatcherRequest,
): Promise<DispatcherResponse> {
  if (dispatcher !== undefined) return dispatcher.request(request);
  const undici = await import("undici");
  return undici.request(request.origin, request);
}
