/** A generation: what one successful flight produced, and how long it is good for (C4 to C6, C10). */

import { type Random, renewalInstant } from "../failure/policy.js";
import { type Credential, remake } from "../values/credential.js";
import { secretOf } from "../values/credential-content.js";
import { type Issued, lifetimeOf } from "../values/issued.js";
import { type Age, ageAt, type Lifespan, lifespanOf } from "../values/lifespan.js";

/** How a generation is made. */
interface Birth {
  readonly number: number;
  readonly now: number;
  readonly expiryRatio: number;
  readonly random: Random;
  /** Called when an API has accepted its credential. */
  readonly onAccepted: () => void;
}

/** A credential in its time. */
export class Generation implements Lifespan {
  /** 1 for the first of a cache. */
  readonly number: number;
  readonly credential: Credential;
  /** Handed out as it is while the generation is good (C2). */
  readonly promise: Promise<Credential>;
  readonly issuedAt: number;
  readonly freshUntil: number;
  readonly expiresAt: number;
  /** When to renew it in the background (F6). */
  readonly renewAt: number;
  /** Whether a connector has reported it as refused. */
  isRejected = false;

  constructor(issued: Issued, promise: Promise<Credential>, { number, now, expiryRatio, random, onAccepted }: Birth) {
    const lifetime = lifetimeOf(issued.expiresIn);
    const began = Number.isFinite(issued.issuedAt) ? (issued.issuedAt as number) : now;
    const { issuedAt, freshUntil, expiresAt } = lifespanOf(began, lifetime, { now, expiryRatio });
    this.number = number;
    // A new object for each generation tells them apart even where the IdP repeats a token (C3), and has its expiry (C13).
    this.credential = remake(issued.credential, {
      expiresAt: Number.isFinite(expiresAt) ? expiresAt : undefined,
      baseUrl: issued.baseUrl,
      brokerId: issued.brokerId,
      onAccepted,
    });
    this.promise = promise;
    this.issuedAt = issuedAt;
    this.freshUntil = freshUntil;
    this.expiresAt = expiresAt;
    this.renewAt = lifetime === undefined ? freshUntil : renewalInstant(freshUntil, expiresAt, random);
  }

  /** Whether it may be served as it is. Every call asks this, so it is one condition (C2). */
  isFresh(now: number): boolean {
    return now < this.freshUntil && now >= this.issuedAt && !this.isRejected;
  }

  /** Whether it may be served, if need be. */
  isGood(now: number): boolean {
    return !this.isRejected && this.ageAt(now) !== "expired";
  }

  ageAt(now: number): Age {
    return ageAt(this, now);
  }

  /** For credentials from elsewhere, which are compared by their secret, whatever their type (C3). */
  carriesSecretOf(credential: Credential): boolean {
    return secretOf(credential) === secretOf(this.credential);
  }
}
