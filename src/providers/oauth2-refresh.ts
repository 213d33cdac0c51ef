/** `oauth2_refresh`: the refresh token grant (RFC 6749 §6), with rotation. */

import * as z from "zod/mini";
import { check, lazily } from "../config/check.js";
import { scopes, text } from "../config/fields.js";
import type { HeldSecrets } from "../grant/grant-options.js";
import {
  clientFields,
  clientOf,
  clientRelations,
  identityOf,
  type OAuth2ClientConfig,
  visibleClient,
} from "../oauth2/client-config.js";
import { tokenRequest } from "../oauth2/token-request.js";
import { readTokenResponse } from "../oauth2/token-response.js";
import { Credential } from "../values/credential.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { persistFitsRuntime } from "./persistence.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** The configuration of an `oauth2_refresh` provider. */
export interface OAuth2RefreshConfig extends OAuth2ClientConfig, FetchingConfig {
  /** The refresh token to begin with. Where the IdP rotates it, the provider follows. */
  readonly refresh_token: string;
  /** A list, or one string with spaces between (RFC 6749 §6); sent only when given. */
  readonly scopes?: readonly string[] | string | null;
}

/**
 * Bearer tokens for somebody's grant, by its refresh token (RFC 6749 §6). A rotated refresh token
 * is presented from the next request on, so the grant lives as long as one provider is shared; with
 * `persist`, as long as its store.
 */
export class OAuth2RefreshProvider extends FetchingProvider {
  /** Throws a `ConfigError` with every fault of `config`. */
  constructor(config: OAuth2RefreshConfig, runtime: Runtime = {}) {
    const settings = check("oauth2_refresh", config, {
      schema: schema(),
      relations: [...clientRelations, persistFitsRuntime("oauth2_refresh", runtime)],
      others: faultsOfRuntime(runtime),
    });
    const client = clientOf(settings);
    const { refresh_token: refreshToken, scopes: scope } = settings;
    const source = {
      type: "oauth2_refresh",
      url: client.tokenUrl,
      refreshToken,
      origin: [...identityOf(client), scope],
      secrets: [client.clientSecret, refreshToken, ...Object.values(client.params)],
      visible: { ...visibleClient(client), refresh_token: "***", scope, expiry_ratio: settings.expiry_ratio },
      request: (held: HeldSecrets) =>
        tokenRequest(client, { grant_type: "refresh_token", refresh_token: held.refreshToken, scope }),
      read: readTokenResponse,
      credential: Credential.bearer,
    };
    super(source, settings, runtime);
  }
}

const schema = lazily(() =>
  z.strictObject({ ...clientFields(), refresh_token: text(), scopes: scopes(), ...fetchingFields() }),
);
