/** The file that a pipeline document is read from: a path, or a `file:` URL, as `import.meta.url` gives them. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { decoded } from "../live/text-file.js";
import { ConfigError } from "../values/errors.js";

/** The path of the file. Throws a `ConfigError` about `subject` if `given` is none. */
export function pathOfDocument(subject: string, given: unknown): string {
  const path = typeof given === "string" ? given : pathOfUrl(given);
  if (path !== undefined && path !== "") return path;
  throw new ConfigError(subject, [
    { path: "", message: "the document must be given as the path of a file, or its file: URL" },
  ]);
}

/** A URL may be of another realm: its address tells what it is. */
function pathOfUrl(given: unknown): string | undefined {
  const { href } = Object(given) as { readonly href?: unknown };
  if (typeof href !== "string" || !href.startsWith("file:")) return undefined;
  try {
    return fileURLToPath(href);
  } catch {
    return undefined;
  }
}

/** The text of the file at `path`. Rejects with a `ConfigError` about `subject`. */
export async function textOfDocument(subject: string, path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(subject, [{ path: "", message: `${path} cannot be read (${error.code ?? error.name})` }]);
  });
  try {
    return decoded(bytes);
  } catch (error) {
    throw new ConfigError(path, [{ path: "", message: `the file ${(error as Error).message}` }]);
  }
}
