/** Which answers of an IdP may be different next time (F1). */

const RETRYABLE_CODES: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable"]);

/** Whether an answer with this status and RFC 6749 `error` code is worth asking for again. */
export function isRetryable(status: number, error?: string): boolean {
  if (error !== undefined && RETRYABLE_CODES.has(error)) return true;
  return status === 408 || status === 429 || status >= 500;
}
