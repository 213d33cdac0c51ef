/**
 * Credentials: what a connector puts onto a request. Values that cannot be changed, cannot be built
 * unusable (A5), and print without their secret (S1, S3).
 */

import { type Brands, expiryOf } from "./brands.js";
import { faultsOfFields } from "./credential-fields.js";
import type {
  BasicCredential,
  BearerCredential,
  HeaderCredential,
  HeadersCredential,
  TokenCredential,
} from "./credential-kinds.js";
import { guarded } from "./guarded.js";

export type {
  BasicCredential,
  BearerCredential,
  HeaderCredential,
  HeadersCredential,
  TokenCredential,
} from "./credential-kinds.js";

/**
 * What goes onto a request. Switch on `type`. A credential is frozen, may be kept and shared, and
 * prints as `***` in logs; its fields give the secret only to code that names them. What copies or
 * compares it by its properties finds a `fingerprint` instead of the secret: equal credentials have
 * the same one within a process, and it means nothing outside of it.
 */
export type Credential = BearerCredential | HeaderCredential | HeadersCredential | BasicCredential | TokenCredential;

/** Makers of credentials, and what can be asked of one. */
export const Credential = {
  /**
   * A bearer token.
   *
   * @throws `TypeError` if it is empty or cannot stand in a header.
   * @example
   * Credential.bearer("eyJhbGciOi…"); // Authorization: Bearer eyJhbGciOi…
   */
  bearer(token: string): BearerCredential {
    return make({ type: "bearer", token });
  },

  /**
   * A header.
   *
   * @throws `TypeError` if name or value are not what RFC 9110 §5 allows.
   * @example
   * Credential.header("X-Api-Key", "k3y");
   */
  header(name: string, value: string): HeaderCredential {
    return make({ type: "header", name, value });
  },

  /**
   * Several headers that belong together; none at all for an API that wants no credential.
   *
   * @throws `TypeError` if a name or a value is not what RFC 9110 §5 allows, or if a name is given twice.
   * @example
   * Credential.headers({ "X-Api-Key": "k3y", "X-Tenant": "acme" });
   */
  headers(headers: Readonly<Record<string, string>>): HeadersCredential {
    return make({ type: "headers", headers: frozenCopy(headers) });
  },

  /**
   * User name and password; one of them may be empty.
   *
   * @throws `TypeError` if both are empty, if the user name has a colon, or if either has control
   * characters (RFC 7617 §2).
   */
  basic(username: string, password: string): BasicCredential {
    return make({ type: "basic", username, password });
  },

  /**
   * A raw token.
   *
   * @throws `TypeError` if it is empty or cannot stand in a header.
   */
  token(token: string): TokenCredential {
    return make({ type: "token", token });
  },

  /** Whether both are of one type and carry the same values. Header names differ in case freely. */
  equals(a: Credential, b: Credential): boolean {
    return secretOf(a) === secretOf(b) && labelOf(a) === labelOf(b);
  },

  /**
   * When this very credential expires, in milliseconds since the epoch: as the IdP has said, or as
   * `default_expires_in` does. `undefined` where that is not known: of one without a lifetime, of one that was made
   * here and comes from no provider, and of what is no credential.
   *
   * @example
   * const expiresAt = Credential.expiresAt(await provider.getToken());
   */
  expiresAt(credential: Credential): number | undefined {
    return expiryOf(credential);
  },

  /**
   * The value of an `Authorization` header: `Bearer …` for a bearer, the raw text for a token,
   * `undefined` for the kinds that are not one ready-made value of that header.
   */
  authorizationValue(credential: Credential): string | undefined {
    switch (credential.type) {
      case "bearer":
        return `Bearer ${credential.token}`;
      case "token":
        return credential.token;
      case "header":
      case "headers":
      case "basic":
        return undefined;
    }
  },
};

/** A new object of the same value, made here, whatever made the given one, and with none but these brands. Throws `TypeError`. */
export function remake(credential: Credential | undefined, brands: Brands = {}): Credential {
  switch (credential?.type) {
    case "bearer":
    case "token":
      return make({ type: credential.type, token: credential.token }, brands);
    case "header":
      return make({ type: credential.type, name: credential.name, value: credential.value }, brands);
    case "headers":
      return make({ type: credential.type, headers: frozenCopy(credential.headers) }, brands);
    case "basic":
      return make({ type: credential.type, username: credential.username, password: credential.password }, brands);
    default:
      throw new TypeError("not a credential: make one with Credential.bearer(token) or its kin");
  }
}

/** The one field that must not be seen; an API key used as user name has no password beside it. */
export function secretOf(credential: Credential): string {
  switch (credential.type) {
    case "bearer":
    case "token":
      return credential.token;
    case "header":
      return credential.value;
    case "headers":
      return JSON.stringify(Object.values(byLowerCaseName(credential.headers)));
    case "basic":
      return credential.password || credential.username;
  }
}

/** What tells two credentials apart that carry the same secret. */
function labelOf(credential: Credential): string {
  switch (credential.type) {
    case "header":
      return `header ${credential.name.toLowerCase()}`;
    case "headers":
      return `headers ${Object.keys(byLowerCaseName(credential.headers))}`;
    case "basic":
      return `basic ${credential.username}`;
    default:
      return credential.type;
  }
}

function byLowerCaseName(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function make<C extends Credential>(fields: C, brands: Brands = {}): C {
  const [first] = faultsOfFields(fields);
  if (first !== undefined) throw new TypeError(`the ${first.field} ${first.fault}`);
  return guarded(fields, JSON.stringify([labelOf(fields), secretOf(fields)]), brands);
}

/** What is no record is left to `faultsOfFields`. */
function frozenCopy<T>(headers: T): T {
  return typeof headers === "object" && headers !== null && !Array.isArray(headers)
    ? Object.freeze({ ...headers })
    : headers;
}
