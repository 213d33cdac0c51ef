/** The nonces that servers ask for in proofs (RFC 9449 §8, §9): the last one of each origin counts. */

/** Servers that are talked to at a time are few; so many are remembered. */
const MOST_ORIGINS = 100;

/** The error of an answer that asks for a proof with a nonce. */
export const NONCE_WANTED = "use_dpop_nonce";

/** What each origin has asked for last. */
export class DpopNonces {
  readonly #nonces = new Map<string, string>();

  of(origin: string): string | undefined {
    return this.#nonces.get(standard(origin));
  }

  /** Takes the nonce of an answer, of whatever status, if there is one in its `DPoP-Nonce` header. */
  note(origin: string, nonce: string | null | undefined): void {
    if (!nonce) return;
    const key = standard(origin);
    this.#nonces.delete(key);
    this.#nonces.set(key, nonce);
    const [oldest] = this.#nonces.keys();
    if (this.#nonces.size > MOST_ORIGINS && oldest !== undefined) this.#nonces.delete(oldest);
  }
}

/** Whoever sends a request may spell its origin in another way than whoever signs it, such as with a slash at the end. */
function standard(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}
