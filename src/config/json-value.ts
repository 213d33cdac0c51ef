/** A JSON value in a configuration, such as the body of a request: nothing in it may change when it is sent (A8). */

import type { ConfigFault } from "../values/errors.js";
import { join, redactKey } from "./check.js";
import { faultOfScalar, isScalar } from "./scalars.js";

/** What in `value` JSON could not carry as it is, with `path` before each fault's own. */
export function faultsOfJson(value: unknown, path: string): readonly ConfigFault[] {
  try {
    JSON.stringify(value);
  } catch {
    return [{ path, message: "must be a JSON value: it has a BigInt, or holds itself" }];
  }
  return faultsWithin(value, path);
}

function faultsWithin(value: unknown, path: string): readonly ConfigFault[] {
  if (value === undefined || value === null) return [];
  if (isScalar(value)) return faultAt(path, faultOfScalar(value));
  if (Array.isArray(value)) return value.flatMap((item, index) => faultsWithin(item, join(path, `[${index}]`)));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return faultsWithin(toJSON.call(value), path);
  if (Object.prototype.toString.call(value) !== "[object Object]") return faultAt(path, "is no JSON value");
  return Object.entries(value).flatMap(([key, item]) => faultsWithin(item, join(path, redactKey(key))));
}

function faultAt(path: string, message: string | undefined): ConfigFault[] {
  return message === undefined ? [] : [{ path, message }];
}
