/** The field for a text that may change while its provider lives (V1). */

import * as z from "zod/mini";
import { redactKey, suggest, typeName } from "../config/check.js";
import { type Field, faultAt } from "../config/fields.js";
import { faultOfNumber, faultOfWord } from "../config/scalars.js";
import { LIVE_TEXT_SHAPE, shaped } from "../config/shapes.js";
import { absolutePath, faultOfFilePath } from "../values/file-path.js";
import { folderOf, isData } from "./document-folder.js";
import {
  FileValue,
  FunctionValue,
  faultOfFile,
  fixedValue,
  isLiveValue,
  type LiveFunction,
  type LiveRole,
  type LiveRules,
  type LiveValue,
} from "./live-value.js";
import { decoded } from "./text-file.js";

/**
 * A text that may change while the provider lives: as it is, in a file, or in code what a function gives. A file and
 * a function are read at each token request. White space at the end is no part of what they hold, and they hold 1 MiB at most.
 */
export type LiveText = string | LiveFile | LiveFunction;

/** A file with nothing in it but the text, in UTF-8. */
export type LiveFile = {
  /**
   * Its path. A relative one starts at the folder of the document that it stands in, in code at the working directory; `~` is
   * the home directory.
   */
  readonly file: string;
};

/** How a field differs from one for a secret on one line that shows who the client is. */
export interface LiveTextOptions {
  /** By default `client`. */
  readonly role?: LiveRole;
  /** Whether it may be empty where it is text: an empty file is one that is not written yet. */
  readonly mayBeEmpty?: boolean;
  /** What else is wrong with a text, without repeating it. */
  readonly faultOf?: (text: string) => string | undefined;
  /** The same of one that stands in the configuration itself, if others look at it too. */
  readonly faultOfText?: (text: string) => string | undefined;
  /** The text that the bytes of a file are: by default, that of UTF-8. */
  readonly textOf?: (bytes: Uint8Array) => string;
}

/** A text, `{ file: PATH }`, or a function. A file is read here: what is wrong with it is a fault of the configuration (V3). */
export function liveText(key: string, options: LiveTextOptions = {}): Field<LiveValue> {
  const {
    role = "client",
    mayBeEmpty = false,
    faultOf = faultOfWord,
    faultOfText = faultOf,
    textOf = decoded,
  } = options;
  const rules: LiveRules = { key, role, textOf, faultOf: (text) => (text === "" ? "is empty" : faultOf(text)) };
  return z.pipe(
    shaped(z.unknown(), LIVE_TEXT_SHAPE),
    z.transform((given, context): LiveValue => {
      const fault = (message: string, ...path: PropertyKey[]): LiveValue => {
        context.issues.push(faultAt(path, message));
        return fixedValue("", role);
      };
      if (isLiveValue(given)) return given;
      if (typeof given === "function") return new FunctionValue(given as LiveFunction, rules);
      if (isData(given)) return fileValue(given, rules, fault);
      const digits = faultOfNumber(given);
      if (digits !== undefined) return fault(digits);
      if (typeof given !== "string" && typeof given !== "number") return fault(noText(given));
      const text = String(given);
      const wrong = text === "" ? (mayBeEmpty ? undefined : "must not be empty") : faultOfText(text);
      return wrong === undefined ? fixedValue(text, role) : fault(wrong);
    }),
  );
}

function fileValue(
  given: object,
  rules: LiveRules,
  fault: (message: string, ...path: PropertyKey[]) => LiveValue,
): LiveValue {
  const [unknown] = Object.keys(given).filter((key) => key !== "file");
  if (unknown !== undefined) return fault(`unknown key; ${suggest(redactKey(unknown), ["file"])}`, unknown);
  const { file } = given as { readonly file?: unknown };
  const wrong = faultOfFilePath(file, "file");
  if (wrong !== undefined) return fault(wrong, "file");
  const path = absolutePath(file as string, folderOf(given));
  try {
    return new FileValue(path, rules);
  } catch (error) {
    return fault(faultOfFile(path, error), "file");
  }
}

function noText(given: unknown): string {
  if (given === undefined || given === null) return "is required: a string";
  return `must be a string, not ${typeName(given)}`;
}
