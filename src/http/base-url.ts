/** The address of an API as an answer tells it: a credential goes there, so it must not be anywhere (P2). */

import * as z from "zod/mini";
import { type Field, optional } from "../config/fields.js";
import { isLoopback } from "./plain-http.js";
import { isOrigin } from "./url.js";

/** The field for `allowed_origins`. */
export function allowedOriginsField(): Field<string[] | undefined> {
  return optional(z.array(origin()).check(z.minLength(1, "must not be empty")));
}

/** A slash at its end is no part of it. */
function origin(): Field<string> {
  return z.pipe(
    z.string().check(z.refine(isOrigin, "must be an origin, such as https://api.example")),
    z.transform((given) => new URL(given).origin),
  );
}

/** Why no credential may go to `address`; `undefined` if one may. */
export function faultOfBaseUrl(address: string, allowed: readonly string[] | undefined): string | undefined {
  if (!URL.canParse(address)) return "is no absolute URL";
  const url = new URL(address);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url))) return "is not https";
  if (url.username !== "" || url.password !== "") return "has a user name or a password";
  if (allowed === undefined || allowed.includes(url.origin)) return undefined;
  return `is of ${url.origin}, which allowed_origins does not list`;
}
