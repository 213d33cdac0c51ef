/** Grants over a record, without a provider and without HTTP. */

import type { Refresh } from "../../src/grant/adoption.js";
import { Grant } from "../../src/grant/grant.js";
import type { GrantOptions, RequestToken } from "../../src/grant/grant-options.js";
import { PrivateRepository } from "../../src/grant/repository.js";
import { StoredRepository } from "../../src/grant/stored-repository.js";
import { LiveInputs } from "../../src/live/live-inputs.js";
import type { TokenStore } from "../../src/store/token-store.js";
import { Credential } from "../../src/values/credential.js";

const name = { type: "test", name: "test", key: "test" };

/** Where a record is kept: in a token store, or in memory that all grants of a test share. */
export type Place = TokenStore | PrivateRepository;

/** A grant whose record is there, and what gets its tokens: of the audience that is meant where none is named. */
export function grantIn(
  place: Place,
  refreshToken: string | undefined,
  requestToken: RequestToken,
  options: Partial<GrantOptions> = {},
) {
  const random = options.random ?? Math.random;
  const hasRefreshToken = (options.refreshToken ?? refreshToken) !== undefined && !("refreshToken" in options);
  const { strict = false } = options;
  const isPrivate = place instanceof PrivateRepository;
  const grant = new Grant({
    name,
    repository: isPrivate
      ? place
      : new StoredRepository({ store: place, name, account: undefined, hasRefreshToken, strict, random }),
    isShared: true,
    strict: false,
    refreshToken,
    credential: Credential.bearer,
    inputs: new LiveInputs([]),
    expiryRatio: 0.9,
    defaultExpiresIn: undefined,
    retries: 2,
    timeoutSecs: 30,
    clock: () => Date.now(),
    random,
    ...options,
  });
  const of = (audience: string, isClosing = () => false) => grant.issuer({ audience, requestToken, isClosing });
  const issuer = of("");
  return Object.assign(grant, { of, issue: issuer.issue(), refresh: (refresh: Refresh) => issuer.refresh(refresh) });
}
