/**
 * The fields that configurations are made of. `null` for an optional one means absent (G1). Each
 * is built when a schema is, on its provider's first use.
 */

import * as z from "zod/mini";
import { isFieldValue, isToken } from "../values/http-field.js";

type Scalar = string | number | boolean;

const NO_SCALAR = "must be a string, a number or a boolean";

/** A field that may be absent. */
export function optional<T>(field: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.pipe(
    z.nullish(field),
    z.transform((value) => value ?? undefined),
  );
}

/** A field that has a value when it is absent. */
export function withDefault<T>(field: z.ZodMiniType<T>, value: T): z.ZodMiniType<T> {
  return z.pipe(
    z.nullish(field),
    z.transform((given) => given ?? value),
  );
}

/** A non-empty string. */
export function text(): z.ZodMiniType<string> {
  return z.string().check(z.minLength(1, "must not be empty"));
}

/** An absolute http or https URL. */
export function url(): z.ZodMiniType<URL> {
  return z.pipe(
    z.string().check((payload) => {
      const fault = faultOfUrl(payload.value);
      if (fault !== undefined) payload.issues.push({ code: "custom", input: undefined, message: fault });
    }),
    z.transform((given) => new URL(given)),
  );
}

/** A number of seconds above zero. */
export function seconds(most: number = Number.MAX_VALUE): z.ZodMiniType<number> {
  return z
    .number()
    .check(z.positive("must be a number of seconds above zero"), z.lte(most, `must be at most ${most} seconds`));
}

/** A whole number from zero to `most`. */
export function count(most: number): z.ZodMiniType<number> {
  const range = `must be a whole number from 0 to ${most}`;
  return z.number().check(z.multipleOf(1, range), z.gte(0, range), z.lte(most, range));
}

/** The share of a lifetime after which a token is renewed (G3). */
export function expiryRatio(): z.ZodMiniType<number> {
  const range = "must be in (0, 1]: above zero, at most 1";
  return z.number().check(z.positive(range), z.lte(1, range));
}

/** Scopes: a list, or one string with spaces between. `undefined` if there are none (H5). */
export function scopes(): z.ZodMiniType<string | undefined> {
  const scope = z.string("must be a string");
  return z.pipe(
    z.nullish(z.union([scope, z.array(scope)], "must be a list of strings, or one string with spaces between")),
    z.transform((given) => [given ?? []].flat().join(" ").trim().replace(/ +/g, " ") || undefined),
  );
}

/** A string, number or boolean, as text. */
function scalar(): z.ZodMiniType<string> {
  return z.pipe(
    z.union([z.string(), z.number(), z.boolean()], NO_SCALAR),
    z.transform((given: Scalar) => String(given)),
  );
}

/** Form parameters. Empty and `null` ones are left out (H5). */
export function parameters(): z.ZodMiniType<Readonly<Record<string, string>>> {
  return z.pipe(
    z.record(z.string(), optional(scalar())),
    z.transform((given) => withoutEmpty(given)),
  );
}

/** Request headers, by lower-case name. */
export function headers(): z.ZodMiniType<Readonly<Record<string, string>>> {
  return z.pipe(
    z.record(z.string(), z.unknown()).check((payload) => {
      const names = new Set<string>();
      for (const [name, value] of Object.entries(payload.value)) {
        const fault = names.has(name.toLowerCase()) ? "is given twice" : faultOfHeader(name, value);
        if (fault !== undefined) {
          payload.issues.push({ code: "custom", input: undefined, path: [name], message: fault });
        }
        names.add(name.toLowerCase());
      }
    }),
    z.transform((given) =>
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)])),
    ),
  );
}

/** The name of a header. */
export function headerName(): z.ZodMiniType<string> {
  return z.string().check(z.refine(isToken, "is not the name of a header (RFC 9110 §5.1)"));
}

/** `given` without what is absent or empty. */
function withoutEmpty(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present = Object.entries(given).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  return Object.fromEntries(present);
}

/** The client computes these, or refuses them. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function faultOfHeader(name: string, value: unknown): string | undefined {
  if (!isToken(name)) return "is not the name of a header (RFC 9110 §5.1)";
  if (HOP_HEADERS.has(name.toLowerCase())) return "is set by the HTTP client, leave it out";
  if (!["string", "number", "boolean"].includes(typeof value)) return NO_SCALAR;
  if (value === "") return "must not be empty, leave the header out";
  if (!isFieldValue(String(value))) {
    return "has characters that a header cannot carry, or white space at an end (RFC 9110 §5.5)";
  }
  return undefined;
}

function faultOfUrl(given: string): string | undefined {
  if (!URL.canParse(given)) return "must be an absolute URL, such as https://idp.example/token";
  const { protocol, hash } = new URL(given);
  if (protocol !== "https:" && protocol !== "http:") return "must be an https or http URL";
  if (hash !== "") return "must not have a fragment (RFC 6749 §3.2)";
  return undefined;
}
