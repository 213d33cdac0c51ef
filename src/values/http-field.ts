/** What may stand in an HTTP header (RFC 9110 §5). */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Visible ASCII and obs-text, with single-line white space inside only (RFC 9110 §5.5).
const FIELD_VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/** Whether `text` is a token of RFC 9110 §5.6.2: a header name, a method. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether `text` can be sent, whole and unchanged, as a non-empty header value. */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}
