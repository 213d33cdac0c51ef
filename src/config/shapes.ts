/**
 * What a field takes where its schema does not say so, since the field looks at the value itself: as JSON Schema, of which
 * `faucet-auth/schema.json` is made for editors (G6).
 */

import * as z from "zod/mini";

/** A JSON Schema. */
export type Shape = Readonly<Record<string, unknown>>;

/** The shapes of such fields. Nothing reads them while a program runs. */
export const SHAPES = z.registry<Shape>();

/** `field`, which takes what `shape` says. */
export function shaped<F extends z.ZodMiniType>(field: F, shape: Shape): F {
  SHAPES.add(field, shape);
  return field;
}

const FILE: Shape = { $ref: "#/$defs/live_file" };

/** A text, or the file that it is in. */
export const LIVE_TEXT_SHAPE: Shape = { anyOf: [{ type: "string" }, FILE] };

/** Another provider. */
export const REFERENCE_SHAPE: Shape = { $ref: "#/$defs/entry_reference" };

/** A text, the file that it is in, or the token of another provider. */
export const TOKEN_SHAPE: Shape = { anyOf: [{ type: "string" }, FILE, REFERENCE_SHAPE] };

/** A text, the file that it is in, or the document that the text is, which has these members. */
export function documentShape(...members: readonly string[]): Shape {
  return { anyOf: [{ type: "string" }, FILE, { type: "object", required: members }] };
}

/** The values of headers, or of parameters that are sent once. */
export const HEADERS_SHAPE: Shape = { type: "object", additionalProperties: LIVE_TEXT_SHAPE };

/** Parameters: a list is sent once for each of its items. */
export const FIXED_PARAMETERS_SHAPE: Shape = parametersOf({ type: "string" }, { type: "null" });

/** The same, each of them a text or the file that it is in. */
export const PARAMETERS_SHAPE: Shape = parametersOf({ type: "string" }, { type: "null" }, FILE);

function parametersOf(...forms: readonly Shape[]): Shape {
  const one: Shape = { anyOf: forms };
  return { type: "object", additionalProperties: { anyOf: [...forms, { type: "array", items: one }] } };
}

/** An absolute URL, once it is interpolated. */
export const URL_SHAPE: Shape = { pattern: "^\\s*[Hh][Tt][Tt][Pp][Ss]?:|\\$\\{" };
