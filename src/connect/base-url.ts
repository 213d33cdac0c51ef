/** Relative URLs below the address of an API (P2). */

/** A base URL counts as ending in a slash: a path that begins with one starts at its origin, any other below it. */
export function below(base: string, relative: string): string {
  const folder = new URL(base);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  [folder.search, folder.hash] = ["", ""];
  return new URL(relative, folder).href;
}
