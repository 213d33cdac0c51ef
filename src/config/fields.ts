/**
 * The fields that configurations are made of. `null` for an optional one means absent (G1). Each
 * is built when a schema is, on its provider's first use.
 */

import * as z from "zod/mini";
import { isToken } from "../values/http-field.js";
import { faultOfNumber, faultOfWord } from "./scalars.js";
import { shaped, URL_SHAPE } from "./shapes.js";

/** What one key must be, and its normal form `T`. */
export type Field<T> = z.ZodMiniType<T>;

/** The normal form of a configuration with the fields of `F`. */
export type Settings<F extends () => z.core.$ZodShape> = Readonly<z.output<z.ZodMiniObject<ReturnType<F>>>>;

/** A field that may be absent. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return z.pipe(
    z.nullish(field),
    z.transform((value) => value ?? undefined),
  );
}

/** A field that has a value when it is absent. */
export function withDefault<T>(field: Field<T>, value: T): Field<T> {
  return z.pipe(
    z.nullish(field),
    z.transform((given) => given ?? value),
  );
}

/** One value, or a list of at least one. */
export function oneOrMore<T>(field: Field<T>): Field<readonly T[]> {
  const list = z.array(field).check(z.minLength(1, "must not be empty"));
  return z.union([
    z.pipe(
      field,
      z.transform((one): readonly T[] => [one]),
    ),
    list,
  ]);
}

/** A string that is not empty, on one line. A number is the text of its digits. */
export function text(): Field<string> {
  return anyText(z.minLength(1, "must not be empty"), because(faultOfWord));
}

/** Any string, or a number as the text of its digits. */
export function anyText(...checks: z.core.$ZodCheck<string>[]): Field<string> {
  const digits = z.transform((given: unknown, context) => {
    const fault = faultOfNumber(given);
    if (fault !== undefined) context.issues.push(faultAt([], fault));
    return typeof given === "number" ? String(given) : given;
  });
  return z.pipe(digits, z.string().check(...checks));
}

/** An absolute http or https URL. */
export function url(): Field<URL> {
  return z.pipe(
    shaped(z.string().check(because(faultOfUrl)), URL_SHAPE),
    z.transform((given) => new URL(given)),
  );
}

/** A finite number, also one that is given as text, as a reference to a variable gives it. */
function number(...checks: z.core.$ZodCheck<number>[]): Field<number> {
  const fromText = z.transform((given: unknown) => {
    return typeof given === "string" && DECIMAL.test(given.trim()) ? Number(given) : given;
  });
  return z.pipe(fromText, z.number().check(...checks));
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** `true` or `false`, also given as text. */
export function flag(): Field<boolean> {
  const fromText = z.transform((given: unknown) => {
    const word = typeof given === "string" ? given.trim() : given;
    return word === "true" || word === "false" ? word === "true" : given;
  });
  return z.pipe(fromText, z.boolean());
}

/** A number of seconds above zero. */
export function seconds(most: number = Number.MAX_VALUE): Field<number> {
  return number(z.positive("must be a number of seconds above zero"), z.lte(most, `must be at most ${most} seconds`));
}

/** A whole number from zero to `most`. */
export function count(most: number): Field<number> {
  const range = `must be a whole number from 0 to ${most}`;
  return number(z.multipleOf(1, range), z.gte(0, range), z.lte(most, range));
}

/** The share of a lifetime after which a token is renewed (G3). */
export function expiryRatio(): Field<number> {
  const range = "must be in (0, 1]: above zero, at most 1";
  return number(z.positive(range), z.lte(1, range));
}

/** HTTP statuses and error codes for which an API means "try again" (F2). */
export function retryOnField(): Field<readonly (number | string)[]> {
  const status = number(z.multipleOf(1, NO_STATUS), z.gte(300, NO_STATUS), z.lte(599, NO_STATUS));
  const code = z.string().check(z.minLength(1, "must not be empty"), because(faultOfWord));
  const numericCode = z.pipe(number(z.multipleOf(1), z.gte(1000), z.lte(Number.MAX_SAFE_INTEGER)), z.transform(String));
  const entry = z.pipe(
    z.union([status, code, numericCode], {
      error: (issue) => (typeof issue.input === "number" ? NO_STATUS : NO_ENTRY),
    }),
    z.transform((given: number | string) => given),
  );
  return withDefault(z.array(entry), []);
}

const NO_STATUS = "must be an HTTP status from 300 to 599, or an error code from 1000 on";
const NO_ENTRY = "must be an HTTP status, or an error code as the API spells it";

/** Scopes: a list, or one string with spaces between. `undefined` if there are none (H5). */
export function scopes(): Field<string | undefined> {
  const scope = z.string("must be a string");
  return z.pipe(
    z.nullish(z.union([scope, z.array(scope)], "must be a list of strings, or one string with spaces between")),
    z.transform((given) => spaced([given ?? []].flat())),
  );
}

/** Scopes as one string with spaces between. `undefined` if there are none (H5). */
export function scope(): Field<string | undefined> {
  return z.pipe(
    z.nullish(z.string("must be one string with spaces between; a list is called scopes")),
    z.transform((given) => spaced([given ?? ""])),
  );
}

function spaced(scopes: readonly string[]): string | undefined {
  return scopes.join(" ").trim().replace(/\s+/g, " ") || undefined;
}

/** The name of a header. */
export function headerName(): Field<string> {
  return z.string().check(z.refine(isToken, "is not the name of a header (RFC 9110 §5.1)"));
}

/** What is wrong with a text that no header can have as its value. */
export const NO_FIELD_VALUE = "has characters that a header cannot carry, or white space at an end (RFC 9110 §5.5)";

/** A check by a function that says what is wrong with a value. */
export function because<T>(faultOf: (value: T) => string | undefined): z.core.$ZodCheck<T> {
  return z.check<T>((payload) => {
    const fault = faultOf(payload.value);
    if (fault !== undefined) payload.issues.push(faultAt([], fault));
  });
}

/** A fault as zod has it. It does not repeat the value. */
export function faultAt(path: PropertyKey[], message: string): z.core.$ZodRawIssue {
  return { code: "custom", input: undefined, path, message };
}

/** What is wrong with the text of such a URL. */
export function faultOfUrl(given: string): string | undefined {
  if (/\p{Cc}/u.test(given)) return "has line breaks or control characters";
  if (!URL.canParse(given)) return "must be an absolute URL, such as https://idp.example/token";
  const { protocol, hash } = new URL(given);
  if (protocol !== "https:" && protocol !== "http:") return "must be an https or http URL";
  if (hash !== "") return "must not have a fragment (RFC 6749 §3.2)";
  return undefined;
}
