/** Redirects as the Fetch standard has them (HTTP-redirect fetch). */

/** Where a redirect leads. */
export interface Location {
  /** As it is given to fetch: relative if the request's was, and the redirect stays there. */
  readonly href: string;
  /** Its origin; `undefined` where a fetch that takes relative URLs knows it, and nobody else. */
  readonly origin: string | undefined;
  readonly leavesOrigin: boolean;
}

/** Where the answer to a request for `href` leads; `undefined` if it is no redirect. Throws `TypeError` where fetch would. */
export function locationOf(response: Response, href: string): Location | undefined {
  if (!REDIRECTS.has(response.status)) return undefined;
  const location = response.headers.get("location");
  if (location === null) return undefined;
  const from = new URL(href, NOWHERE);
  // Header values come as Latin-1; servers mean UTF-8.
  const text = Buffer.from(location, "latin1").toString();
  if (!URL.canParse(text, from.href)) throw new TypeError("fetch failed: redirected to what is no URL");
  const target = new URL(text, from);
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new TypeError("fetch failed: redirected to what is no HTTP URL");
  }
  if (target.username !== "" || target.password !== "") {
    throw new TypeError("fetch failed: redirected to a URL with a user name or password");
  }
  if (target.hash === "") target.hash = from.hash;
  const isRelative = target.origin === NOWHERE;
  return {
    href: isRelative ? relativeOf(target) : target.href,
    origin: isRelative ? undefined : target.origin,
    leavesOrigin: target.origin !== from.origin,
  };
}

/** `target` without its origin. A path that begins with two slashes would be taken for a host, unless a dot is before it. */
function relativeOf({ pathname, search, hash }: URL): string {
  return (pathname.startsWith("//") ? "/." : "") + pathname + search + hash;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Stands in for the origin of a relative URL; no such name can exist (RFC 6761 §6.4). */
const NOWHERE = "http://relative.invalid";

/** Whether a redirect of this status turns a request of this method into a GET without a body. */
export function becomesGet(status: number, method: string): boolean {
  // Fetch standard, "normalize a method": these may be given in any case.
  const upper = method.toUpperCase();
  if (status === 303) return upper !== "GET" && upper !== "HEAD";
  return (status === 301 || status === 302) && upper === "POST";
}

/** `headers` without what the standard keeps from another origin. */
export function withoutPrivateHeaders(headers: Headers): Headers {
  for (const name of ["authorization", "cookie", "host", "proxy-authorization"]) headers.delete(name);
  return headers;
}

/** `headers` without those that describe a body. */
export function withoutBodyHeaders(headers: Headers): Headers {
  for (const name of ["encoding", "language", "length", "location", "type"]) headers.delete(`content-${name}`);
  return headers;
}

/** `response` as fetch itself would give it, had it followed. */
export function asRedirected(response: Response): Response {
  return Object.defineProperty(response, "redirected", { value: true });
}
