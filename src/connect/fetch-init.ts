/** What `fetch` is told beside URL, headers and body. */

import { isLiteral } from "../values/plain-record.js";

/** Of whichever fetch implementation: there are several in one process. */
export function isRequest(input: unknown): input is Request {
  return typeof input === "object" && Object.prototype.toString.call(input) === "[object Request]";
}

/** All of `init`, as fetch reads it: the members of a class instance may stand in its prototype. */
export function copyOfInit(init: RequestInit): RequestInit {
  // A property that is added to a copy makes each later read of it slow.
  const copy = { headers: undefined as never, ...init };
  return isLiteral(init) ? copy : Object.assign(copy, membersOf(init));
}

function membersOf(init: RequestInit): RequestInit {
  const given = init as Readonly<Record<string, unknown>>;
  return Object.fromEntries(MEMBERS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

/** Those of the standard, and `dispatcher` of undici's fetch and of Node's. */
const MEMBERS = [
  "body",
  "cache",
  "credentials",
  "dispatcher",
  "duplex",
  "headers",
  "integrity",
  "keepalive",
  "method",
  "mode",
  "priority",
  "redirect",
  "referrer",
  "referrerPolicy",
  "signal",
  "window",
];

/** What a `Request` says beside its URL, headers and body. */
export function settingsOf(request: Request | undefined): RequestInit {
  if (request === undefined) return {};
  const { method, cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy, signal } =
    request;
  return {
    method,
    cache,
    credentials,
    integrity,
    keepalive,
    mode,
    redirect,
    referrer,
    referrerPolicy,
    signal,
  } as RequestInit;
}

/** In undici 6, Node 20 and Node 22 a clone loses the request's own dispatcher. Later releases let nobody see it. */
export function keepDispatcher(init: { dispatcher?: unknown }, request: Request): void {
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === "dispatcher");
  const dispatcher = symbol && (request as unknown as Record<symbol, unknown>)[symbol];
  if (dispatcher !== undefined) init.dispatcher ??= dispatcher;
}
