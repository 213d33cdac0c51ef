/** `identity_token`: the token that a platform gives to its workloads, so that they need no secret (K6). */

import * as z from "zod/mini";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { optional, text } from "../config/fields.js";
import { LIFETIME_FORMATS, type LifetimeFormat } from "../http/lifetime.js";
import { warnOfPlainHttp } from "../http/plain-http.js";
import { recordedBaseUrl } from "../oauth2/base-url.js";
import { answerReader } from "../oauth2/token-response.js";
import { credentialMaker } from "./apply-as.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { faultOfTokenFile, tokenFile } from "./identity-file.js";
import { BARE_TOKEN, IDENTITY_PLATFORMS, type IdentityPlatform, type IdentityShape } from "./identity-platforms.js";
import { byOneRequest, type OneRequest } from "./one-request.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** Who gives a workload its token. */
export type IdentitySource = "file" | "github_actions" | "gcp_metadata" | "azure_imds";

/** The configuration of an `identity_token` provider. */
export interface IdentityTokenConfig extends FetchingConfig {
  /**
   * Who gives the token: `file`, for one that the platform keeps up to date, as Kubernetes does; `github_actions`, in a job with
   * `permissions: { id-token: write }`; `gcp_metadata`, the metadata server of Google Cloud; `azure_imds`, that of
   * Azure, or of App Service.
   */
  readonly source: IdentitySource;
  /** With `file`: its path. A relative one starts at the folder of the document, in code at the working directory. */
  readonly path?: string | null;
  /** With `github_actions` and `gcp_metadata`: whom the token is for. */
  readonly audience?: string | null;
  /** With `azure_imds`: what the token is for, such as `api://AzureADTokenExchange`. */
  readonly resource?: string | null;
  /**
   * With `azure_imds`: the client id of a user-assigned identity.
   * @default the identity that the system has assigned
   */
  readonly client_id?: string | null;
  /**
   * The JSONPath of the token in the answer or the file; `$` where that is nothing but the token.
   * @default as the platform answers
   */
  readonly token_path?: string | null;
  /**
   * The JSONPath of the token's lifetime. Where a configured one selects none, the provider warns once, and assumes
   * `default_expires_in`.
   * @default as the platform answers; of a token without such, its `exp`
   */
  readonly expiry_path?: string | null;
  /**
   * How the lifetime at `expiry_path` is written, as for other types.
   * @default seconds
   */
  readonly expiry_format?: LifetimeFormat | null;
}

/**
 * The identity of the workload itself: as a bearer, or as what other providers exchange for a token. It lives until its `exp`, or
 * as long as the platform says. A metadata server is asked directly, past any proxy of the process, unless `runtime` has a
 * dispatcher or a fetch.
 *
 * @example
 * const github = new IdentityTokenProvider({ source: "github_actions", audience: "https://idp.example" });
 * const provider = new TokenExchangeProvider({ token_url: "https://idp.example/token", subject_token: github });
 */
export class IdentityTokenProvider extends FetchingProvider {
  /** The name of the type in configurations. */
  static readonly type = "identity_token";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: IdentityTokenConfig, runtime: Runtime = {}) {
    const { type } = IdentityTokenProvider;
    const rules = { schema: identityTokenSchema(), relations: [keysFitSource, fileHasToken, notKept] };
    const settings = settingsOf(type, rules, config, runtime);
    const platform = settings.source === "file" ? undefined : IDENTITY_PLATFORMS[settings.source];
    const asked = platform === undefined ? tokenFile(config) : askedBy(platform, settings, runtime.name ?? type);
    const fetching = {
      ...settings,
      expiry_format: settings.expiry_format ?? "seconds",
      retry_on: [...settings.retry_on, ...(platform?.retryOn ?? [])],
    };
    // By what is asked, nobody can tell one workload from another: a store might give it the token of another one.
    super(sourceOf(settings, platform, asked), fetching, { ...runtime, store: undefined });
  }
}

/** The schema of its configuration. */
export const identityTokenSchema = lazily(() =>
  z.strictObject({
    source: z.enum(["file", ...(Object.keys(IDENTITY_PLATFORMS) as (keyof typeof IDENTITY_PLATFORMS)[])]),
    path: optional(text()),
    audience: optional(text()),
    resource: optional(text()),
    client_id: optional(text()),
    ...fetchingFields(),
    expiry_format: optional(z.enum(LIFETIME_FORMATS)),
  }),
);

type IdentityTokenSettings = Readonly<z.output<ReturnType<typeof identityTokenSchema>>>;

/** The key that each source needs, and those that it takes beside it. */
const KEYS: Readonly<Record<IdentitySource, readonly [needed: string, ...others: string[]]>> = {
  file: ["path"],
  github_actions: ["audience"],
  gcp_metadata: ["audience"],
  azure_imds: ["resource", "client_id"],
};

const keysFitSource: Relation = (config) => {
  const keys = KEYS[config.source as IdentitySource];
  if (keys === undefined) return [];
  const [needed, ...others] = keys;
  const missing = isGiven(config[needed])
    ? []
    : [{ path: needed, message: `is required with source: ${config.source}: a string` }];
  const idle = [...new Set(Object.values(KEYS).flat())].filter((key) => !keys.includes(key) && isGiven(config[key]));
  return [
    ...missing,
    ...idle.map((path) => ({
      path,
      message: `has no use with source: ${config.source}, which takes ${[needed, ...others].join(", ")}`,
    })),
  ];
};

const fileHasToken: Relation = (config) => {
  if (config.source !== "file" || !isGiven(config.path)) return [];
  const fault = faultOfTokenFile(config);
  return fault === undefined ? [] : [{ path: "path", message: fault }];
};

const notKept: Relation = ({ persist }) => {
  const message = "has no use here: the token is the workload's own, and can be asked for again at any time";
  return isGiven(persist) ? [{ path: "persist", message }] : [];
};

/** How a platform is asked. Its own network is no place for eavesdroppers; one that the environment names may be (H6). */
function askedBy(
  platform: IdentityPlatform,
  settings: IdentityTokenSettings,
  name: string,
): Pick<OneRequest, "request" | "send"> {
  const { resource, client_id, audience } = settings;
  let isFirst = true;
  return {
    request() {
      const request = platform.request({ resource, client_id, audience });
      if (isFirst) warnOfPlainHttp([request.url], name);
      isFirst = false;
      return request;
    },
    send: platform.send,
  };
}

function sourceOf(
  settings: IdentityTokenSettings,
  platform: IdentityPlatform | undefined,
  asked: Pick<OneRequest, "request" | "send">,
): TokenSource {
  const { source, path, audience, resource, client_id, expiry_ratio } = settings;
  const credential = credentialMaker(settings.apply_as);
  return {
    type: IdentityTokenProvider.type,
    // Where it is asked is known to the environment, and only when it is asked.
    url: new URL(`urn:faucet-auth:identity-token:${source}`),
    account: [source, path, audience, resource, client_id],
    audience: [],
    secrets: [],
    live: [],
    visible: { source, path, audience, resource, client_id, expiry_ratio },
    ask: byOneRequest({
      ...asked,
      read: (answer, mask) =>
        answerReader(shaped(settings, platform?.shapeOf(answer) ?? BARE_TOKEN), credential)(answer, mask),
    }),
    credential,
    baseUrl: recordedBaseUrl(settings),
  };
}

/** The settings with what the platform's answer has where nothing is configured. */
function shaped(settings: IdentityTokenSettings, shape: IdentityShape): IdentityTokenSettings & IdentityShape {
  const { token_path = shape.token_path, expiry_path, expiry_format } = settings;
  if (expiry_path === undefined && expiry_format === undefined) return { ...settings, ...shape, token_path };
  return { ...settings, token_path, expiry_path, expiry_format: expiry_format ?? "seconds" };
}
