/** Bodies as fetch takes them: which can be sent again, which can be read, and how one is let go of (W3). */

import { types } from "node:util";

type Body = RequestInit["body"];

/** Of a body that its caller may change, a copy; one that is used up by being read stays as it is. */
export function copyOf(body: Body): Body {
  if (isSearchParams(body)) return new URLSearchParams(String(body));
  return bytesOf(body)?.slice() ?? body;
}

/** A body that is made of bytes, of whichever realm; `undefined` for any other. */
export function bytesOf(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (types.isArrayBuffer(body)) return new Uint8Array(body);
  if (!ArrayBuffer.isView(body)) return undefined;
  return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
}

/** Whether a body is used up by being sent. */
export function isOneShot(body: unknown): boolean {
  return typeof body === "object" && body !== null && (Symbol.asyncIterator in body || "getReader" in body);
}

/** Lets go of a body that will not be sent: a file stream must not stay open. */
export function discardBody(body: unknown, reason: unknown): void {
  if (!isOneShot(body)) return;
  const { destroy, cancel, locked } = body as Partial<Discardable> & { readonly locked?: boolean };
  const isStream = typeof destroy === "function" || typeof cancel === "function";
  if (typeof destroy === "function") destroy.call(body);
  else if (typeof cancel === "function" && !locked) cancel.call(body, reason)?.catch(() => {});
  if (!isStream)
    (body as AsyncIterable<unknown>)
      [Symbol.asyncIterator]()
      .return?.()
      ?.then(undefined, () => {});
}

/**
 * Whether the body of a `Request` was made of a `FormData`, which holds nothing open. To cancel that one makes some releases
 * of Node reject a promise of their own, since they go on writing the form into the stream.
 */
export function isForm(request: Request | undefined): boolean {
  const type = request?.body == null ? null : request.headers.get("content-type");
  return type?.startsWith("multipart/form-data; boundary=----formdata-undici-") ?? false;
}

/** A Node stream has `destroy`, a web stream `cancel`. */
interface Discardable {
  destroy(): void;
  cancel(reason: unknown): Promise<void>;
}

/** Whether a `Request` has a Node stream as its body, as node-fetch's has: its clone ends only if both are read. */
export function hasForeignBody(request: Request | undefined): boolean {
  return request?.body != null && !("getReader" in request.body);
}

/** The body of a `Request`, for a request to another URL. One that can be read only once is handed on. */
export async function bodyOfInput(input: Request | undefined): Promise<Body | undefined> {
  if (input?.body == null) return undefined;
  return hasForeignBody(input) ? (input.body as Body) : input.clone().arrayBuffer();
}

/** What a signature, or a credential in the body, can know of it. */
export interface KnownBody {
  /** What it is; `UNREADABLE` if reading it would use it up. */
  readonly content: string | Uint8Array | undefined | typeof UNREADABLE;
  /** The content type that fetch sends for it unless a header says another. */
  readonly type?: string | undefined;
}

/** Stands for a body that cannot be read twice, or only by fetch itself. */
export const UNREADABLE: unique symbol = Symbol("unreadable");

/** The body of a request, as far as it can be read before it is sent. */
export async function knownBody(body: Body | undefined, input: Request | undefined): Promise<KnownBody> {
  if (body == null) {
    if (input?.body == null) return { content: undefined };
    return { content: hasForeignBody(input) ? UNREADABLE : new Uint8Array(await input.clone().arrayBuffer()) };
  }
  if (typeof body === "string") return { content: body, type: "text/plain;charset=UTF-8" };
  if (isSearchParams(body)) return { content: String(body), type: FORM };
  const bytes = bytesOf(body);
  if (bytes !== undefined) return { content: bytes };
  const { arrayBuffer, type } = body as Partial<Blob>;
  if (typeof arrayBuffer !== "function") return { content: UNREADABLE };
  return { content: new Uint8Array(await (body as Blob).arrayBuffer()), type: type || undefined };
}

/** The content type that fetch sends for `URLSearchParams`. */
export const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

/** Of whichever realm: tests and sandboxes have their own. */
export function isSearchParams(body: unknown): body is URLSearchParams {
  return Object.prototype.toString.call(body) === "[object URLSearchParams]";
}

/** What a signer is given. Throws a `TypeError` for a body that cannot be read. */
export function contentOf({ content }: KnownBody): string | Uint8Array | undefined {
  if (content !== UNREADABLE) return content;
  throw new TypeError(
    "the credential signs the body or stands in it, and this body can be read only once: give it as text or bytes",
  );
}
