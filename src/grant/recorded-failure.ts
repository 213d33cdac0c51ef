/** A failed flight as it is left beside the record, so that its gate holds for all processes (D7). No secret is in it. */

import * as z from "zod/mini";
import { closeGate, type Gate, isRetryable, OPEN_GATE, type Random } from "../failure/policy.js";
import { AuthError, FaucetError, TransportError } from "../values/errors.js";

/** What a failed flight leaves for others. */
export interface NotedFailure {
  /** The number of the lease under which it failed. */
  readonly lease: number;
  /** Fingerprint of the refresh token that would be presented next: another one opens the gate (F4). */
  readonly presents?: string | undefined;
  readonly gate: Omit<Gate, "failure">;
  readonly error: NotedError;
}

/** An error, as far as it may be told (S2). */
interface NotedError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfter?: number | undefined;
  readonly status?: number | undefined;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
}

/** The schema of a noted failure, as JSON. */
export function notedFailure(): z.ZodMiniType<NotedFailure> {
  return z.object({
    lease: z.number(),
    presents: z.optional(z.string()),
    gate: z.object({
      failuresInARow: z.number(),
      terminalInARow: z.number(),
      failedAt: z.number(),
      closedUntil: z.number(),
      renewAfter: z.number(),
    }),
    error: z.object({
      code: z.string(),
      message: z.string(),
      retryable: z.boolean(),
      retryAfter: z.optional(z.number()),
      status: z.optional(z.number()),
      error: z.optional(z.string()),
      errorDescription: z.optional(z.string()),
    }),
  });
}

/** `error`, noted after `earlier` failures of the same grant. */
export function note(
  error: unknown,
  earlier: NotedFailure | undefined,
  { lease, presents, now, random }: { lease: number; presents: string | undefined; now: number; random: Random },
): NotedFailure {
  const before = earlier !== undefined && earlier.presents === presents ? earlier.gate : OPEN_GATE;
  const { failure: _failure, ...gate } = closeGate(before, error, now, random);
  return { lease, presents, gate, error: toldOf(error) };
}

/** The error that was noted: of the same class, with the same codes. */
export function revive({ error: { code, message, ...details } }: NotedFailure): FaucetError {
  return code === "transport" ? new TransportError(message, details) : new AuthError(message, details);
}

function toldOf(error: unknown): NotedError {
  if (!FaucetError.is(error)) {
    return { code: "transport", message: "the flight of another process failed", retryable: isRetryable(error) };
  }
  const { code, message, retryable, retryAfter } = error;
  const { status, error: oauthError, errorDescription } = error as Partial<AuthError>;
  return { code, message, retryable, retryAfter, status, error: oauthError, errorDescription };
}
