/** When the refresh token itself ends: after that, only a new consent helps, or a login. */

import { type GrantName, warnOfRefreshToken } from "./grant-events.js";
import type { GrantRecord } from "./record.js";

/** What is left of its life when its holder is warned, as a share. */
const WARNING_SHARE = 0.1;

/** The end of a grant's refresh token, where the IdP names one. */
export class RefreshTokenEnd {
  readonly #name: GrantName;
  readonly #needsConsent: boolean;
  #at: number | undefined;
  #warnedOf: number | undefined;

  /** Nobody is warned of an end after which the provider logs in again. */
  constructor(name: GrantName, { logsIn = false }: { readonly logsIn?: boolean | undefined } = {}) {
    this.#name = name;
    this.#needsConsent = !logsIn;
  }

  /** In milliseconds since the epoch. */
  get at(): number | undefined {
    return this.#at;
  }

  /** Takes over what is on record. Warns of a consent that is needed, once for each end, when less than a tenth of the life is left. */
  follow({ refreshTokenExpiresAt: at, refreshTokenLifetime: lifetime }: GrantRecord, now: number): void {
    this.#at = at;
    if (!this.#needsConsent || at === undefined || lifetime === undefined || this.#warnedOf === at) return;
    if (at - now >= lifetime * 1000 * WARNING_SHARE) return;
    this.#warnedOf = at;
    warnOfRefreshToken(this.#name, at);
  }
}
