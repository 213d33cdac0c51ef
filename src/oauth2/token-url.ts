/** Where tokens are asked for: at the URL that is configured, or at the one that the issuer names (K7). */

import type { OAuth2Client } from "./client-config.js";
import { Discovery, type Errand } from "./discovery.js";
import { endpointOf, type ServerMetadata } from "./server-metadata.js";

/** The token endpoint of one client. */
export interface TokenUrl {
  /** What is configured, which stays what it is when the endpoint moves: the URL itself, or the issuer. */
  readonly configured: URL;
  /** The URL to ask now. */
  find(errand: Errand): Promise<URL>;
  /** What the issuer says of itself, where there is one. */
  metadata?(errand: Errand): Promise<ServerMetadata>;
}

/** The keys of a client that decide it. */
export type EndpointOfClient = Pick<OAuth2Client, "token_url" | "issuer" | "token_endpoint_auth_method">;

/** That of a client whose keys have been checked: it has a URL, or an issuer. */
export function tokenUrlOf({ token_url: url, issuer, token_endpoint_auth_method: method }: EndpointOfClient): TokenUrl {
  if (issuer === undefined) return { configured: url as URL, find: async () => url as URL };
  const discovery = new Discovery(issuer);
  const showsCertificate = CERTIFICATE_METHODS.has(method);
  return {
    configured: issuer,
    metadata: (errand) => discovery.metadata(errand),
    find: async (errand) => endpointOf(await discovery.metadata(errand), "token_endpoint", { showsCertificate }),
  };
}

/** RFC 8705 §2. */
const CERTIFICATE_METHODS: ReadonlySet<string | undefined> = new Set([
  "tls_client_auth",
  "self_signed_tls_client_auth",
]);
