/**
 * Credentials: what a connector puts onto a request. Values that cannot be changed, cannot be built
 * unusable (A5), and print without their secret (S1, S3).
 */

import { type Brands, bareTokenOf, baseUrlOf, expiryOf } from "./brands.js";
import { labelOf, secretOf } from "./credential-content.js";
import { refuseCopy } from "./credential-copy.js";
import { faultsOfFields } from "./credential-fields.js";
import type {
  BasicCredential,
  BearerCredential,
  BodyCredential,
  CompositeCredential,
  CookieCredential,
  HeaderCredential,
  HeadersCredential,
  PartCredential,
  QueryCredential,
  SignerCredential,
  TokenCredential,
} from "./credential-kinds.js";
import { guarded } from "./guarded.js";
import { isPlainRecord } from "./plain-record.js";

export type {
  BasicCredential,
  BearerCredential,
  BodyCredential,
  CompositeCredential,
  CookieCredential,
  HeaderCredential,
  HeadersCredential,
  IsChallenge,
  PartCredential,
  QueryCredential,
  Sign,
  SignableRequest,
  SignedAnswer,
  SignerCredential,
  TokenCredential,
} from "./credential-kinds.js";

/**
 * What goes onto a request. Switch on `type`. A credential is frozen, may be kept and shared, and
 * prints as `***` in logs; its fields give the secret only to code that names them. What copies or
 * compares it by its properties finds a `fingerprint` instead of the secret: equal credentials have
 * the same one within a process, and it means nothing outside of it.
 */
export type Credential = PartCredential | CompositeCredential;

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

  /**
   * A parameter of the query, in place of those of the same name.
   *
   * @throws `TypeError` if name or value are empty.
   * @example
   * Credential.query("api_key", "k3y"); // https://api.example/rows?api_key=k3y
   */
  query(name: string, value: string): QueryCredential {
    return make({ type: "query", name, value });
  },

  /**
   * A cookie, beside those that a request has already.
   *
   * @throws `TypeError` if the name is not what RFC 6265 §4.1.1 allows, or the value would end the cookie.
   */
  cookie(name: string, value: string): CookieCredential {
    return make({ type: "cookie", name, value });
  },

  /**
   * A member of a JSON object, or a field of a form. A request with another body cannot carry it.
   *
   * @throws `TypeError` if name or value are empty.
   */
  body(name: string, value: string): BodyCredential {
    return make({ type: "body", name, value });
  },

  /**
   * A signature that is made for each request, and anew when a request is sent again.
   *
   * @throws `TypeError` if scheme or secret are empty, or `sign` is no function.
   * @example
   * Credential.signer({
   *   scheme: "ACME",
   *   secret: key,
   *   sign: ({ method, url }) => Credential.header("x-signature", hmac(key, `${method} ${url}`)),
   * });
   */
  signer(signer: Omit<SignerCredential, "type">): SignerCredential {
    return make(signerFields(signer));
  },

  /**
   * Several credentials that only together authorize a request.
   *
   * @throws `TypeError` if there is none, or if one of them is a composite itself.
   * @example
   * Credential.composite([Credential.bearer("t0ken"), Credential.query("tenant_key", "k3y")]);
   */
  composite(parts: readonly PartCredential[]): CompositeCredential {
    return make({ type: "composite", parts: partsOf(parts) });
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
   * The address of the API that this very credential is for, where only the IdP's answer tells it; `authFetch` resolves
   * relative URLs against it. `undefined` where it is not known.
   */
  baseUrl(credential: Credential): string | undefined {
    return baseUrlOf(credential);
  },

  /**
   * The value of an `Authorization` header: `Bearer …` for a bearer, the raw text for a token,
   * `undefined` for the kinds that are not one ready-made value of that header.
   *
   * @throws `TypeError` for a copy of a credential, which has no secret in it.
   */
  authorizationValue(credential: Credential): string | undefined {
    refuseCopy(credential);
    if (credential.type === "bearer") return `Bearer ${credential.token}`;
    return credential.type === "token" ? credential.token : undefined;
  },
};

/** A new object of the same value, made here, whatever made the given one, and with no brands but its bare token and these. Throws `TypeError`. */
export function remake(credential: Credential | undefined, added: Brands = {}): Credential {
  const brands: Brands = { token: bareTokenOf(credential), ...added };
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
    case "query":
    case "cookie":
    case "body":
      return make({ type: credential.type, name: credential.name, value: credential.value }, brands);
    case "signer":
      return make(signerFields(credential), brands);
    case "composite":
      return make({ type: credential.type, parts: partsOf(credential.parts) }, brands);
    default:
      throw new TypeError("not a credential: make one with Credential.bearer(token) or its kin");
  }
}

function make<C extends Credential>(fields: C, brands: Brands = {}): C {
  const [first] = faultsOfFields(fields);
  if (first !== undefined) throw new TypeError(`the ${first.field} ${first.fault}`);
  return guarded(fields, JSON.stringify([labelOf(fields), secretOf(fields)]), brands);
}

/** The signer's own object is kept, since it may have a state. */
function signerFields(signer: Omit<SignerCredential, "type">): SignerCredential {
  const { scheme, secret, sign, isChallenge } = signer ?? {};
  const bound = (given: unknown) => (typeof given === "function" ? given.bind(signer) : given);
  const challenge = isChallenge === undefined ? {} : { isChallenge: bound(isChallenge) };
  return { type: "signer", scheme, secret, sign: bound(sign), ...challenge };
}

/** What is no list is left to `faultsOfFields`. */
function partsOf(parts: readonly PartCredential[]): readonly PartCredential[] {
  return Array.isArray(parts) ? Object.freeze(parts.map((part) => remake(part) as PartCredential)) : parts;
}

/** What is no record is left to `faultsOfFields`. */
function frozenCopy<T>(headers: T): T {
  return isPlainRecord(headers) ? Object.freeze({ ...headers }) : headers;
}
