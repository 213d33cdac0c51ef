/** What the OAuth 2 providers share: a client asks its token endpoint by a grant, and gets a bearer token. */

import type { Audience } from "../auth-provider.js";
import type { HeldSecrets } from "../grant/grant-options.js";
import { displayUrl } from "../http/url.js";
import { clientAuthenticator } from "../oauth2/client-authentication.js";
import { liveValuesOf, type OAuth2Client, visibleClient } from "../oauth2/client-config.js";
import { type Grant, tokenRequest } from "../oauth2/token-request.js";
import { answerReader } from "../oauth2/token-response.js";
import { type TokenUrl, tokenUrlOf } from "../oauth2/token-url.js";
import { reliable, wallClock } from "../values/clock.js";
import { credentialMaker } from "./apply-as.js";
import { type AudienceSettings, audienceOver, labelOf, partsOfAudience } from "./audience.js";
import type { FetchingSettings } from "./fetching-provider.js";
import { byOneRequest } from "./one-request.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** The settings of an OAuth 2 provider, whatever its grant. */
export type OAuth2Settings = OAuth2Client & FetchingSettings & AudienceSettings;

/** What one kind of grant adds. */
export interface OAuth2Grant {
  readonly type: string;
  /** The refresh token that it starts with, if it does. */
  readonly refreshToken?: string;
  /** The grant's own parameters. */
  parameters(held: HeldSecrets): Grant;
}

/** How a token of an OAuth 2 grant is asked for, and how one of another audience would be. */
export interface OAuth2Source extends TokenSource {
  /** What it asks for, as it may stand in a name. */
  readonly label: string;
  /** The same with other scopes and parameters. Throws a `ConfigError` about `subject` for what cannot be asked. */
  for(audience: Audience, subject: string): OAuth2Source;
}

/** How `grant` asks for a token. */
export function oauth2Source(
  settings: OAuth2Settings,
  grant: OAuth2Grant,
  runtime: Runtime,
  tokenUrl: TokenUrl = tokenUrlOf(settings),
): OAuth2Source {
  const { type, refreshToken, parameters } = grant;
  const { configured: url } = tokenUrl;
  const { client_id: clientId, params, headers, scopes: scope } = settings;
  const credential = credentialMaker(settings.apply_as);
  const refresh = refreshToken === undefined ? {} : { refreshToken };
  const authenticate = clientAuthenticator(settings, reliable(runtime.clock ?? wallClock));
  return {
    type,
    url,
    ...refresh,
    clientId,
    // A refresh token tells the account by itself; harmless changes, such as a header, must not end its grant.
    account:
      refreshToken === undefined
        ? [url.href, clientId, Object.entries(headers.identity).sort()]
        : [displayUrl(url), clientId],
    audience: partsOfAudience(settings),
    label: labelOf(settings),
    for: (audience, subject) =>
      oauth2Source({ ...settings, ...audienceOver(settings, audience, subject) }, grant, runtime, tokenUrl),
    formerOrigin: [displayUrl(url), clientId, [...params.identity].sort(), scope],
    secrets: [refreshToken, ...params.identity.map(([, value]) => value)],
    live: liveValuesOf(settings),
    visible: {
      ...visibleClient(settings),
      ...(refreshToken !== undefined && { refresh_token: "***" }),
      scope,
      expiry_ratio: settings.expiry_ratio,
    },
    endpoint: (errand) => tokenUrl.find(errand),
    ask: byOneRequest({
      request: async (held, endpoint) => {
        const asked = { ...parameters(held), scope };
        return tokenRequest(settings, {
          tokenUrl: endpoint,
          grant: asked,
          authentication: await authenticate(endpoint),
        });
      },
      read: answerReader(settings, credential),
    }),
    credential,
  };
}
