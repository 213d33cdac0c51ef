/**
 * One grant, and what all its audiences share (D9): the record, the gate, the turns in which their flights
 * redeem it, and the end of its refresh token.
 */

import { Gate } from "../failure/gate.js";
import { reliable } from "../values/clock.js";
import { GrantIssuer } from "./grant-issuer.js";
import type { GrantAudience, GrantOptions } from "./grant-options.js";
import { RefreshTokenEnd } from "./refresh-token-end.js";
import { Turns } from "./turns.js";

/**
 * How often a process that is held off looks at a shared record, and at its live values: another may have got a token,
 * and a value that was refused may have been replaced.
 */
const RECHECK_MS = 1000;

/** A grant. It owns the one gate of it (F4a). */
export class Grant {
  readonly refreshTokenEnd: RefreshTokenEnd;
  readonly #options: GrantOptions;
  readonly #newGate: () => Gate;
  readonly #gate: Gate;
  readonly #turns = new Turns();
  readonly #lateAnswers = new Turns();
  #isClosing = false;

  constructor(options: GrantOptions) {
    const { name, random, isShared, inputs } = options;
    this.#options = { ...options, clock: reliable(options.clock) };
    this.refreshTokenEnd = new RefreshTokenEnd(name, options);
    this.#newGate = () => new Gate({ random, ...((isShared || inputs.canChange) && { recheckMs: RECHECK_MS }) });
    this.#gate = this.#newGate();
  }

  /** What gets the tokens of one audience, for the one cache that keeps them. */
  issuer(audience: GrantAudience): GrantIssuer {
    const isClosing = (): boolean => this.#isClosing || audience.isClosing();
    const shared = {
      grantGate: this.#gate,
      audienceGate: this.#newGate(),
      turns: this.#turns,
      lateAnswers: this.#lateAnswers,
      refreshTokenEnd: this.refreshTokenEnd,
    };
    return new GrantIssuer({ ...this.#options, ...audience, isClosing }, shared);
  }

  /** Lets go of the flights that wait for others to give up the lease. One that has its turn goes on. */
  stopWaiting(): void {
    this.#isClosing = true;
  }

  /**
   * Waits for the flight that redeems, and saves what the store has not taken yet. Rejects with a `StoreError` if it
   * still does not; then it may be called again.
   */
  async close(): Promise<void> {
    await this.#turns.ended;
    await this.#lateAnswers.ended;
    await this.#options.repository.flush();
  }
}
