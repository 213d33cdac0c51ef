/** What makes a scalar of a configuration change on its way into a request, and so a fault (A8). */

/** A value that a configuration may give where text is sent. */
export type Scalar = string | number | boolean;

/** Whether `value` is a scalar. A BigInt is no scalar of JSON or YAML, but it is judged as the number that it is. */
export function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean", "bigint"].includes(typeof value);
}

/** Why `value` would not be sent as it was meant, if it would not. */
export function faultOfScalar(value: unknown): string | undefined {
  return typeof value === "string" ? faultOfText(value) : faultOfNumber(value);
}

/** Why `value` would be sent with other digits than were written. */
export function faultOfNumber(value: unknown): string | undefined {
  if (typeof value === "bigint") return QUOTE_IT;
  if (typeof value !== "number") return undefined;
  if (!Number.isFinite(value)) return "is not a finite number";
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? QUOTE_IT : undefined;
}

const QUOTE_IT = "is a number beyond 2⁵³, which would lose digits: put it in quotes";

/** Why `text` is not what somebody meant to configure. Text of several lines may end in a line break. */
export function faultOfText(text: string): string | undefined {
  const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  if (lines.length === 2 && lines.includes(""))
    return "has a line break at an end: remove it from the variable or file";
  return faultOfEncoding(text);
}

/** Why `text` cannot be an identifier or a secret of OAuth 2, which all stand on one line (RFC 6749 Appendix A). */
export function faultOfWord(text: string): string | undefined {
  return (
    faultOfText(text) ?? (/[\p{Cc}\u2028\u2029]/u.test(text) ? "has line breaks or control characters" : undefined)
  );
}

/** A file that was not read in its own encoding shows by characters that nobody writes. */
function faultOfEncoding(text: string): string | undefined {
  if (text.includes("\ufeff")) return "has a byte order mark in it: save the file as UTF-8 without one";
  if (/[\0\ufffd\p{Cs}]/u.test(text)) return "was not read as UTF-8: save the file as UTF-8, not UTF-16 or Latin-1";
  return undefined;
}
