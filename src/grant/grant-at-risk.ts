/** What is told of a store that fails (D3): warnings of the process, and a diagnostic event. No secret is in them. */

import { channel } from "node:diagnostics_channel";
import type { FaucetError } from "../values/errors.js";

/** Which grant of which provider. */
export interface GrantIdentity {
  readonly type: string;
  readonly name: string;
  /** The key of its record. */
  readonly key: string;
}

/**
 * On `faucet-auth:grant-at-risk`: the IdP has answered, and the store has not taken it. The grant may
 * end with this process, until the next flight, or `close()`, has written what is missing.
 */
export interface GrantAtRiskEvent extends GrantIdentity {
  readonly state: "at-risk" | "safe";
  readonly error?: FaucetError;
}

const grantsAtRisk = channel("faucet-auth:grant-at-risk");

/** Tells that the grant may be lost with this process. */
export function tellAtRisk(grant: GrantIdentity, error: FaucetError): void {
  if (grantsAtRisk.hasSubscribers)
    grantsAtRisk.publish({ ...grant, state: "at-risk", error } satisfies GrantAtRiskEvent);
  const consequence = `the refreshed grant ${grant.key} is not stored, and ends with this process`;
  process.emitWarning(`${grant.name}: ${error.message}; ${consequence}`, { code: "FAUCET_AUTH_GRANT_AT_RISK" });
}

/** Tells that it is stored after all. */
export function tellSafe(grant: GrantIdentity): void {
  if (grantsAtRisk.hasSubscribers) grantsAtRisk.publish({ ...grant, state: "safe" } satisfies GrantAtRiskEvent);
}

/** Warns that tokens are fetched without the store. */
export function warnOfStore({ name }: GrantIdentity, error: FaucetError): void {
  process.emitWarning(`${name}: ${error.message}; its tokens are fetched without the store`, {
    code: "FAUCET_AUTH_STORE_UNAVAILABLE",
  });
}
