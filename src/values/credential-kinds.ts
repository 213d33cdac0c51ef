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

/** A parameter of the query (RFC 3986 §3.4), such as `?api_key=…`. */
export interface QueryCredential {
  /** Which kind of credential this is. */
  readonly type: "query";
  /** The parameter's name, as it is before it is encoded. */
  readonly name: string;
  /** The parameter's value, as it is before it is encoded. */
  readonly value: string;
}

/** A cookie (RFC 6265 §4.2). */
export interface CookieCredential {
  /** Which kind of credential this is. */
  readonly type: "cookie";
  /** The cookie's name. */
  readonly name: string;
  /** The cookie's value, as it stands in the header. */
  readonly value: string;
}

/** A member of the body: of a JSON object, or of a form. */
export interface BodyCredential {
  /** Which kind of credential this is. */
  readonly type: "body";
  /** The name of the member, or of the form's field. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** A signature or a proof, which is made anew for each request. */
export interface SignerCredential {
  /** Which kind of credential this is. */
  readonly type: "signer";
  /** What is made, such as `OAuth`: it may be printed. */
  readonly scheme: string;
  /** What tells this signer from others of its scheme: a key, or the token that goes with it. */
  readonly secret: string;
  /** Makes what goes onto a request, once all else is on it. */
  readonly sign: Sign;
  /** Whether a request must be signed and sent again because of an answer, which then is no refusal. */
  readonly isChallenge?: IsChallenge | undefined;
}

/** Makes what authorizes one request: a credential that needs no signing itself. */
export type Sign = (request: SignableRequest) => PartCredential | CompositeCredential;

/** Looks at the answer to a signed request. */
export type IsChallenge = (answer: SignedAnswer) => boolean;

/** A request as it is sent, except for what is made of it. */
export interface SignableRequest {
  /** The HTTP method, in upper case. */
  readonly method: string;
  /** The absolute URL with its query. */
  readonly url: string;
  /** The value of the header `name` in any case; `null` if there is none. */
  header(name: string): string | null;
  /**
   * The body; `undefined` if there is none.
   * @throws `TypeError` if it can be read only once.
   */
  body(): string | Uint8Array | undefined;
}

/** The answer to a signed request. */
export interface SignedAnswer {
  /** The origin that has answered. */
  readonly origin: string;
  /** The HTTP status. */
  readonly status: number;
  /** The answer's headers. */
  readonly headers: {
    /** The value of the header `name` in any case; `null` if there is none. */
    get(name: string): string | null;
  };
}

/** Several credentials that only together authorize a request. */
export interface CompositeCredential {
  /** Which kind of credential this is. */
  readonly type: "composite";
  /** They are put onto a request in this order; those that sign it come after the others. */
  readonly parts: readonly PartCredential[];
}

/** What a composite credential can be made of. */
export type PartCredential =
  | BearerCredential
  | HeaderCredential
  | HeadersCredential
  | BasicCredential
  | TokenCredential
  | QueryCredential
  | CookieCredential
  | BodyCredential
  | SignerCredential;

/** The fields of any of them. */
export type CredentialFields = PartCredential | CompositeCredential;
