/** A JSON value in a configuration, such as the body of a request: nothing in it may change when it is sent (A8). */

import * as z from "zod/mini";
import type { ConfigFault } from "../values/errors.js";
import { join, redactKey } from "./check.js";
import { type Field, faultAt } from "./fields.js";
import { faultOfScalar, isScalar } from "./scalars.js";

/** The field for one: plain data, also of what says itself what it is in JSON. */
export function jsonValue(): Field<unknown> {
  return z.pipe(
    z.unknown().check((payload) => {
      payload.issues.push(...faultsIn(payload.value).map(({ path, message }) => faultAt([...path], message)));
    }),
    z.transform((given) => {
      const text: string | undefined = JSON.stringify(given);
      return text === undefined ? undefined : JSON.parse(text);
    }),
  );
}

/** What in `value` JSON could not carry as it is, with `path` before each fault's own. */
export function faultsOfJson(value: unknown, path: string): readonly ConfigFault[] {
  return faultsIn(value).map((fault) => ({ path: fault.path.reduce(below, path), message: fault.message }));
}

function below(path: string, step: string | number): string {
  return join(path, typeof step === "number" ? `[${step}]` : redactKey(step));
}

interface JsonFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function faultsIn(value: unknown): readonly JsonFault[] {
  try {
    JSON.stringify(value);
  } catch {
    return [{ path: [], message: "must be a JSON value: it has a BigInt, or holds itself" }];
  }
  return faultsWithin(value, []);
}

function faultsWithin(value: unknown, path: JsonFault["path"]): readonly JsonFault[] {
  const fault = (message: string | undefined): JsonFault[] => (message === undefined ? [] : [{ path, message }]);
  if (value === undefined || value === null) return [];
  if (isScalar(value)) return fault(faultOfScalar(value));
  if (Array.isArray(value)) return value.flatMap((item, index) => faultsWithin(item, [...path, index]));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return faultsWithin(toJSON.call(value), path);
  if (Object.prototype.toString.call(value) !== "[object Object]") return fault("is no JSON value");
  return Object.entries(value).flatMap(([key, item]) => faultsWithin(item, [...path, key]));
}
