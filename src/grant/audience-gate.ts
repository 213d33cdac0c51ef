/** The gate as one audience of a grant has it (F4, D9). */

import type { Gate, GateView } from "../failure/gate.js";

/**
 * Two gates behind each other: that of the grant, which all audiences have in common, and one for refusals that say
 * nothing of the others. Whichever blocks longer counts.
 */
export class AudienceGate implements GateView {
  readonly grant: Gate;
  readonly own: Gate;

  constructor(grant: Gate, own: Gate) {
    this.grant = grant;
    this.own = own;
  }

  get failuresInARow(): number {
    return this.#foremost.failuresInARow;
  }

  get failure(): unknown {
    return this.#foremost.failure;
  }

  get retryAt(): number | undefined {
    return this.#foremost.retryAt;
  }

  blockedUntil(now: number): number | undefined {
    return later(this.grant.blockedUntil(now), this.own.blockedUntil(now));
  }

  refuses(now: number): boolean {
    return this.grant.refuses(now) || this.own.refuses(now);
  }

  holdsRenewalUntil(now: number): number | undefined {
    return later(this.grant.holdsRenewalUntil(now), this.own.holdsRenewalUntil(now));
  }

  errorAt(now: number): Error | undefined {
    const isOwn = (this.own.blockedUntil(now) ?? 0) > (this.grant.blockedUntil(now) ?? 0);
    return isOwn ? this.own.errorAt(now) : this.grant.errorAt(now);
  }

  noteLook(now: number): void {
    this.grant.noteLook(now);
    this.own.noteLook(now);
  }

  clear(): void {
    this.grant.clear();
    this.own.clear();
  }

  get #foremost(): Gate {
    if (this.own.failuresInARow === 0) return this.grant;
    if (this.grant.failuresInARow === 0) return this.own;
    return (this.own.retryAt ?? 0) < (this.grant.retryAt ?? 0) ? this.grant : this.own;
  }
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
