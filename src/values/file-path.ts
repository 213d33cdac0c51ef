/** Paths as configurations have them: `~` is the home directory, and a relative one starts at a folder that somebody names. */

import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";

/** What is wrong with the path of a `kind`. */
export function faultOfFilePath(path: unknown, kind: "file" | "folder"): string | undefined {
  if (typeof path !== "string" || path === "") return `must be the path of a ${kind}`;
  if (path.includes("\0")) return `must be the path of a ${kind}, without a NUL character`;
  if (!path.startsWith("~")) return undefined;
  if (!isHome(path))
    return `names the home of another user, which is not known here; for a ${kind} of that name, put ./ before it`;
  return home() === undefined
    ? "begins at the home directory, and there is none: HOME is not set to a path"
    : undefined;
}

/** `path`, from which `faultOfFilePath` has no fault, as an absolute one. A relative one starts at `base`, by default the working directory. */
export function absolutePath(path: string, base?: string): string {
  return isHome(path) ? resolve(home() ?? "", `.${path.slice(1)}`) : resolve(base ?? "", path);
}

function isHome(path: string): boolean {
  return path === "~" || path.startsWith("~/") || (process.platform === "win32" && path.startsWith("~\\"));
}

/** The home directory of this user; containers may run a user that has none. */
function home(): string | undefined {
  try {
    const path = homedir();
    return isAbsolute(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
