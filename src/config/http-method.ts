/** The HTTP method of a request that is configured. */

import * as z from "zod/mini";
import { isToken } from "../values/http-field.js";
import { isGiven, type Relation } from "./check.js";
import type { Field } from "./fields.js";

/** The field for an HTTP method, in capital letters. */
export function methodField(): Field<string> {
  return z.pipe(
    z
      .string()
      .check(z.refine(isToken, "is not an HTTP method"), z.refine(isNoTunnel, "must be a method that has an answer")),
    z.transform((given) => given.toUpperCase()),
  );
}

function isNoTunnel(given: string): boolean {
  return !["CONNECT", "TRACE"].includes(given.toUpperCase());
}

/** HEAD has no body, which each of `keys` would be. */
export function fitsHead(...keys: readonly string[]): Relation {
  return (config) => {
    const { method } = config;
    if (typeof method !== "string" || method.toUpperCase() !== "HEAD") return [];
    const given = keys.filter((key) => isGiven(config[key]));
    return given.map((key) => ({ path: key, message: "cannot be sent with HEAD" }));
  };
}
