/** `token_endpoint`: a token from any HTTP endpoint, found by JSONPath. */

import * as z from "zod/mini";
import { authorizedOnce } from "../config/authorization.js";
import { lazily } from "../config/check.js";
import { optional, url, withDefault } from "../config/fields.js";
import { methodField } from "../config/http-method.js";
import { REQUEST_ENCODINGS, type RequestEncoding } from "../http/request-encoding.js";
import { displayUrl, secretsOfBody } from "../http/url.js";
import { fixedData, liveData } from "../live/live-data.js";
import { liveHeaders, liveParameters, type ParameterConfig, type ScalarConfig } from "../live/live-parameters.js";
import { recordedBaseUrl } from "../oauth2/base-url.js";
import { answerReader } from "../oauth2/token-response.js";
import { credentialMaker, visiblePlaces } from "./apply-as.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { byOneRequest } from "./one-request.js";
import { credentialField } from "./provider-credential.js";
import { settingsOf } from "./provider-settings.js";
import type { ProvidedToken } from "./provider-token.js";
import { visibleValue } from "./provider-value.js";
import {
  type Refresher,
  type RefreshRequest,
  refresher,
  refreshRequestField,
  refreshRequestFits,
} from "./refresh-request.js";
import type { Runtime } from "./runtime.js";
import {
  accountOf,
  bodyFitsEncoding,
  bodyFitsMethod,
  formerAccountOf,
  requestMaker,
} from "./token-endpoint-request.js";
import type { TokenSource } from "./token-source.js";

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
  /**
   * Another provider whose credential goes onto the request, `{ ref: name }`, as onto one of a connector: in place of what
   * stands there. Where the endpoint refuses it, that is reported there, and the request is sent once more.
   */
  readonly auth?: ProvidedToken | null;
  /**
   * How a refresh token that comes with a login is presented. It is kept, and so is each that follows it; where one is
   * refused, the login is made again.
   */
  readonly refresh_request?: RefreshRequest | null;
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
      relations: [bodyFitsMethod, bodyFitsEncoding, authorizedOnce("url"), refreshRequestFits],
      credentials: [{ key: "auth", role: "request" }],
    } as const;
    const settings = settingsOf(type, rules, config, runtime);
    const refresh = settings.refresh_request && refresher(settings.refresh_request, settings);
    super(sourceOf(settings, refresh), settings, runtime);
  }
}

/** The schema of its configuration. */
export const tokenEndpointSchema = lazily(() =>
  z.strictObject({
    url: url(),
    method: withDefault(methodField(), "POST"),
    headers: liveHeaders("headers"),
    query: liveParameters("query"),
    body: withDefault(liveData("body", z.unknown(), { role: "grant" }), fixedData(undefined)),
    encoding: withDefault(z.enum(REQUEST_ENCODINGS), "json"),
    auth: credentialField(),
    refresh_request: optional(refreshRequestField()),
    ...fetchingFields(),
  }),
);

type TokenEndpointSettings = z.output<ReturnType<typeof tokenEndpointSchema>>;

/** A login; and where a refresh token has come with one, `refresh` presents that. */
function sourceOf(settings: TokenEndpointSettings, refresh: Refresher | undefined): TokenSource {
  const { headers, query, body, auth } = settings;
  const credential = credentialMaker(settings.apply_as);
  const login = requestMaker(settings);
  const live = [...headers.values, ...query.values, ...body.values, ...(refresh?.live ?? []), ...(auth ? [auth] : [])];
  return {
    type: TokenEndpointProvider.type,
    url: settings.url,
    urls: [settings.url, ...(refresh ? [refresh.shownUrl] : [])],
    account: [...accountOf(settings), ...identityOf(auth)],
    formerAccount: [...formerAccountOf(settings), ...identityOf(auth)],
    audience: [],
    secrets: [...secretsOfBody(body.identity), ...(refresh?.secrets ?? [])],
    live: [...new Set(live)],
    logsIn: refresh !== undefined,
    visible: visibleSettings(settings, refresh),
    ask: byOneRequest({
      request: ({ refreshToken: held }) => {
        if (refresh && held !== undefined) return refresh.request(held, auth);
        return auth === undefined ? login() : auth.onto(login());
      },
      send: auth && ((request, options) => auth.exchange(request, options)),
      read: answerReader(settings, credential),
    }),
    credential,
    baseUrl: recordedBaseUrl(settings),
  };
}

function identityOf(auth: TokenEndpointSettings["auth"]): readonly unknown[] {
  return auth ? [auth.identity] : [];
}

function visibleSettings(settings: TokenEndpointSettings, refresh: Refresher | undefined): Record<string, unknown> {
  const { method: verb, token_path, expiry_path, apply_as, auth, expiry_ratio } = settings;
  const optionals = {
    ...(token_path && { token_path }),
    ...(expiry_path && { expiry_path }),
    ...(apply_as && { apply_as: visiblePlaces(apply_as) }),
    ...(auth && { auth: visibleValue(auth) }),
    ...(refresh && { refresh_request: { url: displayUrl(refresh.shownUrl) } }),
  };
  return { url: displayUrl(settings.url), method: verb, ...optionals, expiry_ratio };
}
