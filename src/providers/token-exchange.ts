/** `token_exchange`: a token for another one (RFC 8693; K4). */

import * as z from "zod/mini";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { because, type Field, oneOrMore, optional, scopes, text } from "../config/fields.js";
import { shaped, TOKEN_SHAPE } from "../config/shapes.js";
import type { HttpAnswer } from "../http/exchange.js";
import { isObject } from "../http/json-object.js";
import { changed } from "../live/live-data.js";
import { liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { optionalClientFields } from "../oauth2/client-config.js";
import { OPTIONAL_CLIENT_RELATIONS, paramsAreNoKeys } from "../oauth2/client-relations.js";
import { parseJson } from "../values/parse-json.js";
import { BINDING_RELATIONS, type BindingConfig, bindingFields, faultsOfKeys } from "./dpop-config.js";
import { type FetchingConfig, fetchingFields } from "./fetching-provider.js";
import { IdentityTokenProvider } from "./identity-token.js";
import { CLIENT_TOKENS, type OptionalClientConfig } from "./oauth2-client-config.js";
import { OAuth2Provider } from "./oauth2-provider.js";
import { oauth2Source } from "./oauth2-source.js";
import { settingsOf } from "./provider-settings.js";
import { ProviderToken, type TokenConfig } from "./provider-token.js";
import { visibleValue } from "./provider-value.js";
import type { Runtime } from "./runtime.js";

/** The configuration of a `token_exchange` provider. */
export interface TokenExchangeConfig extends OptionalClientConfig, FetchingConfig, BindingConfig {
  /** The token to exchange (RFC 8693 §2.1): text, `{ file: PATH }`, or the token of another provider, `{ ref: name }`. */
  readonly subject_token: TokenConfig;
  /**
   * What kind of token it is: a URI, or in short `jwt`, `access_token`, `id_token`, `refresh_token`, `saml1`, `saml2`.
   * @default access_token for that of another provider that is no `identity_token`; else jwt
   */
  readonly subject_token_type?: string | null;
  /** The token of the party that acts for the subject (RFC 8693 §1.1), likewise. */
  readonly actor_token?: TokenConfig | null;
  /**
   * What kind of token that is, likewise.
   * @default as `subject_token_type`
   */
  readonly actor_token_type?: string | null;
  /**
   * What kind of token is asked for, likewise.
   * @default what the server sees fit
   */
  readonly requested_token_type?: string | null;
  /** The name of whoever the token is for (RFC 8693 §2.1). A list sends the parameter once for each. */
  readonly audience?: string | readonly string[] | null;
  /** The URI of whatever the token is for (RFC 8693 §2.1, RFC 8707). A list sends the parameter once for each. */
  readonly resource?: string | readonly string[] | null;
  /** The scopes to ask for: a list, or one string with spaces between (RFC 6749 §3.3). Not sent where there are none. */
  readonly scopes?: readonly string[] | string | null;
}

/**
 * A token for another one, by token exchange (RFC 8693). Where that is another provider's and is refused, it is reported there, and
 * asked for once more. A token that the server calls of no type (`N_A`), as it does where that is no access token, is used as a bearer too.
 *
 * @example
 * const github = new IdentityTokenProvider({ source: "github_actions", audience: "https://idp.example" });
 * const provider = new TokenExchangeProvider({
 *   token_url: "https://idp.example/token",
 *   subject_token: github,
 *   audience: "orders",
 * });
 * const credential = await provider.getToken();
 */
export class TokenExchangeProvider extends OAuth2Provider {
  /** The name of the type in configurations. */
  static readonly type = "token_exchange";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: TokenExchangeConfig, runtime: Runtime = {}) {
    const { type } = TokenExchangeProvider;
    const rules = {
      schema: tokenExchangeSchema(),
      relations: [
        ...OPTIONAL_CLIENT_RELATIONS,
        ...BINDING_RELATIONS,
        targetsOnce,
        paramsAreNoKeys(OWN_PARAMS),
        actorHasToken,
      ],
      settled: faultsOfKeys,
      tokens: [
        ...CLIENT_TOKENS,
        { key: "subject_token", role: "grant" },
        { key: "actor_token", role: "grant" },
      ] as const,
    };
    const given = settingsOf(type, rules, config, runtime);
    const { audience = [], resource = [], ...settings } = given;
    const { subject_token, actor_token, requested_token_type } = settings;
    const targets = [...named("audience", audience), ...named("resource", resource)];
    const subjectType = settings.subject_token_type ?? typeOf(subject_token);
    const actorType = actor_token && (settings.actor_token_type ?? typeOf(actor_token));
    const source = oauth2Source(
      { ...settings, params: changed(settings.params, (params) => [...params, ...targets]) },
      {
        type,
        live: actor_token === undefined ? [subject_token] : [subject_token, actor_token],
        account: [subject_token.identity, actor_token?.identity],
        visible: {
          subject_token: visibleValue(subject_token),
          ...(actor_token && { actor_token: visibleValue(actor_token) }),
          ...(requested_token_type && { requested_token_type }),
          ...(audience.length > 0 && { audience }),
          ...(resource.length > 0 && { resource }),
        },
        ownParams: OWN_PARAMS,
        parameters: () => ({
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          subject_token: subject_token.text,
          subject_token_type: subjectType,
          actor_token: actor_token?.text,
          actor_token_type: actorType,
          requested_token_type,
        }),
        noteAnswer: warningOfType(runtime.name ?? type, requested_token_type),
      },
      runtime,
    );
    super(source, settings, runtime);
  }
}

/** The schema of its configuration. */
export const tokenExchangeSchema = lazily(() =>
  z.strictObject({
    ...optionalClientFields(),
    subject_token: shaped(liveText("subject_token", { role: "grant" }), TOKEN_SHAPE),
    subject_token_type: optional(tokenType()),
    actor_token: optional(shaped(liveText("actor_token", { role: "grant" }), TOKEN_SHAPE)),
    actor_token_type: optional(tokenType()),
    requested_token_type: optional(tokenType()),
    audience: optional(oneOrMore(text())),
    resource: optional(oneOrMore(text())),
    scopes: scopes(),
    ...bindingFields(),
    ...fetchingFields(),
  }),
);

/** Those that `params` would repeat. `audience` and `resource` may stand there too, as `for()` has them. */
const OWN_PARAMS = ["subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type"];

const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const SHORT_TYPES: readonly string[] = ["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"];

function tokenType(): Field<string> {
  const message = `must be a URI, or one of ${SHORT_TYPES.join(", ")}`;
  return z.pipe(
    text().check(because((given) => (given.includes(":") || SHORT_TYPES.includes(given) ? undefined : message))),
    z.transform((given) => (given.includes(":") ? given : TOKEN_TYPE + given)),
  );
}

/** What another provider gives is an access token; a workload's identity, a file and what code makes are JWTs. */
function typeOf(token: LiveValue): string {
  const isAccessToken = token instanceof ProviderToken && token.provider.type !== IdentityTokenProvider.type;
  return TOKEN_TYPE + (isAccessToken ? "access_token" : "jwt");
}

function named(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map((value) => [name, value]);
}

const targetsOnce: Relation = (config) => {
  return paramsAreNoKeys(["audience", "resource"].filter((key) => isGiven(config[key])))(config);
};

const actorHasToken: Relation = ({ actor_token, actor_token_type }) => {
  const isIdle = isGiven(actor_token_type) && !isGiven(actor_token);
  return isIdle ? [{ path: "actor_token_type", message: "has no use without actor_token" }] : [];
};

/** Warns once of a token that is of another type than was asked for: whoever it is for may not take it (RFC 8693 §2.2.1). */
function warningOfType(provider: string, requested: string | undefined): (answer: HttpAnswer) => void {
  let hasWarned = requested === undefined;
  return ({ text: body }) => {
    const answer = hasWarned ? undefined : parseJson(body);
    const issued = isObject(answer) ? answer.issued_token_type : undefined;
    if (typeof issued !== "string" || issued === requested || !URN.test(issued)) return;
    hasWarned = true;
    const message = `${provider}: a token of the type ${requested} was asked for, and one of ${issued} came; it is used all the same`;
    process.emitWarning(message, { code: "FAUCET_AUTH_TOKEN_TYPE" });
  };
}

/** Of an IdP's text, no more than an identifier is shown. */
const URN = /^[\w:./-]{1,200}$/;
