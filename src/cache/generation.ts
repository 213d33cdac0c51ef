/** A generation: what one successful flight produced, and how long it is good for (C4 to C6, C10). */

import { type Credential, remake, secretOf } from "../credential.js";
import { AuthError } from "../errors.js";
import { type Random, renewalInstant } from "../failure/policy.js";
import { type Issued, lifetimeOf } from "../issued.js";

/** How a generation is made. Instants are in milliseconds since the epoch. */
interface Birth {
  readonly number: number;
  readonly issuedAt: number;
  readonly expiryRatio: number;
  readonly random: Random;
}

/** A credential in its time. */
export class Generation {
  /** 1 for the first of a cache. */
  readonly number: number;
  readonly credential: Credential;
  /** Handed out as it is while the generation is good (C2). */
  readonly promise: Promise<Credential>;
  readonly issuedAt: number;
  /** From here on it is stale: still good, but due for renewal. */
  readonly freshUntil: number;
  /** From here on it is served to nobody. */
  readonly expiresAt: number;
  /** When to renew it in the background (F6). */
  readonly renewAt: number;
  /** Whether a connector has reported it as refused. */
  rejected = false;

  /** Throws an `AuthError` if there is no usable credential in `issued`. */
  constructor(issued: Issued, promise: Promise<Credential>, { number, issuedAt, expiryRatio, random }: Birth) {
    const lifetime = lifetimeOf(issued?.expiresIn);
    this.number = number;
    this.credential = ownCopy(issued?.credential);
    this.promise = promise;
    this.issuedAt = issuedAt;
    this.freshUntil = lifetime === undefined ? Number.POSITIVE_INFINITY : issuedAt + lifetime * 1000 * expiryRatio;
    this.expiresAt = lifetime === undefined ? Number.POSITIVE_INFINITY : issuedAt + lifetime * 1000;
    this.renewAt = lifetime === undefined ? this.freshUntil : renewalInstant(this.freshUntil, this.expiresAt, random);
  }

  /** Whether it may be served as it is: what every call asks, so in one go (C2). */
  isFresh(now: number): boolean {
    return now < this.freshUntil && now >= this.issuedAt && !this.rejected;
  }

  /** A clock that has jumped back behind `issuedAt` says nothing about the age any more (C10). */
  ageAt(now: number): "fresh" | "stale" | "expired" {
    if (now < this.issuedAt || now >= this.expiresAt) return "expired";
    return now < this.freshUntil ? "fresh" : "stale";
  }

  /** For credentials from elsewhere, which are compared by their secret, whatever their type (C3). */
  carriesSecretOf(credential: Credential): boolean {
    return secretOf(credential) === secretOf(this.credential);
  }

  /** Whether it may be served, if need be. */
  isGood(now: number): boolean {
    return !this.rejected && this.ageAt(now) !== "expired";
  }
}

/**
 * A new object for each generation, which tells them apart even where the IdP repeats a token (C3),
 * and prints no secret whatever the issuer made it of (S1).
 */
function ownCopy(credential: Credential | undefined): Credential {
  try {
    return remake(credential);
  } catch (error) {
    throw new AuthError(`the issuer gave no usable credential: ${(error as TypeError).message}`);
  }
}
