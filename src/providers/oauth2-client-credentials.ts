/** `oauth2`: the client credentials grant (RFC 6749 §4.4). */

import * as z from "zod/mini";
import { check, lazily } from "../config/check.js";
import { scopes } from "../config/fields.js";
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

/** The configuration of an `oauth2` provider. */
export interface OAuth2ClientCredentialsConfig extends OAuth2ClientConfig, FetchingConfig {
  /** A list, or one string with spaces between (RFC 6749 §3.3). */
  readonly scopes?: readonly string[] | string | null;
}

/** Bearer tokens for the client itself, by the client credentials grant (RFC 6749 §4.4). */
export class OAuth2ClientCredentialsProvider extends FetchingProvider {
  /** Throws a `ConfigError` with every fault of `config`. */
  constructor(config: OAuth2ClientCredentialsConfig, runtime: Runtime = {}) {
    const settings = check("oauth2", config, {
      schema: schema(),
      relations: [...clientRelations, persistFitsRuntime("oauth2", runtime)],
      others: faultsOfRuntime(runtime),
    });
    const client = clientOf(settings);
    const scope = settings.scopes;
    const source = {
      type: "oauth2",
      url: client.tokenUrl,
      origin: [...identityOf(client), scope],
      secrets: [client.clientSecret, ...Object.values(client.params)],
      visible: { ...visibleClient(client), scope, expiry_ratio: settings.expiry_ratio },
      request: () => tokenRequest(client, { grant_type: "client_credentials", scope }),
      read: readTokenResponse,
      credential: Credential.bearer,
    };
    super(source, settings, runtime);
  }
}

const schema = lazily(() => z.strictObject({ ...clientFields(), scopes: scopes(), ...fetchingFields() }));
