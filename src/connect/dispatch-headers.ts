/** Headers as undici takes and gives them. */

import type { DispatchOptions, HeaderRecord } from "./dispatch.js";
import { withoutNames } from "./fetch-headers.js";

/** A record or a flat list: interceptors that are composed below read a caller's record as one. */
export type RequestHeaders = Record<string, unknown> | unknown[];

/** Dispatch options of our own, whose headers may be set. */
export type OwnOptions = Omit<DispatchOptions, "headers"> & { headers: unknown };

/** A copy of `options`. `headers` comes first because a property that is added to a copy makes each later read of it slow. */
export function copyOfOptions(options: Omit<DispatchOptions, "headers">): OwnOptions {
  return { headers: undefined, ...options };
}

/** `headers` as they are now: a caller may change its objects while a token is waited for. */
export function copyOfHeaders(headers: unknown): RequestHeaders {
  if (typeof headers !== "object" || headers === null) return {};
  if (Array.isArray(headers)) return [...headers];
  if (!(Symbol.iterator in headers)) return { ...headers };
  const record: Record<string, unknown> = {};
  for (const [name, value] of headers as Iterable<[string, unknown]>) {
    record[name] = name in record ? [record[name], value].flat() : value;
  }
  return record;
}

/** `headers` with those that are added in place of those of the same name in any case; the others are left alone. */
export function withHeaders(headers: RequestHeaders, added: Record<string, string>): RequestHeaders {
  if (Array.isArray(headers)) return [...pairsWithout(headers, added), ...Object.entries(added).flat()];
  return Object.assign(withoutNames(headers, added), added);
}

/** `headers` without the length of the body, which undici counts itself. */
export function contentLengthRemoved(headers: RequestHeaders): RequestHeaders {
  const removed = { "content-length": "" };
  return Array.isArray(headers) ? pairsWithout(headers, removed) : withoutNames(headers, removed);
}

/** The value of the header `name` in any case; `null` if there is none. */
export function headerOf(headers: RequestHeaders, name: string): string | null {
  const entries = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers);
  const found = entries.find(([each]) => each.toLowerCase() === name.toLowerCase());
  return found === undefined ? null : [textOf(found[1])].flat().join(", ");
}

/** The number of bytes that a request's headers promise; `NaN` if they do not. */
export function contentLength(headers: RequestHeaders): number {
  return Number(headerOf(headers, "content-length") ?? Number.NaN);
}

/** Reads the headers of an answer by name: a record, or a flat list of bytes. */
export class AnswerHeaders {
  readonly #headers: HeaderRecord | readonly Uint8Array[];

  constructor(headers: HeaderRecord | readonly Uint8Array[]) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase();
    const headers = this.#headers;
    const entries = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers);
    const values = entries.filter(([each, value]) => each.toLowerCase() === wanted && value !== undefined);
    return values.length === 0 ? null : values.flatMap(([, value]) => textOf(value)).join(", ");
  }
}

function textOf(value: unknown): string | string[] {
  if (Array.isArray(value)) return value.flatMap(textOf);
  return ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString("latin1") : String(value);
}

function pairsOf(list: readonly unknown[]): [string, unknown][] {
  return list.flatMap((name, index) => (index % 2 === 0 ? [[textOf(name) as string, list[index + 1]]] : []));
}

function pairsWithout(list: readonly unknown[], names: Record<string, string>): unknown[] {
  const removed = Object.keys(names).map((name) => name.toLowerCase());
  return pairsOf(list)
    .filter(([name]) => !removed.includes(name.toLowerCase()))
    .flat();
}
