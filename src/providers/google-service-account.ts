/** `google_service_account`: a token for the key of a service account of Google Cloud, as the crate has it (RFC 7523 §2.1; K5). */

import * as z from "zod/mini";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { type Field, faultAt, optional, scopes, text, url } from "../config/fields.js";
import { errorLike } from "../failure/error-like.js";
import { withoutUserinfo } from "../http/url.js";
import { faultOfFileAt, fileAt } from "../live/file-key.js";
import type { LiveValue } from "../live/live-value.js";
import { optionalClientFields } from "../oauth2/client-config.js";
import type { TokenUrl } from "../oauth2/token-url.js";
import { signedAssertion } from "../signing/signed-assertion.js";
import { reliable, wallClock } from "../values/clock.js";
import { type AuthError, FaucetError } from "../values/errors.js";
import { type FetchingConfig, fetchingFields } from "./fetching-provider.js";
import { GOOGLE_KEY_FILE, type GoogleKeyConfig, googleKeyField, serviceAccountIn, signerOf } from "./google-key.js";
import { JWT_BEARER_GRANT } from "./jwt-bearer.js";
import { OAuth2Provider } from "./oauth2-provider.js";
import { type OAuth2Grant, oauth2Source } from "./oauth2-source.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";

/** The configuration of a `google_service_account` provider. */
export interface GoogleServiceAccountConfig extends FetchingConfig {
  /**
   * The contents of the key file that Google gives out: as text, in code also by a function, or as a mapping. Exactly one of
   * `key_json` and `key_file` is required.
   */
  readonly key_json?: GoogleKeyConfig | null;
  /**
   * The path of the key file, which is read for each token request, so that it may be replaced. A relative one starts at the
   * folder of the document, in code at the working directory.
   */
  readonly key_file?: string | null;
  /** The scopes to ask for, one at least: a list, or one string with spaces between. */
  readonly scopes: readonly string[] | string;
  /** The user to speak for, by domain-wide delegation. */
  readonly subject?: string | null;
  /**
   * The token endpoint.
   * @default that of the key, or else https://oauth2.googleapis.com/token
   */
  readonly token_uri?: string | null;
}

/**
 * Tokens for a service account of Google Cloud, by the key that Google gives out for it. Where there is another way, such as
 * `identity_token` and `token_exchange`, that needs no key.
 *
 * @example
 * const provider = new GoogleServiceAccountProvider({
 *   key_file: "./reports.json",
 *   scopes: ["https://www.googleapis.com/auth/analytics.readonly"],
 * });
 * const credential = await provider.getToken();
 */
export class GoogleServiceAccountProvider extends OAuth2Provider {
  /** The name of the type in configurations. */
  static readonly type = "google_service_account";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: GoogleServiceAccountConfig, runtime: Runtime = {}) {
    const { type } = GoogleServiceAccountProvider;
    const rules = { schema: googleServiceAccountSchema(), relations: [oneKey, fileHasKey] };
    const settings = settingsOf(type, rules, config, runtime);
    const key = settings.key_json ?? fileAt({ config, key: "key_file" }, GOOGLE_KEY_FILE);
    const client = clientSchema().parse({});
    const grant = grantOf(key, settings, runtime);
    const source = oauth2Source({ ...client, ...settings }, grant, runtime, tokenUrlOf(key, settings));
    super(source, settings, runtime);
  }
}

/** The schema of its configuration. */
export const googleServiceAccountSchema = lazily(() =>
  z.strictObject({
    key_json: optional(googleKeyField()),
    key_file: optional(text()),
    scopes: someScopes(),
    subject: optional(text()),
    token_uri: optional(url()),
    ...fetchingFields(),
  }),
);

type GoogleSettings = z.output<ReturnType<typeof googleServiceAccountSchema>>;

/** A client that is not named: the assertion says who asks. */
const clientSchema = lazily(() => z.object(optionalClientFields()));

function someScopes(): Field<string> {
  return z.pipe(
    scopes(),
    z.transform((given: string | undefined, context) => {
      if (given === undefined) context.issues.push(faultAt([], "is required: one scope at least"));
      return given ?? "";
    }),
  );
}

const oneKey: Relation = ({ key_json, key_file }) => {
  if (isGiven(key_json) && isGiven(key_file))
    return [{ path: "key_file", message: "cannot stand beside key_json: give one of them" }];
  const isMissing = !isGiven(key_json) && !isGiven(key_file);
  return isMissing
    ? [{ path: "key_json", message: "is required: the contents of a key file; or key_file, its path" }]
    : [];
};

const fileHasKey: Relation = (config) => {
  if (!isGiven(config.key_file)) return [];
  const fault = faultOfFileAt({ config, key: "key_file" }, GOOGLE_KEY_FILE);
  return fault === undefined ? [] : [{ path: "key_file", message: fault }];
};

/** Google takes an assertion for an hour at most, and only if its own clock is not behind `iat`. */
const LIFETIME_SECS = 3600;
const SKEW_SECS = 30;

function grantOf(key: LiveValue, { subject, scopes: configured }: GoogleSettings, runtime: Runtime): OAuth2Grant {
  const clock = reliable(runtime.clock ?? wallClock);
  const email = key.source === "function" ? undefined : serviceAccountIn(key.text).client_email;
  return {
    type: GoogleServiceAccountProvider.type,
    live: [key],
    account: [email ?? key.identity, subject],
    visible: { ...(email && { client_email: email }), private_key: "***", ...(subject && { subject }) },
    parameters: async (_held, { tokenUrl, scope }) => {
      const account = serviceAccountIn(key.text);
      const claims = {
        iss: account.client_email,
        ...(subject && { sub: subject }),
        scope,
        aud: withoutUserinfo(tokenUrl),
      };
      const content = { claims, lifetimeSecs: LIFETIME_SECS, ageSecs: SKEW_SECS };
      const assertion = await signedAssertion(signerOf(account), content, clock);
      return { grant_type: JWT_BEARER_GRANT, assertion, scope: undefined };
    },
    explained: (failure) => {
      const { client_email } = serviceAccountIn(key.text);
      return withAccount(
        failure,
        `service account ${client_email}, subject ${subject ?? "none"}, scopes ${configured}`,
      );
    },
  };
}

/** What was asked stands in the assertion, so that a refusal would not show it. */
function withAccount(failure: unknown, account: string): unknown {
  if (!FaucetError.is(failure) || failure.code !== "auth" || failure.retryable) return failure;
  return errorLike(failure as AuthError, `${failure.message} (${account})`, { cause: failure.cause }) ?? failure;
}

/** What is configured goes before what the key says, which a function gives only when it is asked. */
function tokenUrlOf(key: LiveValue, { token_uri: configured }: GoogleSettings): TokenUrl {
  const urlIn = (text: string): URL => new URL(serviceAccountIn(text).token_uri ?? DEFAULT_TOKEN_URI);
  const known = key.source === "function" ? new URL(DEFAULT_TOKEN_URI) : urlIn(key.text);
  return {
    configured: configured ?? known,
    find: async ({ signal }) => configured ?? urlIn(await key.read(signal)),
  };
}

const DEFAULT_TOKEN_URI = "https://oauth2.googleapis.com/token";
