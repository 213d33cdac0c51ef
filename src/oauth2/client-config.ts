/** The keys by which a configuration describes an OAuth 2 client. */

import * as z from "zod/mini";
import { authorizedOnce, givesUserinfo, headersNamed } from "../config/authorization.js";
import { isGiven, type Relation } from "../config/check.js";
import { optional, type Settings, text, textOrEmpty, withDefault } from "../config/fields.js";
import { headers, parameters } from "../config/parameters.js";
import { displayUrl } from "../http/url.js";
import type { ConfigFault } from "../values/errors.js";
import { ENDPOINT_RELATIONS, endpointFields, type TokenEndpoint } from "./endpoint-config.js";

/**
 * How a client shows who it is, by the names of RFC 7591 §2: the secret in the form (RFC 6749 §2.3.1), the secret as
 * HTTP Basic credentials, or no secret at all, for public clients.
 */
export type ClientAuthMethod = "client_secret_post" | "client_secret_basic" | "none";

const AUTH_METHODS: readonly ClientAuthMethod[] = ["client_secret_post", "client_secret_basic", "none"];

/** A client of a token endpoint, as configured. */
export interface OAuth2ClientConfig extends TokenEndpoint {
  /** The client's identifier (RFC 6749 §2.2). */
  readonly client_id: string;
  /**
   * The client's secret (RFC 6749 §2.3.1). Required, unless `token_endpoint_auth_method` is `none`. With
   * `client_secret_basic` it may be empty.
   */
  readonly client_secret?: string | null;
  /**
   * How the client authenticates (RFC 6749 §2.3.1): `client_secret_post`, `client_secret_basic`, or `none` for a
   * client without a secret.
   *
   * @default client_secret_post
   */
  readonly token_endpoint_auth_method?: ClientAuthMethod | null;
  /**
   * How `client_secret_basic` writes id and secret: `form` encodes both first (RFC 6749 §2.3.1), a space as `%20`;
   * `none` sends them as they are (RFC 7617), for servers that do not decode.
   *
   * @default form
   */
  readonly basic_auth_encoding?: "form" | "none" | null;
  /** Further parameters of the request, such as `audience` or `resource`. A list sends its parameter once for each item. */
  readonly params?: Readonly<
    Record<string, string | number | boolean | readonly (string | number | boolean | null)[] | null>
  > | null;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string | number | boolean>> | null;
}

/** The fields for those keys. */
export const oauth2ClientFields = () => ({
  ...endpointFields(),
  client_id: text(),
  client_secret: optional(textOrEmpty()),
  token_endpoint_auth_method: withDefault(z.enum(AUTH_METHODS), "client_secret_post"),
  basic_auth_encoding: withDefault(z.enum(["form", "none"]), "form"),
  params: withDefault(parameters(), []),
  headers: withDefault(headers(), {}),
});

/** A client of a token endpoint: those keys in their normal form. */
export type OAuth2Client = Settings<typeof oauth2ClientFields>;

/** How a client's keys must stand to each other. */
export const OAUTH2_CLIENT_RELATIONS: readonly Relation[] = [
  ...ENDPOINT_RELATIONS,
  secretFitsMethod,
  encodingFitsMethod,
  basicCanCarryClient,
  paramsKeepTheGrant,
  headersKeepTheRequest,
  authorizedOnce("token_url"),
];

/** What of a client may be printed. */
export function visibleClient({ token_url, issuer, client_id, client_secret }: OAuth2Client): Record<string, unknown> {
  const place = { ...(token_url && { token_url: displayUrl(token_url) }), ...(issuer && { issuer: issuer.href }) };
  const secret = client_secret === undefined ? {} : { client_secret: "***" };
  return { ...place, client_id, ...secret };
}

/** A secret where the method needs one, none where it has no use. */
function secretFitsMethod(config: Config): ConfigFault[] {
  const { client_secret: secret } = config;
  const method = methodOf(config);
  const fault = (message: string): ConfigFault[] => [{ path: "client_secret", message }];
  if (method === "none") return isGiven(secret) ? fault(`has no use with ${METHOD_KEY}: none`) : [];
  if (!isGiven(secret)) return fault("is required: a string");
  if (secret !== "" || method === "client_secret_basic") return [];
  return fault(`must not be empty; a client that has no secret says ${METHOD_KEY}: none`);
}

function encodingFitsMethod(config: Config): ConfigFault[] {
  const method = methodOf(config);
  if (!isGiven(config.basic_auth_encoding) || method === "client_secret_basic") return [];
  return [{ path: "basic_auth_encoding", message: `has no use without ${METHOD_KEY}: client_secret_basic` }];
}

/** RFC 7617 §2: the first colon ends the user name. */
function basicCanCarryClient(config: Config): ConfigFault[] {
  const { client_id: id, basic_auth_encoding: encoding } = config;
  const isRaw = methodOf(config) === "client_secret_basic" && encoding === "none";
  if (!isRaw || typeof id !== "string" || !id.includes(":")) return [];
  return [{ path: "client_id", message: "has a colon, which HTTP Basic cannot carry with basic_auth_encoding: none" }];
}

/** Extra parameters must not replace those that make the request what it is. */
export function paramsKeepTheGrant({ params }: Config): ConfigFault[] {
  const names = typeof params === "object" && params !== null ? Object.keys(params) : [];
  const replaced = names.filter((name) => Object.hasOwn(OWN_PARAMS, name));
  return replaced.map((name) => ({ path: `params.${name}`, message: OWN_PARAMS[name] ?? "" }));
}

const OWN_PARAMS: Readonly<Record<string, string>> = {
  grant_type: "is set by the provider's type",
  client_id: "is a key of its own: client_id",
  client_secret: "is a key of its own: client_secret",
  refresh_token: "is a key of its own, of type oauth2_refresh: refresh_token",
  scope: "is a key of its own: scopes",
};

/** What the request sets itself must not be configured in vain. */
function headersKeepTheRequest(config: Config): ConfigFault[] {
  const contentType = headersNamed("content-type", config).map((name) => {
    return { path: `headers.${name}`, message: "is set by encoding, which is form by default" };
  });
  if (methodOf(config) !== "client_secret_basic") return contentType;
  const message = `is set by ${METHOD_KEY}: client_secret_basic`;
  const authorization = headersNamed("authorization", config).map((name) => ({ path: `headers.${name}`, message }));
  const userinfo = givesUserinfo(config.token_url)
    ? [{ path: "token_url", message: `has user name or password, which ${METHOD_KEY}: client_secret_basic replaces` }]
    : [];
  return [...contentType, ...authorization, ...userinfo];
}

type Config = Readonly<Record<string, unknown>>;

const METHOD_KEY = "token_endpoint_auth_method";

function methodOf(config: Config): unknown {
  return config[METHOD_KEY] ?? "client_secret_post";
}
