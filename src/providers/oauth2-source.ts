/** What the OAuth 2 providers share: a client asks its token endpoint by a grant, and gets a bearer token. */

import type { Audience } from "../auth-provider.js";
import type { HeldSecrets } from "../grant/grant-options.js";
import type { HttpAnswer } from "../http/exchange.js";
import { displayUrl } from "../http/url.js";
import type { LiveValue } from "../live/live-value.js";
import { recordedBaseUrl } from "../oauth2/base-url.js";
import { clientAuthenticator } from "../oauth2/client-authentication.js";
import { liveValuesOf, type OAuth2Client, visibleClient } from "../oauth2/client-config.js";
import { clientRequest, type Grant, tokenRequest } from "../oauth2/token-request.js";
import { answerReader } from "../oauth2/token-response.js";
import { type TokenUrl, tokenUrlOf } from "../oauth2/token-url.js";
import { reliable, wallClock } from "../values/clock.js";
import { credentialMaker } from "./apply-as.js";
import { type AudienceSettings, audienceOver, labelOf, partsOfAudience } from "./audience.js";
import type { ClientSource } from "./client-source.js";
import { TokenBinding, wantsNonce } from "./dpop.js";
import type { DpopSettings } from "./dpop-config.js";
import type { FetchingSettings } from "./fetching-provider.js";
import { byOneRequest } from "./one-request.js";
import type { Runtime } from "./runtime.js";

/** The settings of an OAuth 2 provider, whatever its grant. */
export type OAuth2Settings = OAuth2Client &
  FetchingSettings &
  AudienceSettings & {
    /** The key to which its tokens are bound, of the types that have it. */
    readonly dpop?: DpopSettings | undefined;
  };

/** What one kind of grant adds. */
export interface OAuth2Grant {
  readonly type: string;
  /** The refresh token that it starts with, if it does. */
  readonly refreshToken?: string;
  /** Whether a refresh token may come by a login, though none is configured. */
  readonly mayHaveRefreshTokens?: boolean;
  /** What it presents beside the client, where that is live. */
  readonly live?: readonly LiveValue[];
  /** What tells its account from others of the same client: for whom it asks. */
  readonly account?: readonly unknown[];
  /** What of its own keys may be printed. */
  readonly visible?: Readonly<Record<string, unknown>>;
  /** The names of parameters that are keys of its own. */
  readonly ownParams?: readonly string[];
  /** The grant's own parameters, of which `scope` goes before that of the settings. */
  parameters(held: HeldSecrets, asking: Asking): Grant | Promise<Grant>;
  /** Is shown each answer that has brought a token. */
  noteAnswer?(answer: HttpAnswer): void;
  /** The refusal of a request, with what does not show by itself. */
  explained?(refusal: unknown): unknown;
}

/** What is asked for, and where. */
export interface Asking {
  readonly tokenUrl: URL;
  readonly scope: string | undefined;
}

/** How a token of an OAuth 2 grant is asked for, and how one of another audience would be. */
export interface OAuth2Source extends ClientSource {
  /** What it asks for, as it may stand in a name. */
  readonly label: string;
  /** The same with other scopes and parameters. Throws a `ConfigError` about `subject` for what cannot be asked. */
  for(audience: Audience, subject: string): OAuth2Source;
}

/** What all audiences of a grant have in common. */
interface SharedParts {
  readonly tokenUrl: TokenUrl;
  readonly binding: TokenBinding | undefined;
}

/** How `grant` asks for a token. */
export function oauth2Source(
  settings: OAuth2Settings,
  grant: OAuth2Grant,
  runtime: Runtime,
  tokenUrl: TokenUrl = tokenUrlOf(settings),
): OAuth2Source {
  const clock = reliable(runtime.clock ?? wallClock);
  const binding = settings.dpop && new TokenBinding(settings.dpop, runtime.name ?? grant.type, clock);
  return sourceOver(settings, grant, runtime, { tokenUrl, binding });
}

function sourceOver(settings: OAuth2Settings, grant: OAuth2Grant, runtime: Runtime, shared: SharedParts): OAuth2Source {
  const { tokenUrl, binding } = shared;
  const { type, refreshToken, parameters } = grant;
  const { configured: url } = tokenUrl;
  const { client_id: clientId, params, headers, scopes: scope } = settings;
  const make = credentialMaker(settings.apply_as);
  const read = answerReader(settings, make);
  const refresh = refreshToken === undefined ? {} : { refreshToken };
  const authenticate = clientAuthenticator(settings, reliable(runtime.clock ?? wallClock));
  return {
    type,
    url,
    ...refresh,
    ...(grant.mayHaveRefreshTokens && { mayHaveRefreshTokens: true }),
    clientId,
    // A refresh token tells the account by itself; harmless changes, such as a header, must not end its grant.
    account:
      refreshToken === undefined && !grant.mayHaveRefreshTokens
        ? [url.href, clientId, Object.entries(headers.identity).sort(), ...(grant.account ?? [])]
        : [displayUrl(url), clientId],
    audience: partsOfAudience(settings),
    label: labelOf(settings),
    for: (audience, subject) => {
      const asked = audienceOver(settings, audience, { subject, ownParams: grant.ownParams ?? [] });
      return sourceOver({ ...settings, ...asked }, grant, runtime, shared);
    },
    scope,
    targets: () => params.current.filter(([parameter]) => TARGETS.has(parameter)).map(([...target]) => target),
    by: (other) =>
      sourceOver(settings, { ...grant, parameters: () => ({ scope: undefined, ...other }) }, runtime, shared),
    ...(tokenUrl.metadata && { metadata: tokenUrl.metadata }),
    request: async (at, parameters) => {
      return clientRequest(settings, { url: at, parameters, authentication: await authenticate(at) });
    },
    formerOrigin: [displayUrl(url), clientId, [...params.identity].sort(), scope],
    secrets: [refreshToken, ...params.identity.map(([, value]) => value)],
    live: [...liveValuesOf(settings), ...(grant.live ?? []), ...(binding?.live ?? [])],
    visible: {
      ...visibleClient(settings),
      ...(refreshToken !== undefined && { refresh_token: "***" }),
      ...grant.visible,
      ...(binding && { dpop: binding.visible }),
      scope,
      expiry_ratio: settings.expiry_ratio,
    },
    endpoint: (errand) => tokenUrl.find(errand),
    ask: async (held, errand) => {
      const proof = binding?.proof(held);
      return byOneRequest({
        request: async (_held, endpoint) => {
          const asked = { scope, ...(await parameters(held, { tokenUrl: endpoint, scope })) };
          const request = tokenRequest(settings, {
            tokenUrl: endpoint,
            grant: asked,
            authentication: await authenticate(endpoint),
          });
          return proof?.on(request) ?? request;
        },
        send: binding?.exchange,
        isAskedAgain: binding && wantsNonce,
        read: async (answer, mask) => {
          const response = await read(answer, mask, proof).catch((refusal: unknown) => {
            throw grant.explained?.(refusal) ?? refusal;
          });
          if ("token" in response) grant.noteAnswer?.(answer);
          binding?.noteAnswer(response);
          return response;
        },
      })(held, errand);
    },
    credential: (token, recorded) => {
      if (binding !== undefined) return binding.credential(token, recorded);
      if (recorded.boundTo) throw new TypeError("the token is bound to a key, and none is configured");
      return make(token);
    },
    baseUrl: recordedBaseUrl(settings),
    madeKey: binding?.madeKey,
    readKey: binding?.readKey,
  };
}

/** RFC 8707 §2, and the name that others had for it before. */
const TARGETS: ReadonlySet<string> = new Set(["resource", "audience"]);
