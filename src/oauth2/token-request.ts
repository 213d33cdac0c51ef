/** The token request: what a client posts to its token endpoint (RFC 6749 §3.2, §4.4.2, §6). */

import type { HttpRequest } from "../http/exchange.js";
import { authenticate } from "./client-authentication.js";
import type { OAuth2Client } from "./client-config.js";

/** The parameters of a grant; those that are `undefined` or empty are not sent (H5). */
export type Grant = { readonly grant_type: string } & Readonly<Record<string, string | undefined>>;

/** Asks for a token by `grant`. */
export function tokenRequest(client: OAuth2Client, grant: Grant): HttpRequest {
  const authentication = authenticate(client);
  const form = new URLSearchParams();
  for (const [name, value] of [...client.params, ...Object.entries({ ...grant, ...authentication.params })]) {
    if (value) form.append(name, value);
  }
  return {
    method: "POST",
    url: client.token_url,
    headers: {
      accept: "application/json",
      ...client.headers,
      ...authentication.headers,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
  };
}
