/** Headers as fetch takes them. A caller's record stays one, and none becomes one: implementations read it fastest. */

import type { SignableRequest } from "../values/credential.js";

export type FetchHeaders = Headers | Record<string, string>;

/** `headers` as they are now: a caller may change its objects while a token is waited for. */
export function copyOfHeaders(headers: RequestInit["headers"] | undefined): FetchHeaders | undefined {
  if (headers === undefined || headers === null) return undefined;
  return Symbol.iterator in headers ? new Headers(headers) : { ...(headers as Record<string, string>) };
}

/** `given` with those that are added in place of those of the same name in any case. */
export function headersWith(given: FetchHeaders | undefined, added: Record<string, string>): FetchHeaders {
  if (given === undefined) return added;
  if (given instanceof Headers) {
    const headers = new Headers(given);
    for (const name in added) headers.set(name, added[name] as string);
    return headers;
  }
  return Object.assign(withoutNames(given, added), added);
}

/** `added` with the content type of the original body: a changed one is text, of which fetch would say that it is plain. */
export function withType(added: Readonly<Record<string, string>>, { header }: SignableRequest): Record<string, string> {
  const type = header("content-type");
  return { ...(type !== null && withoutNames({ "content-type": type }, added)), ...added };
}

/** `headers` without the length of the body, which fetch counts itself. */
export function withoutLength(headers: FetchHeaders): FetchHeaders {
  if (!(headers instanceof Headers)) return withoutNames(headers, { "content-length": "" });
  headers.delete("content-length");
  return headers;
}

/** `record` without the headers that `names` has, in any case. */
export function withoutNames<T>(record: Record<string, T>, names: Record<string, string>): Record<string, T> {
  const left: Record<string, T> = {};
  for (const name of Object.keys(record)) {
    if (!hasName(names, name)) left[name] = record[name] as T;
  }
  return left;
}

function hasName(names: Record<string, string>, wanted: string): boolean {
  for (const name in names) {
    if (name.length === wanted.length && name.toLowerCase() === wanted.toLowerCase()) return true;
  }
  return false;
}
