/**
 * `durable`: an issuer of a user's own gets the record of a grant, its lease, its fencing and its gate (D10), as the
 * providers of this library have them.
 */

import { faultsOfOptions } from "../config/options.js";
import { faultOfWord } from "../config/scalars.js";
import { DEFAULT_TIMEOUT_SECS } from "../failure/deadline.js";
import { hosted, type Issuer, type IssuerHost, isHosted, ownIssuer } from "../failure/issuer.js";
import { LiveInputs } from "../live/live-inputs.js";
import type { TokenStore } from "../store/token-store.js";
import { wallClock } from "../values/clock.js";
import { remake } from "../values/credential.js";
import { AuthError, ConfigError, type ConfigFault } from "../values/errors.js";
import { inFlightScope } from "../values/flight-scope.js";
import { type Issue, type Issued, lifetimeOf, type Redemption } from "../values/issued.js";
import { DEFAULT_EXPIRY_RATIO } from "../values/lifespan.js";
import { Grant } from "./grant.js";
import type { RequestToken } from "./grant-options.js";
import { credentialOf, textOf } from "./recorded-credential.js";
import { StoredRepository } from "./stored-repository.js";

/** Where the grant of an issuer is kept. */
export interface DurableOptions {
  /** Keeps the record, which other processes may share. Whoever gives the store closes it. */
  readonly store: TokenStore;
  /** The key of the record in the store. All that is kept under it is of one account. */
  readonly key: string;
  /**
   * The provider's name in errors, warnings and events about the record.
   * @default the name of the cache
   */
  readonly name?: string | undefined;
  /**
   * The refresh token to begin with. One that was never seen under this key goes before what is kept; once it is
   * redeemed, the refresh token on record is the good one.
   * @default the first is what `issue` gives
   */
  readonly refreshToken?: string | undefined;
  /**
   * Whether a store that does not take a token is an error, even though the token could be used.
   * @default false
   */
  readonly strict?: boolean | undefined;
}

/**
 * `issue` for a `TokenCache`, over a record that outlives the process. Before it is called, the record is
 * read: a token that another process has fetched is adopted. Else the record is locked, and `issue` finds the
 * refresh token that holds in `why.refreshToken`; it is `undefined` before there is one. What it gives as
 * `refreshToken` is on record before the token is handed out; without one, the former holds on. Failures stand
 * beside the record, so that all processes leave the IdP alone together.
 *
 * Deadline, clock and name are those of the cache. Its `close()` saves what the store has not taken yet, and rejects with
 * a `StoreError` if it still does not. A store that cannot be read is an error, never a reason to call `issue`.
 * To ask more than once in a flight, put `retrying` within.
 *
 * @throws ConfigError if `issue` is no function, or an option is not what it must be.
 * @example
 * const cache = new TokenCache(durable(issue, { store: new FileTokenStore("./state"), key: "my_idp" }));
 */
export function durable(issue: Issue, options: DurableOptions): Issue {
  checkDurable(issue, options);
  const open = (host: IssuerHost): Issuer => issuerFor(host, issue, options);
  const { key, name = key } = options;
  let alone: Issuer | undefined;
  return hosted((flight) => {
    alone ??= open({ ...ALONE, cache: {}, name });
    return alone.issue(flight);
  }, open);
}

/** How `issue` is called where no cache calls it. */
const ALONE = {
  type: "token_cache",
  expiryRatio: DEFAULT_EXPIRY_RATIO,
  timeoutSecs: DEFAULT_TIMEOUT_SECS,
  clock: wallClock,
  random: Math.random,
} as const;

/** Each cache has a grant of its own over the one record, as if it were in another process. */
function issuerFor(host: IssuerHost, issue: Issue, options: DurableOptions): Issuer {
  const { cache, type, expiryRatio, timeoutSecs, clock, random } = host;
  const { store, key, refreshToken, strict = false, name: label = host.name } = options;
  const name = { type, name: label, key };
  const grant = new Grant({
    name,
    repository: new StoredRepository({ store, name, account: undefined, hasRefreshToken: true, strict, random }),
    isShared: true,
    strict,
    refreshToken,
    mayHaveRefreshTokens: true,
    credential: credentialOf,
    inputs: new LiveInputs([]),
    expiryRatio,
    defaultExpiresIn: undefined,
    retries: 0,
    timeoutSecs,
    clock,
    random,
  });
  let isClosing = false;
  const audience = { audience: "", requestToken: requesterOf(issue, cache), isClosing: () => isClosing };
  return {
    ...(ownIssuer(grant.issuer(audience).issue(), host) as Issuer),
    stopWaiting: () => {
      isClosing = true;
    },
    close: () => grant.close(),
  };
}

/** Calls `issue` as a cache does, with the refresh token that holds. */
function requesterOf(issue: Issue, cache: object): RequestToken {
  return async ({ refreshToken }, { reason, rejected, signal, timeLeft, onAttempt, onRetry }) => {
    const issued = await inFlightScope(cache, () =>
      issue({
        reason,
        ...(rejected && { rejected }),
        signal,
        ...(timeLeft && { timeLeft }),
        onRetry: (retry) => {
          onAttempt?.();
          onRetry?.(retry);
        },
        refreshToken,
      }),
    );
    return redemptionOf(issued);
  };
}

/** The refresh token counts even where the credential cannot be used (A3). */
function redemptionOf(issued: Issued | undefined): Redemption {
  const { refreshToken } = issued ?? {};
  const rotation = typeof refreshToken === "string" && refreshToken !== "" ? { refreshToken } : {};
  try {
    const credential = remake(issued?.credential);
    if (typeof (refreshToken ?? "") !== "string") throw new TypeError("its refreshToken is no string");
    const { issuedAt, baseUrl, ...rest } = issued as Issued;
    const began = Number.isFinite(issuedAt) ? { issuedAt } : {};
    const token = { text: textOf(credential), credential, expiresIn: lifetimeOf(rest.expiresIn), ...began, baseUrl };
    return { ...rotation, token };
  } catch (error) {
    const reason = (error as TypeError).message;
    return { ...rotation, unusable: new AuthError(`the issuer gave no usable credential: ${reason}`) };
  }
}

const OPTIONS = ["store", "key", "name", "refreshToken", "strict"] as const;

function checkDurable(issue: unknown, options: DurableOptions): void {
  const faults: ConfigFault[] = [...faultsOfOptions("options", options, OPTIONS)];
  const fault = (path: string, message: string): void => {
    faults.push({ path, message });
  };
  if (typeof issue !== "function") fault("issue", "must be a function that gets a token, and promises { credential }");
  else if (isHosted(issue as Issue)) fault("issue", "is durable already");
  const { store, key, name, refreshToken, strict } = (options ?? {}) as Partial<DurableOptions>;
  const isStore = (["read", "write", "lock"] as const).every((method) => typeof store?.[method] === "function");
  if (!isStore) fault("options.store", "is required: a token store, with the methods read, write and lock");
  for (const [path, text] of Object.entries({ key, name, refreshToken })) {
    const message = text === undefined && path !== "key" ? undefined : faultOfText(text);
    if (message !== undefined) fault(`options.${path}`, message);
  }
  if (strict !== undefined && typeof strict !== "boolean") fault("options.strict", "must be true or false");
  if (faults.length > 0) throw new ConfigError("durable", faults);
}

function faultOfText(value: unknown): string | undefined {
  if (value === undefined) return "is required: a non-empty string";
  return typeof value === "string" && value !== "" ? faultOfWord(value) : "must be a non-empty string";
}
