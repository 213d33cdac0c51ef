/** A client of a token endpoint as the OAuth 2 providers take it: what it is shown by may be another provider's token (K3, K4). */

import type { ClientConfig } from "../oauth2/client-config.js";
import type { TokenConfig } from "./provider-token.js";
import type { ProviderKey } from "./provider-value.js";

/** A client of a token endpoint, as configured. */
export interface OAuth2ClientConfig extends ClientConfig {
  /** The client's identifier (RFC 6749 §2.2). */
  readonly client_id: string;
  /**
   * An assertion that somebody else issues to the client: a token of Kubernetes, SPIFFE or a CI system, or that of another
   * provider, `{ ref: name }`. It stands in place of a secret, and needs no `token_endpoint_auth_method`.
   */
  readonly client_assertion?: TokenConfig | null;
}

/** The same for a grant that says by itself who asks. */
export interface OptionalClientConfig extends ClientConfig {
  /** The client's identifier (RFC 6749 §2.2). Without it, no client is named. */
  readonly client_id?: string | null;
  /**
   * An assertion that somebody else issues to the client: a token of Kubernetes, SPIFFE or a CI system, or that of another
   * provider, `{ ref: name }`. It stands in place of a secret, and needs no `token_endpoint_auth_method`.
   */
  readonly client_assertion?: TokenConfig | null;
}

/** Where another provider's token may stand for every client. */
export const CLIENT_TOKENS: readonly ProviderKey[] = [{ key: "client_assertion", role: "client" }];
