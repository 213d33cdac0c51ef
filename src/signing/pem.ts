/** PEM as it stands in configurations (RFC 7468). */

/** `pem` as its file has it: a variable of the environment often has `\n` in it where the file has line breaks. */
export function withLineBreaks(pem: string): string {
  return /[\r\n]/.test(pem.trim()) ? pem : pem.replaceAll("\\r", "").replaceAll("\\n", "\n");
}
