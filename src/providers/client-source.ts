/** How an OAuth 2 client asks for tokens, and for what else it can be asked for: its server's metadata, and its other endpoints. */

import type { HttpRequest } from "../http/exchange.js";
import type { Errand } from "../oauth2/discovery.js";
import type { ServerMetadata } from "../oauth2/server-metadata.js";
import type { ClientParameters, Grant } from "../oauth2/token-request.js";
import type { TokenSource } from "./token-source.js";

/** A client, and the grant that it asks by. */
export interface ClientSource extends TokenSource {
  /** The scopes that it asks for. */
  readonly scope: string | undefined;
  /** The parameters that say for which API its tokens are (RFC 8707): identifiers, which are no secrets; throws before live ones are read. */
  targets(): readonly [string, string][];
  /** The same client, asking by another grant than its own. */
  by(grant: Grant): TokenSource;
  /** What the issuer says of itself, where there is one. */
  metadata?(errand: Errand): Promise<ServerMetadata>;
  /** A request of the client to another endpoint than that for tokens. */
  request(url: URL, parameters: ClientParameters): Promise<HttpRequest>;
}
