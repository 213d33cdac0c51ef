/** What of a request to an IdP is an address, and what is secret. */

import querystring from "node:querystring";

/** A URL for messages: without userinfo, query and fragment (S1). */
export function displayUrl(url: URL): string {
  return url.origin + url.pathname;
}

/** A URL as a server knows its own: whole, but for the userinfo. */
export function withoutUserinfo(url: URL): string {
  const known = new URL(url);
  known.username = "";
  known.password = "";
  return known.href;
}

/** The Basic credentials of `https://user:password@host`, as an `Authorization` value. */
export function userinfoAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  return `Basic ${Buffer.from(`${querystring.unescape(url.username)}:${querystring.unescape(url.password)}`).toString("base64")}`;
}

/** The secrets of a request that are not configured for its body: what URL and headers carry, and what was made for it. */
export function secretsOfRequest({ url, headers, secrets = [] }: SecretBearing): string[] {
  const queryValues = [...url.searchParams.values()].filter((value) => value.length >= SHORTEST_KEY);
  const configured = Object.entries(headers).filter(([name]) => !NEGOTIATION.has(name));
  const values = [...configured.map(([, value]) => value), userinfoAuthorization(url) ?? ""];
  return [...queryValues, ...values.flatMap(secretsOfHeader), ...secrets];
}

/** Every text and number in a body that is JSON, or will be a form; keys are names. */
export function secretsOfBody(body: unknown): string[] {
  if (typeof body === "string") return [body];
  if (typeof body === "number") return [String(body)];
  return typeof body === "object" && body !== null ? Object.values(body).flatMap(secretsOfBody) : [];
}

interface SecretBearing {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[] | undefined;
}

/** Headers that describe the messages, not their sender. */
const NEGOTIATION: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-type",
  "user-agent",
]);

/** Shorter values in a query are versions, flags and the like. */
const SHORTEST_KEY = 4;

/** A header value and its parts: `Bearer x` may be echoed as `x`, `Basic …` decoded. */
function secretsOfHeader(value: string): string[] {
  const [scheme, credentials] = value.split(/\s+(.*)/s);
  if (credentials === undefined) return [value];
  if (scheme?.toLowerCase() !== "basic") return [value, credentials];
  const userPass = Buffer.from(credentials, "base64").toString();
  const colon = userPass.indexOf(":");
  // An API key as user name has no password beside it.
  return [value, credentials, userPass, userPass.slice(colon + 1) || userPass.slice(0, Math.max(colon, 0))];
}

/** Whether `given` is an origin and nothing more. */
export function isOrigin(given: unknown): boolean {
  if (typeof given !== "string" || !URL.canParse(given)) return false;
  const { origin, href } = new URL(given);
  return origin !== "null" && href === `${origin}/`;
}
