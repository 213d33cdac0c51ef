/** Several processes' worth of grants over one store, against an IdP that the test plays. */

import type { GrantOptions, HeldSecrets } from "../../src/grant/grant-options.js";
import type { GrantRecord } from "../../src/grant/record.js";
import { PrivateRepository } from "../../src/grant/repository.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import type { Lease, StoredRecord, TokenStore } from "../../src/store/token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError } from "../../src/values/errors.js";
import type { Redemption } from "../../src/values/issued.js";
import { grantIn, type Place } from "./grants.js";

/** What an IdP issues: the n-th request gets `t<n>` and `r<n>`, for an hour. */
export function redemption(n: number, refreshToken: string | undefined = `r${n}`): Redemption {
  const text = `t${n}`;
  return { refreshToken, token: { text, credential: Credential.bearer(text), expiresIn: 3600 } };
}

export const invalidGrant = () => new AuthError("refused", { status: 400, error: "invalid_grant" });

/** An IdP that answers as told, and keeps what it was shown. */
export function playedIdp() {
  const idp = {
    presented: [] as (string | undefined)[],
    answer: (n: number, _held: HeldSecrets): Redemption | Promise<Redemption> => redemption(n),
    requestToken: async (held: HeldSecrets): Promise<Redemption> => {
      idp.presented.push(held.refreshToken);
      return idp.answer(idp.presented.length, held);
    },
  };
  return idp;
}

/** A store that fails where the test says so. */
export class FlakyStore implements TokenStore {
  readonly inner = new MemoryTokenStore();
  /** What rejects, by method; with the error that it rejects with. */
  readonly failing = new Map<"read" | "write" | "lock", Error>();
  writes = 0;

  async read(key: string): Promise<StoredRecord | undefined> {
    this.#fail("read");
    return this.inner.read(key);
  }

  async write(key: string, record: StoredRecord): Promise<boolean> {
    this.writes += 1;
    this.#fail("write");
    return this.inner.write(key, record);
  }

  async lock(key: string, milliseconds: number): Promise<Lease | undefined> {
    this.#fail("lock");
    return this.inner.lock(key, milliseconds);
  }

  #fail(method: "read" | "write" | "lock"): void {
    const error = this.failing.get(method);
    if (error !== undefined) throw error;
  }
}

export type PlayedIdp = ReturnType<typeof playedIdp>;

/** A process with a grant of that refresh token. */
export function processOf(
  idp: PlayedIdp,
  place: Place,
  refreshToken: string | undefined = "r0",
  options: Partial<GrantOptions> = {},
) {
  return grantIn(place, refreshToken, idp.requestToken, options);
}

/** The record of the grant, and of the one audience in it the access token, and why it was refused. */
export async function recordIn(place: Place): Promise<RecordOfOneAudience> {
  const record =
    place instanceof PrivateRepository
      ? (await place.read()).record
      : (JSON.parse((await place.read("test"))?.text ?? "null") as GrantRecord);
  const [token] = Object.values(record.tokens);
  const [refusal] = Object.values(record.refusals);
  return { ...record, accessToken: token?.accessToken, refusal };
}

type RecordOfOneAudience = GrantRecord & {
  readonly accessToken: string | undefined;
  readonly refusal: GrantRecord["failure"];
};

/** Both kinds of place. */
export const places: readonly (readonly [string, () => Place])[] = [
  ["in a store", () => new MemoryTokenStore()],
  ["private", () => new PrivateRepository()],
];
