/** `oauth2`: the client credentials grant (RFC 6749 §4.4). */

import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { scopes } from "../config/fields.js";
import { oauth2ClientFields } from "../oauth2/client-config.js";
import { OAUTH2_CLIENT_RELATIONS } from "../oauth2/client-relations.js";
import { BINDING_RELATIONS, type BindingConfig, bindingFields, faultsOfKeys } from "./dpop-config.js";
import { type FetchingConfig, fetchingFields } from "./fetching-provider.js";
import { CLIENT_TOKENS, type OAuth2ClientConfig } from "./oauth2-client-config.js";
import { OAuth2Provider } from "./oauth2-provider.js";
import { oauth2Source } from "./oauth2-source.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";

/** The configuration of an `oauth2` provider. */
export interface OAuth2ClientCredentialsConfig extends OAuth2ClientConfig, FetchingConfig, BindingConfig {
  /** The scopes to ask for: a list, or one string with spaces between (RFC 6749 §3.3). Not sent where there are none. */
  readonly scopes?: readonly string[] | string | null;
}

/**
 * Bearer tokens for the client itself, by the client credentials grant (RFC 6749 §4.4).
 *
 * @example
 * const provider = new OAuth2ClientCredentialsProvider({
 *   token_url: "https://idp.example/token",
 *   client_id: "reports",
 *   client_secret: process.env.CLIENT_SECRET ?? "",
 *   scopes: ["read"],
 * });
 * const credential = await provider.getToken();
 */
export class OAuth2ClientCredentialsProvider extends OAuth2Provider {
  /** The name of the type in configurations. */
  static readonly type = "oauth2";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: OAuth2ClientCredentialsConfig, runtime: Runtime = {}) {
    const type = OAuth2ClientCredentialsProvider.type;
    const rules = {
      schema: clientCredentialsSchema(),
      relations: [...OAUTH2_CLIENT_RELATIONS, ...BINDING_RELATIONS],
      settled: faultsOfKeys,
      tokens: CLIENT_TOKENS,
    };
    const settings = settingsOf(type, rules, config, runtime);
    const grant = { type, parameters: () => ({ grant_type: "client_credentials" }) };
    const source = oauth2Source(settings, grant, runtime);
    super(source, settings, runtime);
  }
}

/** The schema of its configuration. */
export const clientCredentialsSchema = lazily(() =>
  z.strictObject({ ...oauth2ClientFields(), scopes: scopes(), ...bindingFields(), ...fetchingFields() }),
);
