/** The keys by which a configuration describes an OAuth 2 client. */

import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { headers, optional, parameters, text, url, withDefault } from "../config/fields.js";
import { displayUrl } from "../http/url.js";
import type { ClientAuthMethod, OAuth2Client } from "./client.js";

/** A client of a token endpoint, as configured. */
export interface OAuth2ClientConfig {
  /** The token endpoint (RFC 6749 §3.2). */
  readonly token_url: string;
  readonly client_id: string;
  /** Required, unless `token_endpoint_auth_method` is `none`. */
  readonly client_secret?: string | null;
  /** How the client authenticates (RFC 6749 §2.3.1); `client_secret_post` by default. */
  readonly token_endpoint_auth_method?: ClientAuthMethod | null;
  /** Further form parameters, such as `audience` or `resource`. */
  readonly params?: Readonly<Record<string, string | number | boolean | null>> | null;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string | number | boolean>> | null;
}

/** The client's keys in their normal form. */
export interface OAuth2ClientSettings {
  readonly token_url: URL;
  readonly client_id: string;
  readonly client_secret: string | undefined;
  readonly token_endpoint_auth_method: ClientAuthMethod;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The fields for those keys. */
export function clientFields(): { [Key in keyof OAuth2ClientSettings]: z.ZodMiniType<OAuth2ClientSettings[Key]> } {
  return {
    token_url: url(),
    client_id: text(),
    client_secret: optional(text()),
    token_endpoint_auth_method: withDefault(z.enum(AUTH_METHODS), "client_secret_post"),
    params: withDefault(parameters(), {}),
    headers: withDefault(headers(), {}),
  };
}

/** A secret where the method needs one, none where it has no use. */
const secretFitsMethod: Relation = ({ client_secret: secret, token_endpoint_auth_method: method }) => {
  if (method === "none") {
    return isGiven(secret)
      ? [{ path: "client_secret", message: "has no use with token_endpoint_auth_method: none" }]
      : [];
  }
  return isGiven(secret) ? [] : [{ path: "client_secret", message: "is required: a string" }];
};

/** Extra parameters must not replace those that make the request what it is. */
const paramsKeepTheGrant: Relation = ({ params }) => {
  const names = typeof params === "object" && params !== null ? Object.keys(params) : [];
  const replaced = names.filter((name) => Object.hasOwn(OWN_PARAMS, name));
  return replaced.map((name) => ({ path: `params.${name}`, message: OWN_PARAMS[name] ?? "" }));
};

/** How a client's keys must stand to each other. */
export const clientRelations: readonly Relation[] = [secretFitsMethod, paramsKeepTheGrant];

/** The client that `settings` describe. */
export function clientOf(settings: OAuth2ClientSettings): OAuth2Client {
  return {
    tokenUrl: settings.token_url,
    clientId: settings.client_id,
    clientSecret: settings.client_secret,
    authMethod: settings.token_endpoint_auth_method,
    headers: settings.headers,
    params: settings.params,
  };
}

/** What of it may be printed. */
export function visibleClient(client: OAuth2Client): Record<string, unknown> {
  const secret = client.clientSecret === undefined ? {} : { client_secret: "***" };
  return { token_url: displayUrl(client.tokenUrl), client_id: client.clientId, ...secret };
}

/** What of it tells its grants from those of others, and does not change when a secret does. */
export function identityOf({ tokenUrl, clientId, params }: OAuth2Client): readonly unknown[] {
  return [displayUrl(tokenUrl), clientId, Object.entries(params).sort()];
}

const AUTH_METHODS = ["client_secret_post", "client_secret_basic", "none"] as const;

const OWN_PARAMS: Readonly<Record<string, string>> = {
  grant_type: "is set by the provider's type",
  client_id: "is a key of its own: client_id",
  client_secret: "is a key of its own: client_secret",
  refresh_token: "is a key of its own, of type oauth2_refresh: refresh_token",
  scope: "is a key of its own: scopes",
};
