/** How a client authenticates at its token endpoint (RFC 6749 §2.3.1, §3.2; K1). */

import type { OAuth2Client } from "./client-config.js";

/** What client authentication adds to a token request. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** The client's authentication by its method. */
export function authenticate(client: OAuth2Client): ClientAuthentication {
  const { token_endpoint_auth_method: method, client_id, client_secret } = client;
  switch (method) {
    case "client_secret_post":
      return { headers: {}, params: { client_id, client_secret } };
    case "client_secret_basic":
      return { headers: { authorization: `Basic ${basicCredentials(client)}` }, params: {} };
    case "none":
      return { headers: {}, params: { client_id } };
  }
}

/** Each part form-encoded first, as RFC 6749 §2.3.1 wants it; or as it is, as RFC 7617 alone does. */
function basicCredentials({ client_id: id, client_secret: secret = "", basic_auth_encoding }: OAuth2Client): string {
  const encode = basic_auth_encoding === "form" ? formEncoded : (text: string): string => text;
  return Buffer.from(`${encode(id)}:${encode(secret)}`).toString("base64");
}

/** A space is `%20`, since some servers decode percent signs only, and every server those. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1).replaceAll("+", "%20");
}
