/** Checks the options of functions and classes as a configuration is checked: a misspelt one is a fault (G5). */

import type { ConfigFault } from "../values/errors.js";
import { join, redactKey, suggest } from "./check.js";

/**
 * What is wrong with the shape of `options`, with `path` before each fault's own: it is no object, or has
 * keys that are not known. Options that were left out have no fault.
 */
export function faultsOfOptions(path: string, options: unknown, known: readonly string[]): readonly ConfigFault[] {
  if (options === undefined) return [];
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return [{ path, message: `must be an object; its keys may be ${known.join(", ")}` }];
  }
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: join(path, redactKey(key)), message: `unknown option; ${suggest(redactKey(key), known)}` }));
}
