/** Answers in the encoding of forms, which some token endpoints use in place of JSON (A7). */

import type { HttpAnswer } from "../http/exchange.js";
import { parseJson } from "../values/parse-json.js";

const FORM = "application/x-www-form-urlencoded";

/** `answer` with a form-encoded body as the JSON that says the same. JSON that is called a form stays as it is. */
export function formAsJson(answer: HttpAnswer): HttpAnswer {
  const text = answer.text.trim();
  if (mediaTypeOf(answer) !== FORM || text === "" || parseJson(text) !== undefined) return answer;
  return { ...answer, text: JSON.stringify(Object.fromEntries(new URLSearchParams(text))) };
}

/** The media type of the body in lower case, without its parameters (RFC 9110 §8.3.1). */
export function mediaTypeOf({ headers }: Pick<HttpAnswer, "headers">): string | undefined {
  const [given] = [headers["content-type"]].flat();
  return given?.split(";")[0]?.trim().toLowerCase();
}
