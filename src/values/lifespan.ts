/** How long a credential is good, wherever it is kept (C4 to C6, C10). Instants are in milliseconds since the epoch. */

/** The share of its lifetime for which a token is used by default: what is left covers clocks and networks. */
export const DEFAULT_EXPIRY_RATIO = 0.9;

/** The time of one credential. */
export interface Lifespan {
  readonly issuedAt: number;
  /** From here on it is stale: still good, but due for renewal. */
  readonly freshUntil: number;
  /** From here on it is served to nobody. */
  readonly expiresAt: number;
}

/** How old a credential is. */
export type Age = "fresh" | "stale" | "expired";

/**
 * The time of a credential that was issued at `issuedAt`, or now if that is in the future (C10), for
 * so many seconds; without a lifetime it is good until it is rejected (C5).
 */
export function lifespanOf(
  issuedAt: number,
  expiresIn: number | undefined,
  { now, expiryRatio }: { now: number; expiryRatio: number },
): Lifespan {
  const began = Math.min(issuedAt, now);
  const milliseconds = expiresIn === undefined ? Number.POSITIVE_INFINITY : expiresIn * 1000;
  return { issuedAt: began, freshUntil: began + milliseconds * expiryRatio, expiresAt: began + milliseconds };
}

/** A clock that has jumped back behind `issuedAt` says nothing about the age any more (C10). */
export function ageAt({ issuedAt, freshUntil, expiresAt }: Lifespan, now: number): Age {
  if (now < issuedAt || now >= expiresAt) return "expired";
  return now < freshUntil ? "fresh" : "stale";
}
