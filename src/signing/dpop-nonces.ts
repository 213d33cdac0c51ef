/** The nonces that servers ask for in proofs (RFC 9449 §8, §9): the last one of each origin counts. */

/** Servers that are talked to at a time are few; so many are remembered. */
const MOST_ORIGINS = 100;

/** What each origin has asked for last. */
export class DpopNonces {
  readonly #nonces = new Map<string, string>();

  of(origin: string): string | undefined {
    return this.#nonces.get(origin);
  }

  /** Any answer may have a new nonce. Gives whether it has one that was not known. */
  note(origin: string, nonce: string | null | undefined): boolean {
    if (!nonce || this.#nonces.get(origin) === nonce) return false;
    this.#nonces.delete(origin);
    this.#nonces.set(origin, nonce);
    const [oldest] = this.#nonces.keys();
    if (this.#nonces.size > MOST_ORIGINS && oldest !== undefined) this.#nonces.delete(oldest);
    return true;
  }
}
