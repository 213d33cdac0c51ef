/** The value of a `Cookie` header (RFC 6265 §4.2.1). */

/** `cookies` with the cookie `name` in place of those of that name; the others are left alone. */
export function withCookie(cookies: string, name: string, value: string): string {
  const others = cookies
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && pair.split("=", 1)[0]?.trim() !== name);
  return [...others, `${name}=${value}`].join("; ");
}
