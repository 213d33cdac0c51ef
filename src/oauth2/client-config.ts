/** The keys by which a configuration describes an OAuth 2 client. */

import * as z from "zod/mini";
import { optional, type Settings, text, withDefault } from "../config/fields.js";
import { displayUrl } from "../http/url.js";
import { liveHeaders, liveParameters, type ParameterConfig, type ScalarConfig } from "../live/live-parameters.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { type ClientAssertionConfig, clientAssertionFields } from "./client-assertion-config.js";
import { endpointFields, type TokenEndpoint } from "./endpoint-config.js";

/**
 * How a client shows who it is, by the names of RFC 7591 §2 and RFC 8705 §2: its secret in the form (RFC 6749 §2.3.1) or as HTTP Basic
 * credentials; an assertion that it signs with the secret, or with a private key (RFC 7523 §2.2); a certificate, of an authority or
 * self-signed; or nothing, for public clients.
 */
export type ClientAuthMethod =
  | "client_secret_post"
  | "client_secret_basic"
  | "client_secret_jwt"
  | "private_key_jwt"
  | "tls_client_auth"
  | "self_signed_tls_client_auth"
  | "none";

const AUTH_METHODS: readonly ClientAuthMethod[] = [
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
  "none",
];

/** A token endpoint, and how a client shows itself there, as configured. */
export interface ClientConfig extends TokenEndpoint, ClientAssertionConfig {
  /**
   * The client's secret (RFC 6749 §2.3.1). Required for the methods `client_secret_…`, of which the first is the default. With
   * `client_secret_basic` it may be empty.
   */
  readonly client_secret?: LiveText | null;
  /**
   * How the client authenticates: `client_secret_post` or `client_secret_basic` (RFC 6749 §2.3.1); `client_secret_jwt` or
   * `private_key_jwt`, by an assertion that it signs (RFC 7523 §2.2); `tls_client_auth` or `self_signed_tls_client_auth`, by the
   * certificate in `tls` (RFC 8705 §2); or `none` for a client without a secret. No method is ever tried after another.
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
  readonly params?: Readonly<Record<string, ParameterConfig>> | null;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, ScalarConfig>> | null;
}

/** The fields for those keys. */
export const oauth2ClientFields = () => ({ ...clientFields(), client_id: text() });

/** The same for a request that may come from no client at all. */
export const optionalClientFields = () => ({ ...clientFields(), client_id: optional(text()) });

const clientFields = () => ({
  ...endpointFields(),
  client_id: text(),
  client_secret: optional(liveText("client_secret", { mayBeEmpty: true })),
  token_endpoint_auth_method: optional(z.enum(AUTH_METHODS)),
  basic_auth_encoding: withDefault(z.enum(["form", "none"]), "form"),
  ...clientAssertionFields(),
  params: liveParameters("params"),
  headers: liveHeaders("headers"),
});

/** A client of a token endpoint: those keys in their normal form. */
export type OAuth2Client = Settings<typeof optionalClientFields>;

/** The values of a client that a request is made with. */
export function liveValuesOf(client: OAuth2Client): readonly LiveValue[] {
  const { client_secret, private_key, certificate, client_assertion, params, headers } = client;
  const shown = [client_secret, private_key, certificate, client_assertion].filter((value) => value !== undefined);
  return [...shown, ...params.values, ...headers.values];
}

/** What of a client may be printed. */
export function visibleClient(client: OAuth2Client): Record<string, unknown> {
  const { token_url, issuer, client_id, token_endpoint_auth_method: method } = client;
  const secrets = SECRETS.filter((key) => client[key] !== undefined).map((key) => [key, "***"]);
  return {
    ...(token_url && { token_url: displayUrl(token_url) }),
    ...(issuer && { issuer: issuer.href }),
    client_id,
    ...(method !== undefined && { token_endpoint_auth_method: method }),
    ...Object.fromEntries(secrets),
  };
}

const SECRETS = ["client_secret", "private_key", "client_assertion"] as const;
