/**
 * The field for a text that is read once, when its provider is made: what comes in its place later stands in a record (D5),
 * or the record is read with it.
 */

import * as z from "zod/mini";
import { type Field, faultAt } from "../config/fields.js";
import { type LiveFile, type LiveTextOptions, liveText } from "./live-text.js";

/** A text as it is, or the file that it is in, which is read once, when the provider is made. */
export type SeedText = string | LiveFile;

/** The text itself, wherever it stands. A function gives it too late to tell which record is meant. */
export function seedText(key: string, options: Pick<LiveTextOptions, "faultOf"> = {}): Field<string> {
  return z.pipe(
    liveText(key, { role: "grant", ...options }),
    z.transform((value, context) => {
      if (value.source !== "function") return value.text;
      context.issues.push(
        faultAt([], "must be a text or { file: PATH }, not a function: it is read once, before it is used"),
      );
      return "";
    }),
  );
}
