/** What is published of a store that fails (D3): warnings of the process, and a diagnostic event. No secret is in them. */

import { channel } from "node:diagnostics_channel";
import type { FaucetError } from "../values/errors.js";

/** Which grant of which provider. */
export interface GrantName {
  /** The provider's type, such as `oauth2_refresh`. */
  readonly type: string;
  /** The provider's name. */
  readonly name: string;
  /** The key of its record in the store. */
  readonly key: string;
}

/**
 * On `faucet-auth:grant-at-risk`: the IdP has answered, and the store has not taken it. The grant may
 * end with this process, until the next flight, or `close()`, has written what is missing.
 */
export interface GrantAtRiskEvent extends GrantName {
  /** `safe` once it is written after all. */
  readonly state: "at-risk" | "safe";
  /** Why the store has not taken it. */
  readonly error?: FaucetError;
}

const grantsAtRisk = channel("faucet-auth:grant-at-risk");

/** Publishes that the grant may be lost with this process. */
export function publishAtRisk(grant: GrantName, error: FaucetError): void {
  if (grantsAtRisk.hasSubscribers) {
    grantsAtRisk.publish({ ...grant, state: "at-risk", error } satisfies GrantAtRiskEvent);
  }
  const consequence = `the refreshed grant ${grant.key} is not stored, and ends with this process`;
  process.emitWarning(`${grant.name}: ${error.message}; ${consequence}`, { code: "FAUCET_AUTH_GRANT_AT_RISK" });
}

/** Publishes that it is stored after all. */
export function publishSafe(grant: GrantName): void {
  if (grantsAtRisk.hasSubscribers) grantsAtRisk.publish({ ...grant, state: "safe" } satisfies GrantAtRiskEvent);
}

/** Warns that tokens are fetched without the store. */
export function warnOfStore({ name }: GrantName, error: FaucetError): void {
  process.emitWarning(`${name}: ${error.message}; its tokens are fetched without the store`, {
    code: "FAUCET_AUTH_STORE_UNAVAILABLE",
  });
}

/** Warns that the record of another account was replaced. */
export function warnOfOtherAccount({ name, key }: GrantName): void {
  process.emitWarning(
    `${name}: the record ${key} belongs to another account, whose token is replaced; give each a persist.key of its own`,
    { code: "FAUCET_AUTH_OTHER_ACCOUNT" },
  );
}

/** Warns that the refresh token itself is about to end. */
export function warnOfRefreshToken({ name }: GrantName, expiresAt: number): void {
  process.emitWarning(
    `${name}: its refresh token ends at ${new Date(expiresAt).toISOString()}; after that a new consent is needed`,
    { code: "FAUCET_AUTH_REFRESH_TOKEN_EXPIRY" },
  );
}
