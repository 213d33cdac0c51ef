/** Sends by a fetch in place of a dispatcher (WHATWG Fetch). */

import { MAX_ANSWER_BYTES, OversizeError, type RawAnswer } from "./answer-handler.js";
import type { OutgoingRequest } from "./dispatcher.js";

/** A WHATWG fetch: the global one, node-fetch, a mock's. */
export type TokenFetch = (url: string, init: TokenFetchInit) => Promise<TokenFetchResponse>;

/** What a token request gives to a fetch. */
export interface TokenFetchInit {
  /** The HTTP method, in capital letters. */
  readonly method: string;
  /** The request's header fields, by lower-case name. */
  readonly headers: Record<string, string>;
  /** The request's body; absent where there is none. */
  readonly body?: string;
  /** Redirects are not followed. */
  readonly redirect: "manual";
  /** Aborted when nobody waits for the answer any more. */
  // biome-ignore lint/suspicious/noExplicitAny: node-fetch and the DOM have AbortSignals of their own
  readonly signal: any;
}

/** The part of a fetch's `Response` that is read. */
export interface TokenFetchResponse {
  /** The HTTP status; 0 for a redirect that the fetch hides. */
  readonly status: number;
  /** The answer's header fields. */
  readonly headers: {
    /** Calls `callback` with each value and its name. */
    forEach(callback: (value: string, name: string) => void): void;
  };
  /** The body in chunks: a WHATWG or a Node stream. */
  // biome-ignore lint/suspicious/noExplicitAny: each fetch types its own streams
  readonly body: any;
}

/** What the answer to `request` is, read whole. Rejects with what the fetch throws. */
export async function sendByFetch(fetch: TokenFetch, request: OutgoingRequest): Promise<RawAnswer> {
  const { method, url, headers, body, signal } = request;
  const init: TokenFetchInit = { method, headers: { ...headers }, redirect: "manual", signal };
  const response = await fetch(url.href, body === undefined ? init : { ...init, body });
  const { status } = response;
  const byName: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    byName[name.toLowerCase()] = value;
  });
  return { status, headers: byName, bytes: await readWhole(status, response.body), isDecoded: true };
}

async function readWhole(status: number, body: AsyncIterable<Uint8Array> | null | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream, and its connection with it.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new OversizeError(status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
