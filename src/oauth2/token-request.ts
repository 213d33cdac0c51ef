/** The token request: what a client posts to its token endpoint (RFC 6749 §3.2, §4.4.2, §6). */

import type { HttpRequest } from "../http/exchange.js";
import { encodedParameters } from "../http/request-encoding.js";
import { authenticate } from "./client-authentication.js";
import type { OAuth2Client } from "./client-config.js";

/** The parameters of a grant; those that are `undefined` or empty are not sent (H5). */
export type Grant = { readonly grant_type: string } & Readonly<Record<string, string | undefined>>;

/** Asks the token endpoint at `tokenUrl` for a token by `grant`. */
export function tokenRequest(client: OAuth2Client, grant: Grant, tokenUrl: URL): HttpRequest {
  const authentication = authenticate(client);
  const { params, encoding, scope_separator: separator } = client;
  const scope = grant.scope?.replaceAll(" ", () => separator);
  const named = Object.entries({ ...grant, scope, ...authentication.params });
  const sent = [...params, ...named].filter((parameter): parameter is [string, string] => Boolean(parameter[1]));
  const { url, headers, body } = encodedParameters(tokenUrl, sent, encoding);
  return {
    method: "POST",
    url,
    headers: { accept: "application/json", ...client.headers, ...authentication.headers, ...headers },
    body,
  };
}
