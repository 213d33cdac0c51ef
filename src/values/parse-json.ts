/** JSON, without a parser's message, which quotes its text (S2). */

/** What `text` says, or `undefined` if it is no JSON. A byte order mark before it says nothing (RFC 8259 §8.1). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}
