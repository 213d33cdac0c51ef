/** One form for what says the same: the order of its parts tells no account from another (D8). */

import { isData } from "../live/document-folder.js";

/** `data` with the keys of each mapping in it sorted. Lists stay as they are: their order says something. */
export function canonical<T>(data: T): T {
  return sorted(data) as T;
}

function sorted(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(sorted);
  // One that says itself what it is in JSON has no parts of its own.
  if (!isData(data) || typeof (data as { toJSON?: unknown }).toJSON === "function") return data;
  const entries = Object.entries(data).sort(([a], [b]) => inOrder(a, b));
  return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]));
}

/** The address with the parameters of its query sorted by name. Those of one name keep their order. */
export function canonicalAddress(url: URL): string {
  const address = new URL(url);
  address.search = url.search.slice(1).split("&").sort(byName).join("&");
  return address.href;
}

function byName(a: string, b: string): number {
  return inOrder(a.split("=", 1)[0] ?? "", b.split("=", 1)[0] ?? "");
}

/** The same on every host, whatever its language. */
function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
