/** Mappings that become part of a request: form and query parameters, and headers. */

import * as z from "zod/mini";
import { isFieldValue, isToken } from "../values/http-field.js";
import { type Field, faultAt, NO_FIELD_VALUE } from "./fields.js";
import { faultOfNumber, faultOfScalar, isScalar, type Scalar } from "./scalars.js";
import { FIXED_PARAMETERS_SHAPE, shaped } from "./shapes.js";

/** Parameters as they are sent: name and value, a repeated one once for each of its values. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** Form or query parameters: scalars, and lists of them. Empty and `null` ones are left out (H5). */
export function parameters(): Field<Parameters> {
  return z.pipe(
    shaped(z.record(z.string(), z.unknown()), FIXED_PARAMETERS_SHAPE).check((payload) => {
      for (const [name, value] of Object.entries(payload.value)) {
        const items = Array.isArray(value) ? value.map((item, index) => [[name, index], item]) : [[[name], value]];
        for (const [path, item] of items as [PropertyKey[], unknown][]) {
          const fault = faultOfParameter(item);
          if (fault !== undefined) payload.issues.push(faultAt(path, fault));
        }
      }
    }),
    z.transform((given) => Object.entries(given).flatMap(([name, value]) => repeated(name, value))),
  );
}

function faultOfParameter(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return isScalar(value) ? faultOfScalar(value) : NO_PARAMETER;
}

const NO_PARAMETER = "must be a string, a number, a boolean, or a list of these";

function repeated(name: string, value: unknown): [string, string][] {
  return [value]
    .flat()
    .filter((item) => item !== undefined && item !== null && item !== "")
    .map((item) => [name, String(item)]);
}

/** Request headers, by lower-case name. */
export function headers(): Field<Readonly<Record<string, string>>> {
  return z.pipe(
    headersAsSpelt(),
    z.transform((given) =>
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
    ),
  );
}

/** Request headers, by their names as they are spelt; `asSent` makes of a value what is judged of it. */
export function headersAsSpelt(asSent: (value: string) => string = String): Field<Readonly<Record<string, string>>> {
  return z.pipe(
    z.record(z.string(), z.unknown()).check((payload) => {
      const names = new Set<string>();
      for (const [name, value] of Object.entries(payload.value)) {
        const fault = names.has(name.toLowerCase()) ? "is given twice" : faultOfHeader(name, value, asSent);
        if (fault !== undefined) payload.issues.push(faultAt([name], fault));
        names.add(name.toLowerCase());
      }
    }),
    z.transform((given) =>
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value as Scalar)])),
    ),
  );
}

function faultOfHeader(name: string, value: unknown, asSent: (value: string) => string): string | undefined {
  const ofName = faultOfHeaderName(name);
  if (ofName !== undefined) return ofName;
  if (!isScalar(value)) return "must be a string, a number or a boolean";
  if (value === "") return "must not be empty, leave the header out";
  return faultOfNumber(value) ?? (isFieldValue(asSent(String(value))) ? undefined : NO_FIELD_VALUE);
}

/** What is wrong with the name of a header that a request would be given. */
export function faultOfHeaderName(name: string): string | undefined {
  if (!isToken(name)) return "is not the name of a header (RFC 9110 §5.1)";
  return HOP_HEADERS.has(name.toLowerCase()) ? "is set by the HTTP client, leave it out" : undefined;
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
