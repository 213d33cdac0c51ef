/** The client of a token endpoint, and how it authenticates there (RFC 6749 §2.3.1, §3.2). */

/** How a client shows who it is. The names are those of RFC 7591 §2. */
export type ClientAuthMethod = "client_secret_post" | "client_secret_basic" | "none";

/** A registered client and the endpoint that it asks for tokens. */
export interface OAuth2Client {
  readonly tokenUrl: URL;
  readonly clientId: string;
  /** Absent with the method `none` only. */
  readonly clientSecret: string | undefined;
  readonly authMethod: ClientAuthMethod;
  /** Sent with every token request, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with every token request, such as `audience` or `resource`. */
  readonly params: Readonly<Record<string, string>>;
}

/** What client authentication adds to a token request. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** The client's authentication by its method. */
export function authenticate({ authMethod, clientId, clientSecret }: OAuth2Client): ClientAuthentication {
  switch (authMethod) {
    case "client_secret_post":
      return { headers: {}, params: { client_id: clientId, client_secret: clientSecret } };
    case "client_secret_basic":
      return { headers: { authorization: `Basic ${basicCredentials(clientId, clientSecret ?? "")}` }, params: {} };
    case "none":
      return { headers: {}, params: { client_id: clientId } };
  }
}

/** Each part form-encoded first, as RFC 6749 §2.3.1 wants it and RFC 7617 alone would not. */
function basicCredentials(clientId: string, clientSecret: string): string {
  return Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64");
}

function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
