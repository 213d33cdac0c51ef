/** Parameters and headers of a request whose values may be live (V1). */

import { type Field, NO_FIELD_VALUE, withDefault } from "../config/fields.js";
import { headers, type Parameters, parameters } from "../config/parameters.js";
import { HEADERS_SHAPE, PARAMETERS_SHAPE, shaped } from "../config/shapes.js";
import { isFieldValue } from "../values/http-field.js";
import { fixedData, type LiveData, liveData } from "./live-data.js";
import type { LiveText } from "./live-text.js";

/** What a parameter may be: a list sends it once for each item. */
export type ParameterConfig = ScalarConfig | readonly (ScalarConfig | null)[] | null;

/** What the value of a header may be, or of a parameter that is sent once. */
export type ScalarConfig = LiveText | number | boolean;

/** Form or query parameters; without them, none. An assertion may be among them. */
export function liveParameters(key: string): Field<LiveData<Parameters>> {
  return withDefault(shaped(liveData(key, parameters(), { role: "grant" }), PARAMETERS_SHAPE), fixedData([]));
}

/** Request headers, by lower-case name; without them, none. */
export function liveHeaders(key: string): Field<LiveData<Headers>> {
  return withDefault(requiredHeaders(key), fixedData({}));
}

/** The same where they must be given. */
export function requiredHeaders(key: string): Field<LiveData<Headers>> {
  const faultOf = (text: string): string | undefined => (isFieldValue(text) ? undefined : NO_FIELD_VALUE);
  return shaped(liveData(key, headers(), { role: "client", faultOf }), HEADERS_SHAPE);
}

type Headers = Readonly<Record<string, string>>;
