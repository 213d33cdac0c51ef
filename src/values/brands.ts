/**
 * What is known of a credential beside its secret. It travels with the object, hidden from whoever goes through its
 * properties, under symbols that every copy of this library in a process shares.
 */

/** All of it. Each is absent where nothing is known. */
export interface Brands {
  /** The bare token, of a credential that has it within a longer text or in another place than `Authorization` (K4). */
  readonly token?: string | undefined;
  /** When the credential expires, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** The address of the API that the credential is for. */
  readonly baseUrl?: string | undefined;
  /** The id by which the broker that gave the credential knows it (L4). */
  readonly brokerId?: string | undefined;
  /** Called when an API has accepted the credential, as often as a wrapper says so (F5). */
  readonly onAccepted?: (() => void) | undefined;
}

const SYMBOLS: Readonly<Record<keyof Brands, symbol>> = {
  token: Symbol.for("faucet-auth.token"),
  expiresAt: Symbol.for("faucet-auth.expiresAt"),
  baseUrl: Symbol.for("faucet-auth.baseUrl"),
  brokerId: Symbol.for("faucet-auth.brokerId"),
  onAccepted: Symbol.for("faucet-auth.onAccepted"),
};

/** Puts `brands` onto an object that is being made, as getters: what prints hidden properties shows no value. */
export function brand(credential: object, brands: Brands): void {
  for (const [name, symbol] of Object.entries(SYMBOLS)) {
    const value = brands[name as keyof Brands];
    if (value !== undefined) Object.defineProperty(credential, symbol, { enumerable: false, get: () => value });
  }
}

/** The bare token that `credential` was made of, where it is not all of its text. */
export function bareTokenOf(credential: unknown): string | undefined {
  const token = brandOf(credential, "token");
  return typeof token === "string" ? token : undefined;
}

/** When `credential` expires, whichever copy of this library has made it. */
export function expiryOf(credential: unknown): number | undefined {
  const expiresAt = brandOf(credential, "expiresAt");
  return typeof expiresAt === "number" && Number.isFinite(expiresAt) ? expiresAt : undefined;
}

/** The address of the API that `credential` is for, whichever copy of this library has made it. */
export function baseUrlOf(credential: unknown): string | undefined {
  const baseUrl = brandOf(credential, "baseUrl");
  return typeof baseUrl === "string" ? baseUrl : undefined;
}

/** The id by which a broker knows `credential`, whichever copy of this library has it from there. */
export function brokerIdOf(credential: unknown): string | undefined {
  const id = brandOf(credential, "brokerId");
  return typeof id === "string" ? id : undefined;
}

/** An API has accepted `credential`: tells the cache that it came from, whatever provider stands between (F5). */
export function reportAccepted(credential: unknown): void {
  const onAccepted = brandOf(credential, "onAccepted");
  if (typeof onAccepted === "function") onAccepted();
}

function brandOf(credential: unknown, name: keyof Brands): unknown {
  return (credential as Readonly<Record<symbol, unknown>> | null | undefined)?.[SYMBOLS[name]];
}
