/** `oauth2_refresh`: the refresh token grant (RFC 6749 §6), with rotation. */

import * as z from "zod/mini";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { optional, scope, scopes } from "../config/fields.js";
import { type SeedText, seedText } from "../live/seed-text.js";
import { oauth2ClientFields } from "../oauth2/client-config.js";
import { OAUTH2_CLIENT_RELATIONS } from "../oauth2/client-relations.js";
import { type ConsentConfig, consentFields, refreshTokenOrLogin } from "../oauth2/consent-config.js";
import { ConfigError } from "../values/errors.js";
import { ADMINISTRATION, type Administration } from "./administration.js";
import type { ConsentSettings } from "./consent.js";
import { BINDING_RELATIONS, type BindingConfig, bindingFields, faultsOfKeys } from "./dpop-config.js";
import { type FetchingConfig, fetchingFields } from "./fetching-provider.js";
import { CLIENT_TOKENS, type OAuth2ClientConfig } from "./oauth2-client-config.js";
import { OAuth2Provider } from "./oauth2-provider.js";
import { type OAuth2Source, oauth2Source } from "./oauth2-source.js";
import { settingsOf } from "./provider-settings.js";
import { documentOf, type Runtime } from "./runtime.js";

/** The configuration of an `oauth2_refresh` provider. */
export interface OAuth2RefreshConfig extends OAuth2ClientConfig, ConsentConfig, FetchingConfig, BindingConfig {
  /**
   * The refresh token to begin with. Where the IdP rotates it, the provider follows. `{ file: PATH }` is read once, when the
   * provider is made. Without one, `faucet-auth login` brings the first into the store.
   */
  readonly refresh_token?: SeedText | null;
  /** The scopes to ask for: a list, or one string with spaces between (RFC 6749 §3.3). Not sent where there are none. */
  readonly scopes?: readonly string[] | string | null;
  /** The same as one string, which may stand in place of `scopes`. */
  readonly scope?: string | null;
}

/**
 * Bearer tokens for somebody's grant, by its refresh token (RFC 6749 §6). A rotated refresh token
 * is presented from the next request on, so the grant lives as long as one provider is shared; with
 * `persist`, as long as its store.
 *
 * @example
 * const provider = new OAuth2RefreshProvider({
 *   token_url: "https://idp.example/token",
 *   client_id: "reports",
 *   client_secret: process.env.CLIENT_SECRET ?? "",
 *   refresh_token: process.env.REFRESH_TOKEN ?? "",
 *   persist: { path: "./state" },
 * });
 * const credential = await provider.getToken();
 */
export class OAuth2RefreshProvider extends OAuth2Provider {
  /** The name of the type in configurations. */
  static readonly type = "oauth2_refresh";

  readonly #source: OAuth2Source;
  readonly #settings: ConsentSettings;

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: OAuth2RefreshConfig, runtime: Runtime = {}) {
    const type = OAuth2RefreshProvider.type;
    const rules = {
      schema: refreshSchema(),
      relations: [
        ...OAUTH2_CLIENT_RELATIONS,
        ...BINDING_RELATIONS,
        oneSpellingOfScopes,
        refreshTokenOrLogin({ hasStore: runtime?.store !== undefined }),
      ],
      settled: faultsOfKeys,
      tokens: CLIENT_TOKENS,
    };
    const { scope: one, ...settings } = settingsOf(type, rules, config, runtime);
    const source = oauth2Source(
      { ...settings, scopes: settings.scopes ?? one },
      {
        type,
        ...(settings.refresh_token === undefined
          ? { mayHaveRefreshTokens: true }
          : { refreshToken: settings.refresh_token }),
        parameters: ({ refreshToken }) => {
          if (refreshToken === undefined)
            throw notLoggedIn(runtime.name ?? type, settings.refresh_token, documentOf(runtime));
          return { grant_type: "refresh_token", refresh_token: refreshToken };
        },
      },
      runtime,
    );
    super(source, settings, runtime);
    this.#source = source;
    this.#settings = settings;
  }

  /** @internal */
  override [ADMINISTRATION](): Administration {
    return this.grant.administration(this.#source, this.#settings);
  }
}

/** Nothing can be presented, since nobody has agreed to the grant yet, or what was configured for it was revoked. */
function notLoggedIn(name: string, configured: string | undefined, document = "FILE"): ConfigError {
  const command = `faucet-auth login ${document} ${name}`;
  const message =
    configured === undefined
      ? `nobody has logged in yet, which this does: ${command}`
      : `its grant was revoked, and its refresh_token with it: configure another, or log in: ${command}`;
  return new ConfigError(name, [{ path: "", message }]);
}

/** The schema of its configuration. */
export const refreshSchema = lazily(() =>
  z.strictObject({
    ...oauth2ClientFields(),
    refresh_token: optional(seedText("refresh_token")),
    ...consentFields(),
    scopes: scopes(),
    scope: scope(),
    ...bindingFields(),
    ...fetchingFields(),
  }),
);

const oneSpellingOfScopes: Relation = ({ scopes: list, scope: one }) => {
  return isGiven(list) && isGiven(one)
    ? [{ path: "scope", message: "cannot stand beside scopes: give one of them" }]
    : [];
};
