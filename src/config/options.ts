/** Checks the options of functions and classes as a configuration is checked: a misspelt one is a fault (G5). */

import type { ConfigFault } from "../values/errors.js";
import { faultOfRecord } from "../values/plain-record.js";
import { join, redactKey, suggest } from "./check.js";

/**
 * What is wrong with the shape of `options`, with `path` before each fault's own: it is no object, or has
 * keys that are not known. Options that were left out have no fault.
 */
export function faultsOfOptions(path: string, options: unknown, known: readonly string[]): readonly ConfigFault[] {
  if (options === undefined) return [];
  const fault = faultOfRecord(options, `must be an object; its keys may be ${known.join(", ")}`);
  if (fault !== undefined) return [{ path, message: fault }];
  return Object.keys(options as object)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: join(path, redactKey(key)), message: `unknown option; ${suggest(redactKey(key), known)}` }));
}
