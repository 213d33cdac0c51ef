/** Following redirects hop by hop, so that each is known for what it is (W5). */

import type { FetchRequest } from "./fetch-request.js";

const MOST_REDIRECTS = 20;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Sends one hop. `meant` is false once a redirect has left the origin that the caller named. */
export type SendHop = (hop: FetchRequest, meant: boolean) => Promise<Response>;

/** Sends `request`, and follows where its answers lead if the caller's redirect mode is `follow`. */
export async function follow(request: FetchRequest, send: SendHop): Promise<Response> {
  let hop = request;
  let meant = true;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(hop, meant);
    const target = hop.redirect === "follow" ? targetOf(response, hop.url) : undefined;
    if (target === undefined) return redirects === 0 ? response : asRedirected(response);
    await discard(response);
    if (redirects === MOST_REDIRECTS) throw new TypeError("fetch failed: redirected too often");
    meant &&= target.origin === hop.url.origin;
    hop = await hop.redirected(response.status, target);
  }
}

/** Lets go of an answer that nobody will read: its socket is free for another request (W4). */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

function targetOf(response: Response, from: URL): URL | undefined {
  const location = response.headers.get("location");
  if (!REDIRECTS.has(response.status) || location === null) return undefined;
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
  return target;
}

/** As fetch itself would tell it, had it followed. */
function asRedirected(response: Response): Response {
  return Object.defineProperty(response, "redirected", { value: true });
}
