/** When the refresh token itself ends: after that, only a new consent helps. */

import { type GrantName, warnOfRefreshToken } from "./grant-events.js";
import type { GrantRecord } from "./record.js";

/** What is left of its life when its holder is warned, as a share. */
const WARNING_SHARE = 0.1;

/** The end of a refresh token, in milliseconds since the epoch, and whether its holder was warned. */
export interface RefreshTokenEnd {
  readonly at: number;
  readonly isWarned: boolean;
}

/** The end that is on record. Warns, once for each, when less than a tenth of its life is left. */
export function refreshTokenEndOf(
  { refreshTokenExpiresAt: at, refreshTokenLifetime: lifetime }: GrantRecord,
  before: RefreshTokenEnd | undefined,
  name: GrantName,
  now: number,
): RefreshTokenEnd | undefined {
  if (at === undefined || lifetime === undefined) return undefined;
  const isWarned = before?.at === at && before.isWarned;
  const isNear = at - now < lifetime * 1000 * WARNING_SHARE;
  if (isNear && !isWarned) warnOfRefreshToken(name, at);
  return { at, isWarned: isWarned || isNear };
}
