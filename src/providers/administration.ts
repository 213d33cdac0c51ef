/**
 * What a person does with a grant, beside having its tokens: look at its record, and at the clock of its server. The command
 * line asks for it; it is no part of the public surface.
 */

import type { AuthProvider } from "../auth-provider.js";
import { within } from "../failure/deadline.js";
import type { GrantRecord } from "../grant/record.js";
import type { GrantRepository } from "../grant/repository.js";
import { dateOf } from "../http/http-date.js";
import { displayUrl } from "../http/url.js";
import { reliable, wallClock } from "../values/clock.js";
import { TransportError } from "../values/errors.js";
import type { Connection } from "./connection.js";
import { endpointOf, errandWith } from "./requester.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** As a provider of ours gives its administration. */
export const ADMINISTRATION: unique symbol = Symbol("administration");

/** That of `provider`; `undefined` of one that has no grant of its own: a static one, another audience, a user's own type. */
export function administrationOf(provider: AuthProvider): Administration | undefined {
  return (provider as { readonly [ADMINISTRATION]?: () => Administration })[ADMINISTRATION]?.();
}

/** What is known of a grant without asking anybody. Instants are in milliseconds since the epoch. */
export interface RecordView {
  /** Whether there is a refresh token to present, be it recorded or configured. */
  readonly hasRefreshToken: boolean;
  /** When the last token was issued, if that is known. */
  readonly issuedAt: number | undefined;
  /** When that token ends, if it does. */
  readonly expiresAt: number | undefined;
  /** When the refresh token itself ends, if the server says so. */
  readonly refreshTokenExpiresAt: number | undefined;
  /** Why the last request has failed, if it has. */
  readonly failure: { readonly message: string; readonly retryable: boolean; readonly at: number } | undefined;
}

/** What an administration is made of. */
export interface AdministrationParts {
  readonly source: TokenSource;
  readonly connection: Connection;
  readonly runtime: Runtime;
  /** Where its record is, if it is in a store. */
  readonly persistence:
    | { readonly key: string; readonly repository: GrantRepository; readonly folder: string | undefined }
    | undefined;
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
    const { source, connection, runtime } = this.#parts;
    if (!/^https?:$/.test(source.url.protocol)) return undefined;
    const clock = reliable(runtime.clock ?? wallClock);
    const late = (): Error => new TransportError(`no answer within ${ANSWER_MS / 1000} s`);
    return within(ANSWER_MS, late, async (signal) => {
      const errand = errandWith(() => source.secrets, connection, { clock, signal });
      await connection.read(signal);
      const url = new URL(displayUrl(await endpointOf(source, errand, connection)));
      const answer = await errand.send({ method: "HEAD", url, headers: {} });
      return { server: url.origin, skew: skewOf(dateOf(answer), answer.receivedAt) };
    });
  }
}

/** A server that takes longer, in milliseconds, does not answer. */
const ANSWER_MS = 10_000;

/** What the clock of a server says. */
export interface ServerTime {
  readonly server: string;
  /** By how many milliseconds our clock is ahead of the server's; `undefined` where the server does not say. */
  readonly skew: number | undefined;
}

/** Long enough to release it, and short enough to keep nobody waiting if that fails. */
const LEASE_MS = 1000;

/** The header has whole seconds: within the second that it names, nothing is ahead of anything. */
function skewOf(date: number | undefined, now: number): number | undefined {
  if (date === undefined) return undefined;
  const ahead = now - date;
  return ahead > 1000 ? ahead - 1000 : Math.min(ahead, 0);
}

function viewOf(record: GrantRecord, configured: string | undefined): RecordView {
  const [last] = Object.values(record.tokens).sort((a, b) => b.revision - a.revision);
  const { issuedAt, expiresIn } = last ?? {};
  const { failure } = record;
  return {
    hasRefreshToken: record.refreshToken !== undefined || configured !== undefined,
    issuedAt,
    expiresAt: issuedAt === undefined || expiresIn === undefined ? undefined : issuedAt + expiresIn * 1000,
    refreshTokenExpiresAt: record.refreshTokenExpiresAt,
    failure: failure && {
      message: failure.error.message,
      retryable: failure.error.retryable,
      at: failure.gate.failedAt,
    },
  };
}
