/** Finds secrets within the base64 of a larger text, such as an echoed `Basic` header (S2). */

/** What every base64 has in it whose text has one of the secrets in it. */
export type InnerBase64 = readonly string[];

/** Three for each secret: it may begin at any of the three bytes that four characters stand for. */
export function innerBase64Of(secrets: readonly string[]): InnerBase64 {
  return [...new Set(secrets.flatMap((secret) => [0, 1, 2].map((offset) => innerBase64(secret, offset))))];
}

/** Whether `run`, in either alphabet, may be the base64 of a text with one of the secrets in it. */
export function containsBase64Of(inner: InnerBase64, run: string): boolean {
  const plain = run.replace(/%2b|-/gi, "+").replace(/%2f|_/gi, "/").replaceAll("=", "");
  return inner.some((part) => plain.includes(part));
}

/** The characters that depend on nothing but the secret: those at its ends share bits with what stands beside it. */
function innerBase64(secret: string, offset: number): string {
  const bytes = Buffer.from(secret);
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}
