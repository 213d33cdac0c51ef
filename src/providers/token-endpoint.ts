/** `token_endpoint`: a token from any HTTP endpoint, found by JSONPath. */

import * as z from "zod/mini";
import { authorizedOnce } from "../config/authorization.js";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { type Field, url, withDefault } from "../config/fields.js";
import { faultsOfJson } from "../config/json-value.js";
import { headers, parameters } from "../config/parameters.js";
import type { HttpRequest } from "../http/exchange.js";
import {
  type EncodedParameters,
  encodedParameters,
  jsonBody,
  REQUEST_ENCODINGS,
  type RequestEncoding,
  withQuery,
} from "../http/request-encoding.js";
import { displayUrl } from "../http/url.js";
import { answerReader } from "../oauth2/token-response.js";
import { isToken } from "../values/http-field.js";
import { credentialMaker, visiblePlaces } from "./apply-as.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";

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
  readonly headers?: Readonly<Record<string, string | number | boolean>> | null;
  /**
   * Query parameters, encoded and added to those that the URL has. A list sends its parameter once for each
   * item.
   */
  readonly query?: Readonly<
    Record<string, string | number | boolean | readonly (string | number | boolean | null)[] | null>
  > | null;
  /** What is sent: any JSON value; with `encoding: form` or `query` a flat mapping, in which lists are repeated. */
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
    const request = requestOf(settings);
    const credential = credentialMaker(settings.apply_as);
    const source = {
      type,
      url: settings.url,
      account: [request.method, request.url.href, Object.entries(request.headers).sort(), request.body],
      audience: [],
      secrets: secretsOfBody(settings.body),
      visible: visibleSettings(settings),
      request: () => request,
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
    headers: withDefault(headers(), {}),
    query: withDefault(parameters(), []),
    body: z.optional(z.unknown()),
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

const bodyFitsMethod: Relation = ({ method: given, body, encoding }) => {
  const isHead = typeof given === "string" && given.toUpperCase() === "HEAD";
  return isHead && encoding !== "query" && isGiven(body) ? [{ path: "body", message: "cannot be sent with HEAD" }] : [];
};

const bodyFitsEncoding: Relation = ({ encoding, body }) => {
  if (!isGiven(body)) return [];
  const isFlatEncoding = encoding === "form" || encoding === "query";
  if (!isFlatEncoding || isFlat(body)) return faultsOfJson(body, "body");
  return [
    { path: "body", message: `must be a flat mapping of scalars, or of lists of them, with encoding: ${encoding}` },
  ];
};

/** Whether `body` has the shape of a form, whatever is wrong with its scalars. */
function isFlat(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  return Object.values(body)
    .flat()
    .every((item) => item === undefined || item === null || typeof item !== "object");
}

function requestOf(settings: TokenEndpointSettings): HttpRequest {
  const { method: verb, headers: configured, body, encoding, query } = settings;
  const target = withQuery(settings.url, query);
  const sent = isGiven(body) ? encodedBody(target, body, encoding) : { url: target, headers: {} };
  return { method: verb, ...sent, headers: { accept: "application/json", ...sent.headers, ...configured } };
}

function encodedBody(target: URL, body: unknown, encoding: RequestEncoding): EncodedParameters {
  return encoding === "json"
    ? { url: target, ...jsonBody(body) }
    : encodedParameters(target, parameters().parse(body), encoding);
}

/** Every text and number in the body. */
function secretsOfBody(body: unknown): string[] {
  if (typeof body === "string") return [body];
  if (typeof body === "number") return [String(body)];
  return typeof body === "object" && body !== null ? Object.values(body).flatMap(secretsOfBody) : [];
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
