/** Relative URLs below the address of an API (P2). */

/**
 * A base URL counts as ending in a slash: a path that begins with a slash or a backslash starts at its origin, any other
 * below it. Throws a `TypeError` for what leads to another origin, where the base's credential has no business (W5).
 */
export function below(base: string, relative: string): string {
  const folder = new URL(base);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  [folder.search, folder.hash] = ["", ""];
  // As a relative URL, a path that begins with two of them would begin with a host.
  const url = /^[/\\]/.test(relative) ? new URL(folder.origin + relative) : new URL(relative, folder);
  if (url.origin === folder.origin) return url.href;
  throw new TypeError("a relative URL must stay at the origin of the credential's base URL, and this one leaves it");
}
