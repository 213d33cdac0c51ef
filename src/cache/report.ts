/** What connectors report: a credential that an API has refused. */

/** Why `stale` is no such thing, if it is none. */
export function faultOfReport(stale: unknown): string | undefined {
  if (typeof (stale as { then?: unknown } | null)?.then === "function") {
    return "invalidate() takes the credential that was refused, not a promise of it: await getToken() first";
  }
  const isCredential = typeof (stale as { type?: unknown } | null)?.type === "string";
  return isCredential ? undefined : "invalidate() takes the credential that was refused";
}
