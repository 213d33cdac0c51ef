/** Grants over a record, without a provider and without HTTP. */

import { RecordedGrant } from "../../src/grant/grant.js";
import type { GrantOptions, Redeem } from "../../src/grant/grant-options.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";

/** A grant in a memory of its own, or wherever `options` say. */
export function privateGrant(
  refreshToken: string | undefined,
  redeem: Redeem,
  options: Partial<GrantOptions> = {},
): RecordedGrant {
  return new RecordedGrant({
    identity: { type: "test", name: "test", key: "test" },
    store: new MemoryTokenStore(),
    strict: false,
    refreshToken,
    redeem,
    credential: Credential.bearer,
    expiryRatio: 0.9,
    defaultExpiresIn: undefined,
    retries: 2,
    timeoutSecs: 30,
    clock: () => Date.now(),
    random: Math.random,
    ...options,
  });
}
