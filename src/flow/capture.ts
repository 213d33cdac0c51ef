/** What a step of a flow takes from its answer: out of JSON or a form, XML, a header or a cookie. */

import * as z from "zod/mini";
import { because, type Field, faultAt, optional, text } from "../config/fields.js";
import { parseBody } from "../http/answer.js";
import { inexact, isInexact } from "../http/exact-number.js";
import type { HttpAnswer } from "../http/exchange.js";
import { faultOfPath, finder } from "../json-path/select.js";
import { AuthError } from "../values/errors.js";
import { cookieSetBy } from "./set-cookie.js";
import { textAtXmlPath } from "./xml-path.js";

/** Where in an answer a value stands, other than at a JSONPath. */
export interface CaptureSource {
  /** `json`, `xml`, `header` or `set_cookie`. */
  readonly from: "json" | "xml" | "header" | "set_cookie";
  /** Of `json`, the JSONPath; of `xml`, the local names of the elements, with dots between. */
  readonly path?: string | null;
  /** Of `header` and `set_cookie`, the name of the header or of the cookie. */
  readonly name?: string | null;
}

/** Takes a value from an answer; `undefined` if it is not there. */
export type Capture = (answer: HttpAnswer) => Promise<string | undefined>;

/** The field for one value: a JSONPath, or a `CaptureSource`. */
export const captureField = (): Field<Capture> =>
  z.union([
    z.pipe(jsonPath(), z.transform(fromJson)),
    z.pipe(
      z
        .strictObject({
          from: z.enum(["json", "xml", "header", "set_cookie"]),
          path: optional(text()),
          name: optional(text()),
        })
        .check((payload) => {
          const { from, path, name } = payload.value;
          const isByPath = from === "json" || from === "xml";
          const [needed, other] = isByPath ? (["path", "name"] as const) : (["name", "path"] as const);
          const given = { path, name };
          if (given[needed] === undefined) payload.issues.push(faultAt([needed], `is required with from: ${from}`));
          if (given[other] !== undefined) payload.issues.push(faultAt([other], `has no use with from: ${from}`));
          const fault = from === "json" && path !== undefined ? faultOfPath(path) : undefined;
          if (fault !== undefined) payload.issues.push(faultAt(["path"], fault));
        }),
      z.transform(({ from, path = "", name = "" }): Capture => {
        if (from === "json") return fromJson(path);
        if (from === "xml") return ({ text: document }) => textAtXmlPath(document, path);
        if (from === "header") return fromHeader(name);
        return async (answer) => cookieSetBy(answer, name);
      }),
    ),
  ]);

function jsonPath(): Field<string> {
  return text().check(because((path) => (path === "" ? undefined : faultOfPath(path))));
}

function fromJson(path: string): Capture {
  const find = finder(path, isValue);
  return async (answer) => {
    const found = await find(parseBody(answer, { isBareToken: path === WHOLE_BODY }));
    return typeof found === "string" ? found : writtenJson(found, path, answer);
  };
}

/** The JSON of `found`, which stands at `path`, with no digit lost. */
function writtenJson(found: unknown, path: string, answer: HttpAnswer): string | undefined {
  let isLossy = false;
  const noted = (_key: string, value: unknown): unknown => {
    isLossy ||= isInexact(value);
    return value;
  };
  const text = writtenOrFault(() => JSON.stringify(found, noted), path, answer);
  if (isLossy) throw inexact(`${path} is no value to capture`, answer);
  return text;
}

/** Documents can be read that are too deep to be written. */
function writtenOrFault<T>(write: () => T, path: string, { to, status }: HttpAnswer): T {
  try {
    return write();
  } catch {
    throw new AuthError(`${to}: what the answer has at ${path} is nested too deeply to be captured`, { status });
  }
}

const WHOLE_BODY = "$";

function isValue(found: unknown): found is NonNullable<unknown> {
  return found !== undefined && found !== null;
}

function fromHeader(name: string): Capture {
  return async ({ headers }) => {
    const [value] = [headers[name.toLowerCase()]].flat();
    return value;
  };
}

/** The error for a value that is not there. */
export function nothingCaptured(name: string, { to, status }: HttpAnswer): AuthError {
  return new AuthError(`${to}: HTTP ${status}, in which there is nothing to capture as ${name}`, { status });
}
