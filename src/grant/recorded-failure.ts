/** A failed flight as it stands beside the record, so that its gate holds for all processes (D7). No secret is in it. */

import * as z from "zod/mini";
import type { KnownFailure } from "../failure/gate.js";
import { type GateState, isRetryable } from "../failure/policy.js";
import { AuthError, ConfigError, FaucetError, TransportError } from "../values/errors.js";

/** The schema of a recorded failure, as JSON. */
export const recordedFailure = () =>
  z.object({
    /** That of the lease under which it failed. */
    fencingToken: z.number(),
    /**
     * Fingerprint of the refresh token that would be presented next, or where an audience was refused, of the one that the
     * last consent has brought: another one clears the gate (F4).
     */
    refreshToken: z.optional(z.string()),
    /** Fingerprint of the live values that the request was made with: others clear the gate too (V2). */
    liveValues: z.optional(z.string()),
    gate: z.object({
      failuresInARow: z.number(),
      terminalInARow: z.number(),
      failedAt: z.number(),
      blockedUntil: z.number(),
      renewAfter: z.number(),
    }),
    /** The error, as far as it may be shown (S2). */
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

/** What a failed flight leaves for others. */
export type RecordedFailure = z.output<ReturnType<typeof recordedFailure>>;

/** Where a flight has failed. */
export type FailurePlace = Pick<RecordedFailure, "fencingToken" | "refreshToken" | "liveValues">;

/** `error` and the state that it has led to, as they are recorded. */
export function recordFailure(error: unknown, gate: GateState, place: FailurePlace): RecordedFailure {
  return { ...place, gate, error: redacted(error) };
}

/** The failure as a gate follows it, with an error of the same class and the same codes. */
export function knownFailure({ gate, error }: RecordedFailure): KnownFailure {
  return { state: gate, failure: restored(error) };
}

function restored({ code, message, ...details }: RecordedFailure["error"]): FaucetError {
  if (code === "transport") return new TransportError(message, details);
  if (code !== "config") return new AuthError(message, details);
  const [subject = "", ...fault] = message.split(": ");
  return new ConfigError(subject, [{ path: "", message: fault.join(": ") }], details);
}

function redacted(error: unknown): RecordedFailure["error"] {
  if (!FaucetError.is(error)) {
    const retryable = isRetryable(error);
    return { code: retryable ? "transport" : "auth", message: "the flight of another process failed", retryable };
  }
  const { code, message, retryable, retryAfter } = error;
  const { status, error: oauthError, errorDescription } = error as Partial<AuthError>;
  return { code, message, retryable, retryAfter, status, error: oauthError, errorDescription };
}
