/** JSON, without a parser's message, which quotes its text (S2). */

/** What `text` says, or `undefined` if it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
