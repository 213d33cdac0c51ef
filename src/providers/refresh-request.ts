/** `refresh_request`: how the refresh token that came with a login is presented, as data and never as text that is spliced in. */

import * as z from "zod/mini";
import { authorizedOnce } from "../config/authorization.js";
import { isGiven, join, type Relation } from "../config/check.js";
import { type Field, faultAt, optional, url } from "../config/fields.js";
import { methodField } from "../config/http-method.js";
import type { HttpRequest } from "../http/exchange.js";
import { hideable } from "../http/mask.js";
import { REQUEST_ENCODINGS, type RequestEncoding } from "../http/request-encoding.js";
import { secretsOfBody } from "../http/url.js";
import { fixedData, liveData } from "../live/live-data.js";
import { liveHeaders, type ScalarConfig } from "../live/live-parameters.js";
import type { LiveValue } from "../live/live-value.js";
import { AuthError } from "../values/errors.js";
import { isFieldValue } from "../values/http-field.js";
import type { ProviderCredential } from "./provider-credential.js";
import { bodyFitsEncoding, bodyFitsMethod, type RequestSettings, requestWith } from "./token-endpoint-request.js";

/** A request that presents a refresh token, for which `{refresh_token}` stands in each part of it. */
export interface RefreshRequest {
  /**
   * Where it goes. In path and query, the refresh token is percent-encoded.
   *
   * @default the `url` of the login, without its `query`
   */
  readonly url?: string | null;
  /**
   * The HTTP method.
   *
   * @default that of the login
   */
  readonly method?: string | null;
  /**
   * Further request headers.
   *
   * @default those of the login
   */
  readonly headers?: Readonly<Record<string, ScalarConfig>> | null;
  /** What is sent, as `body` of the login. The refresh token may stand in any text of it. */
  readonly body?: unknown;
  /**
   * How `body` is sent: as a JSON value, as a form, or in the query of the URL.
   *
   * @default that of the login
   */
  readonly encoding?: RequestEncoding | null;
}

/** The field for it. */
export const refreshRequestField = () =>
  z.strictObject({
    url: optional(urlTemplate()),
    method: optional(methodField()),
    headers: optional(liveHeaders("refresh_request.headers")),
    body: optional(liveData("refresh_request.body", z.unknown(), { role: "grant" })),
    encoding: optional(z.enum(REQUEST_ENCODINGS)),
  });

type RefreshRequestSettings = z.output<ReturnType<typeof refreshRequestField>>;

const PLACEHOLDER = "{refresh_token}";

/** How it must stand to the login, whose parts take the place of those that it leaves out. */
export const refreshRequestFits: Relation = (config) => {
  const { refresh_request: given } = config;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return [];
  const { url: login, method, headers, encoding } = config;
  const own = Object.entries(given).filter(([, value]) => isGiven(value));
  const whole = { url: login, method, headers, encoding, ...Object.fromEntries(own) };
  const faults = [bodyFitsMethod, bodyFitsEncoding, authorizedOnce("url")].flatMap((relation) => relation(whole));
  const within = faults.map(({ path, message }) => ({ path: join("refresh_request", path), message }));
  return holdsPlaceholder(given)
    ? within
    : [...within, { path: "refresh_request", message: `must have ${PLACEHOLDER} in its body, its headers or its url` }];
};

function holdsPlaceholder(value: unknown): boolean {
  if (typeof value === "string") return value.includes(PLACEHOLDER);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsPlaceholder);
}

/** A request for the refresh token that the grant holds. */
export interface Refresher {
  /** Where it goes, as it may be shown. */
  readonly shownUrl: URL;
  /** What of its body is configured, whatever the refresh token is. */
  readonly secrets: readonly string[];
  /** What is read before each request. */
  readonly live: readonly LiveValue[];
  /** With the credential of another provider on it, if there is one. Throws an `AuthError` for a refresh token that no header can carry. */
  request(refreshToken: string, auth: ProviderCredential | undefined): HttpRequest;
}

/** How `own` presents refresh tokens, beside the `login` with which they come. */
export function refresher(own: RefreshRequestSettings, login: RequestSettings): Refresher {
  const { method = login.method, headers = login.headers, encoding = login.encoding } = own;
  const { body = fixedData<unknown>(undefined), url: template = login.url.href } = own;
  const shownUrl = new URL(filled(template, "***"));
  return {
    shownUrl,
    secrets: secretsOfBody(body.identity).flatMap((text) => hideable(text.split(PLACEHOLDER))),
    live: [...headers.values, ...body.values],
    request: (refreshToken, auth) => {
      const data = dataWith(body.current, refreshToken);
      const request = requestWith({
        method,
        url: new URL(filled(template, encodeURIComponent(refreshToken))),
        headers: headersWith(headers.current, refreshToken),
        body: data,
        encoding,
      });
      const authorized = auth === undefined ? request : auth.onto(request);
      // Headers of its own may be how the refresh token is presented.
      const ownHeaders = headersWith(own.headers?.current ?? {}, refreshToken);
      const secrets = secretsOfBody(data);
      return { ...authorized, headers: { ...authorized.headers, ...ownHeaders }, shownUrl, secrets };
    },
  };
}

function filled(text: string, refreshToken: string): string {
  return text.replaceAll(PLACEHOLDER, () => refreshToken);
}

function dataWith(data: unknown, refreshToken: string): unknown {
  if (typeof data === "string") return filled(data, refreshToken);
  if (Array.isArray(data)) return data.map((item) => dataWith(item, refreshToken));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, dataWith(item, refreshToken)]));
}

function headersWith(headers: Readonly<Record<string, string>>, refreshToken: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, template]) => {
      const value = filled(template, refreshToken);
      if (!isFieldValue(value)) throw new AuthError(`the refresh token cannot stand in the header ${name}`);
      return [name, value];
    }),
  );
}

/** A URL, in whose path and query the placeholder may stand: a refresh token must not choose who gets it. */
function urlTemplate(): Field<string> {
  return z.string().check((payload) => {
    const result = url().safeParse(filled(payload.value, "x"));
    for (const { message } of result.error?.issues ?? []) payload.issues.push(faultAt([], message));
    if (!result.success || placeOf(result.data) === placeOf(new URL(filled(payload.value, "y")))) return;
    payload.issues.push(faultAt([], `may have ${PLACEHOLDER} in its path and its query only`));
  });
}

function placeOf({ origin, username, password }: URL): string {
  return [origin, username, password].join();
}
