/** `token_endpoint`: a token from any HTTP endpoint, found by JSONPath. */

import * as z from "zod/mini";
import { authorizedOnce } from "../config/authorization.js";
import { lazily } from "../config/check.js";
import { type Field, url, withDefault } from "../config/fields.js";
import { REQUEST_ENCODINGS, type RequestEncoding } from "../http/request-encoding.js";
import { displayUrl } from "../http/url.js";
import { fixedData, liveData } from "../live/live-data.js";
import { liveHeaders, liveParameters, type ParameterConfig, type ScalarConfig } from "../live/live-parameters.js";
import { answerReader } from "../oauth2/token-response.js";
import { isToken } from "../values/http-field.js";
import { credentialMaker, visiblePlaces } from "./apply-as.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";
import { accountOf, bodyFitsEncoding, bodyFitsMethod, requestMaker, secretsOfBody } from "./token-endpoint-request.js";

/** The configuration of a `token_endpoint` provider. */
export interface TokenEndpointConfig extends FetchingConfig {
  /** The endpoint: an https URL, or http, which warns beyond loopback. */
  readonly url: string;
  /**
   * The HTTP method.
   *
   * @default POST
   */
  readonly method?: string | null;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, ScalarConfig>> | null;
  /**
   * Query parameters, encoded and added to those that the URL has. A list sends its parameter once for each
   * item.
   */
  readonly query?: Readonly<Record<string, ParameterConfig>> | null;
  /**
   * What is sent: any JSON value; with `encoding: form` or `query` a flat mapping, in which lists are repeated. Within it,
   * `{ file: PATH }` stands for the text of the file, and in code a function for what it gives, as it is for each request.
   */
  readonly body?: unknown;
  /**
   * How `body` is sent: as a JSON value, as a form, or in the query of the URL.
   *
   * @default json
   */
  readonly encoding?: RequestEncoding | null;
}

/**
 * Tokens of an API with a login of its own, which is not OAuth 2.
 *
 * @example
 * const provider = new TokenEndpointProvider({
 *   url: "https://api.example/login",
 *   body: { user: "service", password: process.env.PASSWORD ?? "" },
 *   token_path: "$.session.token",
 *   apply_as: { header: "X-Session" },
 * });
 * const credential = await provider.getToken();
 */
export class TokenEndpointProvider extends FetchingProvider {
  /** The name of the type in configurations. */
  static readonly type = "token_endpoint";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: TokenEndpointConfig, runtime: Runtime = {}) {
    const type = TokenEndpointProvider.type;
    const rules = {
      schema: tokenEndpointSchema(),
      relations: [bodyFitsMethod, bodyFitsEncoding, authorizedOnce("url")],
    };
    const settings = settingsOf(type, rules, config, runtime);
    const { headers, query, body } = settings;
    const credential = credentialMaker(settings.apply_as);
    const source = {
      type,
      url: settings.url,
      account: accountOf(settings),
      audience: [],
      secrets: secretsOfBody(body.identity),
      live: [...headers.values, ...query.values, ...body.values],
      visible: visibleSettings(settings),
      request: requestMaker(settings),
      read: answerReader(settings, credential),
      credential,
    };
    super(source, settings, runtime);
  }
}

/** The schema of its configuration. */
export const tokenEndpointSchema = lazily(() =>
  z.strictObject({
    url: url(),
    method: withDefault(method(), "POST"),
    headers: liveHeaders("headers"),
    query: liveParameters("query"),
    body: withDefault(liveData("body", z.unknown(), { role: "grant" }), fixedData(undefined)),
    encoding: withDefault(z.enum(REQUEST_ENCODINGS), "json"),
    ...fetchingFields(),
  }),
);

type TokenEndpointSettings = z.output<ReturnType<typeof tokenEndpointSchema>>;

function method(): Field<string> {
  return z.pipe(
    z
      .string()
      .check(z.refine(isToken, "is not an HTTP method"), z.refine(isNoTunnel, "must be a method that has an answer")),
    z.transform((given) => given.toUpperCase()),
  );
}

function isNoTunnel(given: string): boolean {
  return !["CONNECT", "TRACE"].includes(given.toUpperCase());
}

function visibleSettings(settings: TokenEndpointSettings): Record<string, unknown> {
  const { method: verb, token_path, expiry_path, apply_as, expiry_ratio } = settings;
  const optionals = {
    ...(token_path && { token_path }),
    ...(expiry_path && { expiry_path }),
    ...(apply_as && { apply_as: visiblePlaces(apply_as) }),
  };
  return { url: displayUrl(settings.url), method: verb, ...optionals, expiry_ratio };
}
