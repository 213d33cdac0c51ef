/** The keys by which a configuration says what an answer with a token looks like (A7, A10). */

import * as z from "zod/mini";
import { because, type Field, optional, type Settings, text, withDefault } from "../config/fields.js";
import { allowedOriginsField } from "../http/base-url.js";
import { LIFETIME_FORMATS, type LifetimeFormat } from "../http/lifetime.js";
import { faultOfPath } from "../json-path/select.js";

/** How an answer with a token is read, where it is not that of RFC 6749 §5.1. Paths are JSONPaths (RFC 9535). */
export interface AnswerConfig {
  /**
   * The JSONPath of the token in the answer: a string, or where a path is given, a number too. `$` where the body is nothing
   * but the token.
   * @default $.access_token
   */
  readonly token_path?: string | null;
  /**
   * The JSONPath of the token's lifetime. Where a configured one selects none, the provider warns once, and assumes
   * `default_expires_in`.
   * @default $.expires_in
   */
  readonly expiry_path?: string | null;
  /**
   * How the lifetime is written: `seconds` or `milliseconds` from now; `epoch_seconds`, `epoch_milliseconds` or `datetime`
   * (RFC 3339) for an instant; `duration` for `D:HH:MM`, `D:HH:MM:SS` or ISO 8601; `jwt` for the `exp` of the token, or of
   * the JWT that `expiry_path` selects.
   * @default seconds
   */
  readonly expiry_format?: LifetimeFormat | null;
  /**
   * The JSONPath of the refresh token, for grants that are renewed by one: a string, or a number.
   * @default $.refresh_token
   */
  readonly refresh_token_path?: string | null;
  /**
   * The JSONPath of an error that comes with a success status. What it selects is compared with `retry_on`; null, false,
   * 0 and what is empty are no errors.
   * @default $.error
   */
  readonly error_path?: string | null;
  /**
   * The JSONPath of the address of the API, for services that tell it with the token. `authFetch` resolves relative URLs
   * against it. It must be https, or loopback.
   */
  readonly base_url_path?: string | null;
  /**
   * The origins that such an address may have, such as `https://eu.api.example`. Another is an error.
   * @default any
   */
  readonly allowed_origins?: readonly string[] | null;
}

/** The fields for those keys. */
export const answerFields = () => ({
  token_path: optional(jsonPath()),
  expiry_path: optional(jsonPath()),
  expiry_format: withDefault(z.enum(LIFETIME_FORMATS), "seconds"),
  refresh_token_path: optional(jsonPath()),
  error_path: optional(jsonPath()),
  base_url_path: optional(jsonPath()),
  allowed_origins: allowedOriginsField(),
});

/** Those keys in their normal form: without a path, RFC 6749's name counts. */
export type AnswerSettings = Settings<typeof answerFields>;

function jsonPath(): Field<string> {
  return text().check(because((path) => (path === "" ? undefined : faultOfPath(path))));
}
