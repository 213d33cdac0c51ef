/** Answers of a broker that are no credential. */

import { type AuthError, FaucetError, type ProviderStatus } from "faucet-auth";

/** An answer, before it is sent. */
export interface BrokerAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or what is sent as JSON. */
  readonly body: string | object;
}

/** What is wrong with a request, or why it cannot be served. */
export function problem(status: number, error: string, headers?: Readonly<Record<string, string>>): BrokerAnswer {
  return { status, body: { error }, ...(headers && { headers }) };
}

/** The failure of a provider, with the instant at which its IdP is asked again. */
export function failed(error: unknown, { name, retryAt: blockedUntil }: ProviderStatus): BrokerAnswer {
  const known = FaucetError.is(error) ? error : undefined;
  const { code, retryable = isRetryable(error), retryAt = blockedUntil, retryAfter } = known ?? {};
  if (code === "closed") return problem(503, "the catalog is closed");
  const idpError = code === "auth" ? (known as AuthError).error : undefined;
  const body = {
    // What a type of a user's own has thrown may quote anything.
    error: known?.message ?? `${name}: its type threw an error`,
    retry_at: retryAt === undefined ? null : retryAt / 1000,
    retryable,
    ...(code !== undefined && { code }),
    ...(idpError !== undefined && { idp_error: idpError }),
  };
  const seconds = retryAt === undefined ? retryAfter : Math.max(0, (retryAt - Date.now()) / 1000);
  const headers = seconds === undefined ? {} : { "retry-after": String(Math.ceil(seconds)) };
  return { status: 502, headers, body };
}

function isRetryable(error: unknown): boolean {
  return (error as { retryable?: unknown } | null | undefined)?.retryable !== false;
}
