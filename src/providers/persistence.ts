/** Where a provider keeps the record of its grant: in its own memory, or in a store that others share. */

import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { optional, text, withDefault } from "../config/fields.js";
import { crateFiles, crateKeys } from "../grant/crate-files.js";
import { formerKey, type Inherit } from "../grant/inheritance.js";
import { StoredRepository } from "../grant/stored-repository.js";
import { displayUrl } from "../http/url.js";
import type { TokenStore } from "../store/token-store.js";
import { canonical } from "./canonical.js";
import { configuredStore, type StoreConfig, storeFields } from "./configured-store.js";
import type { Runtime } from "./runtime.js";
import type { RecordPlace } from "./shared-grants.js";

/** How a grant is kept beyond the life of a process. */
export interface PersistConfig extends StoreConfig {
  /**
   * The key of the record in the store. Whoever gives one says that all refresh tokens that are ever configured
   * under it belong to one account.
   * @default made of token endpoint, client and refresh token; without a refresh token, of the provider's name
   */
  readonly key?: string | null;
  /**
   * Whether a store that fails is an error, even where a token can be had.
   * @default false
   */
  readonly strict?: boolean | null;
}

/** The field for it. */
export const persistField = () =>
  z.strictObject({ ...storeFields(), key: optional(text()), strict: withDefault(z.boolean(), false) });

/** That in its normal form. */
export type PersistSettings = z.output<ReturnType<typeof persistField>>;

/** What tells a grant from others. Its fingerprints are stored, never its parts. */
export interface GrantOrigin {
  readonly type: string;
  readonly url: URL;
  /** Absent for a login that is not OAuth 2. */
  readonly clientId?: string | undefined;
  /** The refresh token that the grant starts with, for one that has such. */
  readonly refreshToken?: string | undefined;
  /** Whether one may come by a login, though none is configured. */
  readonly mayHaveRefreshTokens?: boolean | undefined;
  /** What is asked, without scopes and parameters: it tells one account from another (D8). */
  readonly account: readonly unknown[];
  /** What earlier releases told the account by, where that was something else than `account` as it is given. */
  readonly formerAccount?: readonly unknown[] | undefined;
  /** Scopes and parameters, in no particular order: they tell the tokens of one grant apart (D9). */
  readonly audience: readonly unknown[];
  /** What default keys of earlier releases were made of. */
  readonly formerOrigin?: readonly unknown[] | undefined;
}

/** Where the record of a grant is, and how it is opened. */
export interface Persistence {
  readonly key: string;
  readonly strict: boolean;
  readonly repository: StoredRepository;
  readonly place: RecordPlace;
  /** The folder that it is in, of a store that keeps files. */
  readonly folder: string | undefined;
  /** Closes what was opened here. */
  close(): Promise<void>;
}

/** The persistence that a configuration and a runtime ask for, if they ask for any. */
export function persistenceOf(
  persist: PersistSettings | undefined,
  origin: GrantOrigin,
  runtime: Runtime,
): Persistence | undefined {
  const { name = origin.type, random = Math.random } = runtime;
  const configured = configuredStore(persist, runtime);
  if (configured === undefined) return undefined;
  const { store, place, folder, close } = configured;
  const { type, refreshToken, account, formerAccount = account } = origin;
  const key = persist?.key ?? defaultKey(name, origin);
  const strict = persist?.strict ?? false;
  return {
    key,
    strict,
    repository: new StoredRepository({
      store,
      name: { type, name, key },
      account: JSON.stringify(canonical(account)),
      formerAccount: JSON.stringify(formerAccount),
      inherit: inheritanceOf(persist, name, origin, { store, folder }),
      hasRefreshToken: refreshToken !== undefined || origin.mayHaveRefreshTokens === true,
      strict,
      random,
    }),
    place: { store: place, key },
    folder,
    close,
  };
}

/** Only a grant with a refresh token has something to lose. */
function inheritanceOf(
  persist: PersistSettings | undefined,
  name: string,
  { type, url, clientId = "", refreshToken, formerOrigin }: GrantOrigin,
  { store, folder }: { store: TokenStore; folder: string | undefined },
): readonly Inherit[] {
  if (refreshToken === undefined) return [];
  const former =
    persist?.key === undefined && formerOrigin !== undefined ? [named(name, [type, name, ...formerOrigin])] : [];
  const crate = crateKeys(persist?.key, { url, clientId, configured: refreshToken });
  return [
    ...former.map((key) => formerKey(store, key, refreshToken)),
    ...(folder === undefined ? [] : [crateFiles(folder, crate, refreshToken)]),
  ];
}

/**
 * The configured refresh token tells one grant from another, and scopes, parameters and names do not (D5).
 * Grants without one go by the provider's name.
 */
function defaultKey(name: string, { type, url, clientId, refreshToken }: GrantOrigin): string {
  const place = [type, displayUrl(url), clientId];
  return refreshToken === undefined ? named(name, [...place, name]) : named(type, [...place, refreshToken]);
}

/** Readable, and another one for whatever has other parts. */
function named(name: string, parts: readonly unknown[]): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40);
  return `${readable}-${shortHash(parts)}`;
}

function shortHash(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
