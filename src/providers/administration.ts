/**
 * What a person does with a grant, beside having its tokens: look at its record, begin it by a login, and end it. The command
 * line asks for it; it is no part of the public surface.
 */

import type { AuthProvider } from "../auth-provider.js";
import { stopwatch } from "../failure/deadline.js";
import type { HeldSecrets, RequestToken } from "../grant/grant-options.js";
import { LEASE_MARGIN_SECS, notLocked } from "../grant/lease.js";
import { type GrantRecord, refreshTokenOf } from "../grant/record.js";
import type { GrantRepository } from "../grant/repository.js";
import { begun, ended, withToken } from "../grant/succession.js";
import type { Errand } from "../oauth2/discovery.js";
import type { Lease } from "../store/token-store.js";
import { reliable, wallClock } from "../values/clock.js";
import { AuthError } from "../values/errors.js";
import type { Redemption } from "../values/issued.js";
import type { ClientSource } from "./client-source.js";
import { Consent, type ConsentSettings } from "./consent.js";
import { faultOfNoLogin } from "./not-logged-in.js";
import { lastTokenIn, type RecordView, viewOf } from "./record-view.js";
import { type ErrandParts, endpointOf, errandOf } from "./requester.js";
import { type ServerTime, serverTime } from "./server-time.js";
import type { TokenSource } from "./token-source.js";

/** As a provider of ours gives its administration. */
export const ADMINISTRATION: unique symbol = Symbol("administration");

/** That of `provider`; `undefined` of one that has no grant of its own: a static one, another audience, a user's own type. */
export function administrationOf(provider: AuthProvider): Administration | undefined {
  return (provider as { readonly [ADMINISTRATION]?: () => Administration })[ADMINISTRATION]?.();
}

/** What an administration is made of. */
export interface AdministrationParts extends ErrandParts {
  readonly source: TokenSource;
  /** Where its record is, if it is in a store. */
  readonly persistence:
    | { readonly key: string; readonly repository: GrantRepository; readonly folder: string | undefined }
    | undefined;
  readonly timeoutSecs: number;
  readonly requesterOf: (source: TokenSource) => RequestToken;
  /** What is configured for its beginning and its end, of a type that has these. */
  readonly consent: { readonly settings: ConsentSettings; readonly source: ClientSource } | undefined;
}

/** The administration of one grant. */
export class Administration {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  /** The key of the record in its store; `undefined` where the grant is kept in none. */
  get key(): string | undefined {
    return this.#parts.persistence?.key;
  }

  /** The folder of a store that keeps files. */
  get folder(): string | undefined {
    return this.#parts.persistence?.folder;
  }

  /** How the grant is begun and ended, of a type that has keys for it. */
  get consent(): Consent | undefined {
    const { consent, runtime, requesterOf, timeoutSecs, source } = this.#parts;
    if (consent === undefined) return undefined;
    const { name = source.type } = runtime;
    return new Consent({ name, ...consent, timeoutSecs, requesterOf, errand: (signal) => this.#errand(signal) });
  }

  /** What is wrong while there is no refresh token to present, as the provider itself says it. */
  get faultOfNoLogin(): string {
    const { source, runtime } = this.#parts;
    return faultOfNoLogin(runtime.name ?? source.type, source.refreshToken, runtime);
  }

  /** The text of the key that the tokens of a new grant are bound to, if they are and it is made here. */
  async madeKey(): Promise<string | undefined> {
    const { persistence, source } = this.#parts;
    if (source.madeKey === undefined) return undefined;
    const kept = await persistence?.repository.read();
    return kept?.record.keys[source.madeKey.name] ?? (await source.madeKey.make());
  }

  /**
   * Puts what a login has brought into the store, in place of whatever is there. Rejects with an `AuthError` if that is no refresh
   * token, and with a `StoreError` if the store does not take it.
   */
  async begin(brought: Redemption, madeKey: string | undefined): Promise<void> {
    const { source, runtime } = this.#parts;
    if (brought.refreshToken === undefined) throw noRefreshToken(source);
    const arrivedAt = reliable(runtime.clock ?? wallClock)();
    await this.#replace((record, { fencingToken }) => {
      const next = begun(record, brought, { configured: source.refreshToken, arrivedAt });
      const keys = source.madeKey && madeKey ? { ...next.keys, [source.madeKey.name]: madeKey } : next.keys;
      if (!("token" in brought)) return { ...next, keys };
      const audience = JSON.stringify(source.audience);
      return withToken({ ...next, keys }, brought.token, { audience, arrivedAt, fencingToken });
    });
  }

  /** The refresh token to revoke, or where there is none the last access token; `undefined` where there is nothing. */
  async presentable(): Promise<Presentable | undefined> {
    const { persistence, source } = this.#parts;
    const { record } = (await persistence?.repository.read()) ?? {};
    const refreshToken = record === undefined ? source.refreshToken : refreshTokenOf(record, source.refreshToken);
    if (refreshToken !== undefined) return { token: refreshToken, hint: "refresh_token" };
    const accessToken = lastTokenIn(record)?.accessToken;
    return accessToken === undefined ? undefined : { token: accessToken, hint: "access_token" };
  }

  /** Takes all that could be presented out of the record. */
  async end(): Promise<void> {
    await this.#replace((record) => ended(record, this.#parts.source.refreshToken));
  }

  /** What the record says; `undefined` where there is no store. Rejects with a `StoreError` or `ConfigError` for one that cannot be used. */
  async look(): Promise<RecordView | undefined> {
    const { persistence, source } = this.#parts;
    if (persistence === undefined) return undefined;
    const { record } = await persistence.repository.read();
    return viewOf(record, source.refreshToken);
  }

  /** Takes the lease of the record for a moment, which proves that it can be written. `false` while another holds it. */
  async tryLease(): Promise<boolean> {
    const { repository } = this.#parts.persistence ?? {};
    const lease = await repository?.lock(LEASE_MS);
    if (lease !== undefined) await repository?.release(lease);
    return repository === undefined || lease !== undefined;
  }

  /**
   * Asks the server of the tokens what time it is, by a request that carries nothing secret. `undefined` where no server is
   * asked for tokens. Rejects with a `TransportError` where it does not answer.
   */
  async serverTime(): Promise<ServerTime | undefined> {
    const { source, connection } = this.#parts;
    if (!/^https?:$/.test(source.url.protocol)) return undefined;
    return serverTime(async (signal) => {
      const errand = errandOf(source, NOTHING_HELD, this.#parts, signal);
      await connection.read(signal);
      return { url: await endpointOf(source, errand, connection), errand };
    });
  }

  async #errand(signal: AbortSignal): Promise<Errand> {
    return errandOf(this.#parts.source, await this.#held(), this.#parts, signal);
  }

  /** A server may quote what it has issued. Of a store that cannot be read nothing is known. */
  async #held(): Promise<Omit<HeldSecrets, "madeKey">> {
    const { record } = (await this.#parts.persistence?.repository.read().catch(() => undefined)) ?? {};
    return { refreshToken: record?.refreshToken, accessToken: lastTokenIn(record)?.accessToken };
  }

  /** A process that is stopped for longer than its lease finds that others have written meanwhile: it takes another one. */
  async #replace(change: Change): Promise<void> {
    const { persistence, timeoutSecs } = this.#parts;
    if (persistence === undefined) return;
    const { key, repository } = persistence;
    const leaseSecs = timeoutSecs + LEASE_MARGIN_SECS;
    for (const _attempt of [1, 2]) {
      const lease = await lockWithin(repository, key, leaseSecs);
      if (await replaceUnder(lease, repository, change)) return;
    }
    throw notLocked(key, leaseSecs);
  }
}

type Change = (record: GrantRecord, lease: Lease) => GrantRecord;

/**
 * Under the lease, as a refresh is: whoever refreshes now is done before, or finds what was put here. `false` if a later lease has
 * written.
 */
async function replaceUnder(lease: Lease, repository: GrantRepository, change: Change): Promise<boolean> {
  try {
    const { record } = await repository.read();
    const isSaved = await repository.save(change(record, lease), lease);
    // What the store has not taken must not be reported as kept.
    await repository.flush();
    return isSaved;
  } finally {
    await repository.release(lease);
  }
}

/** Something that can be revoked (RFC 7009 §2.1). */
export interface Presentable {
  readonly token: string;
  readonly hint: "refresh_token" | "access_token";
}

/** A login that can be used once only: that is none of this command. */
function noRefreshToken({ type }: TokenSource): AuthError {
  const ways =
    "many servers want the scope offline_access, others a parameter such as access_type=offline in authorization_url";
  return new AuthError(`the login has brought no refresh token, which ${type} needs: ${ways}`);
}

/** The lease, waited for as a flight waits. */
async function lockWithin(repository: GrantRepository, key: string, seconds: number): Promise<Lease> {
  const timeLeft = stopwatch(2 * seconds);
  for (;;) {
    const lease = await repository.lock(seconds * 1000);
    if (lease !== undefined) return lease;
    if (timeLeft() === 0) throw notLocked(key, 2 * seconds);
    await repository.waitForRelease(2 * seconds * 1000 - timeLeft(), () => false);
  }
}

/** Of what is on record nothing is sent. */
const NOTHING_HELD = { refreshToken: undefined, accessToken: undefined };

/** Long enough to release it, and short enough to keep nobody waiting if that fails. */
const LEASE_MS = 1000;
