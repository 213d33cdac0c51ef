/** The kinds of credentials, as their fields: what makes them, and what checks them, is beside this file. */

/** A bearer token (RFC 6750): `Authorization: Bearer <token>`. */
export interface BearerCredential {
  /** Which kind of credential this is. */
  readonly type: "bearer";
  /** The token, as the IdP spells it. */
  readonly token: string;
}

/** A header of its own, such as `X-Api-Key`. */
export interface HeaderCredential {
  /** Which kind of credential this is. */
  readonly type: "header";
  /** The header's name (RFC 9110 §5.1). */
  readonly name: string;
  /** The header's whole value. */
  readonly value: string;
}

/** Several headers that only together are a credential, such as a key and the tenant that it is for. */
export interface HeadersCredential {
  /** Which kind of credential this is. */
  readonly type: "headers";
  /** Their values, by name: one at least, and no name twice in any case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** User name and password for HTTP Basic authentication (RFC 7617). */
export interface BasicCredential {
  /** Which kind of credential this is. */
  readonly type: "basic";
  /** The user name, without a colon; an API key where the password is empty. */
  readonly username: string;
  /** The password; it may be empty. */
  readonly password: string;
}

/** A raw token, for connectors that place it themselves. */
export interface TokenCredential {
  /** Which kind of credential this is. */
  readonly type: "token";
  /** The token, as the IdP spells it. */
  readonly token: string;
}

/** The fields of any of them. */
export type CredentialFields =
  | BearerCredential
  | HeaderCredential
  | HeadersCredential
  | BasicCredential
  | TokenCredential;
