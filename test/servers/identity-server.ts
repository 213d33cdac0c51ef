/** What the start scripts give the suite: where a server is, and who may ask it. Data only, since it goes from process to process. */

import type { ClientAuthMethod, OAuth2ClientConfig } from "../../src/index.js";

export interface IdentityServer {
  readonly name: ServerName;
  /** With its version, as the table names it. */
  readonly title: string;
  /** Here a refresh token that was used once is worth nothing, and may end its grant. */
  readonly strict: Realm;
  /** Here a refresh token is taken again after its answer was lost, for the reason that `because` gives. */
  readonly forgiving?: Realm & { readonly because: string };
}

export type ServerName = "oidc-provider" | "keycloak" | "hydra" | "spring";

export interface Realm {
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly introspectionUrl: string;
  readonly revocationUrl: string;
  /** A client for each way to authenticate that the server offers. */
  readonly clients: Readonly<Partial<Record<ClientAuthMethod, ClientKeys>>>;
  /** The grants that the server offers beside client credentials and refresh tokens. */
  readonly grants?: {
    /** A token that `client` has, for one that is for `api`, where the server heeds whom it is asked for (RFC 8693). */
    readonly token_exchange?: { readonly client: ClientKeys; readonly api?: ClientKeys };
    /** A token of the workload, for one of the server's own (RFC 7523 §2.1). */
    readonly jwt_bearer?: { readonly client: ClientKeys; readonly audience: string };
    /** A client that shows a token of the workload in place of a secret (RFC 7523 §2.2). */
    /** A public client whose users agree in a browser, by a redirect to loopback or by a device code. */
    readonly login?: { readonly client_id: string };
    readonly client_assertion?: { readonly client: ClientKeys; readonly audience: string };
  };
  /** The server binds tokens to keys (RFC 9449). */
  readonly dpop?: {
    /** Whether it wants its nonces in proofs. */
    readonly wantsNonces: boolean;
    /** An API of its own that takes the bound tokens of a user, if it has one. */
    readonly userinfoUrl?: string;
  };
  /** The origin of an administration API, for `mintRefreshToken`. */
  readonly adminOrigin?: string;
}

/** The keys of a configuration that are the same in every test: the client, its scopes, and time for a busy machine. */
export interface ClientKeys extends OAuth2ClientConfig {
  readonly client_secret?: string;
  readonly scopes: string;
  readonly timeout_secs: number;
}
