/**
 * How a grant of an OAuth 2 client is begun by somebody's consent, and ended: what the client asks of its server beside
 * tokens, and what becomes of the answer. Talking to that somebody is the command line's part.
 */

import { withDeadline } from "../failure/deadline.js";
import type { HeldSecrets, RequestToken } from "../grant/grant-options.js";
import { accepted, parseBody } from "../http/answer.js";
import type { Errand } from "../oauth2/discovery.js";
import { type EndpointName, endpointOf, type ServerMetadata } from "../oauth2/server-metadata.js";
import type { ClientParameters, Grant } from "../oauth2/token-request.js";
import { ConfigError } from "../values/errors.js";
import type { Redemption } from "../values/issued.js";
import type { ClientSource } from "./client-source.js";
import type { TokenSource } from "./token-source.js";

/** What is configured for it. */
export interface ConsentSettings {
  readonly authorization_url: URL | undefined;
  readonly device_authorization_url: URL | undefined;
  readonly revocation_url: URL | undefined;
  readonly redirect_uri: string | undefined;
  readonly issuer: URL | undefined;
}

/** What it is made of. */
export interface ConsentParts {
  readonly name: string;
  readonly source: ClientSource;
  readonly settings: ConsentSettings;
  readonly timeoutSecs: number;
  readonly errand: (signal: AbortSignal) => Promise<Errand>;
  readonly requesterOf: (source: TokenSource) => RequestToken;
}

/** Which key names an endpoint, where no issuer does. */
const KEYS = {
  authorization_endpoint: "authorization_url",
  device_authorization_endpoint: "device_authorization_url",
  revocation_endpoint: "revocation_url",
} as const satisfies Partial<Record<EndpointName, keyof ConsentSettings>>;

/** An endpoint that is asked for something else than tokens. */
export type ConsentEndpoint = keyof typeof KEYS;

/** What may be shown of a client and of what it asks for. */
export interface ConsentRequest {
  readonly clientId: string;
  readonly scope: string | undefined;
  /** The parameters that say for which API the tokens are. */
  readonly targets: readonly [string, string][];
}

/** What an endpoint says that does not refuse. */
export interface ConsentAnswer {
  /** Whom it is from, for errors. */
  readonly to: string;
  readonly status: number;
  /** An empty object where it has none. */
  readonly document: unknown;
}

/** What the client asks its server, each within the provider's `timeout_secs`. */
export class Consent {
  readonly #parts: ConsentParts;

  constructor(parts: ConsentParts) {
    this.#parts = parts;
  }

  /** What an authorization request says of the client, and of what it asks for. */
  request(): Promise<ConsentRequest> {
    return this.#within(async ({ signal }) => {
      await this.#readLiveValues(signal);
      const { source } = this.#parts;
      return { clientId: source.clientId ?? "", scope: source.scope, targets: source.targets() };
    });
  }

  /** Whether an issuer is configured, which names endpoints too. */
  get hasIssuer(): boolean {
    return this.#parts.settings.issuer !== undefined;
  }

  /** The endpoints that the configuration itself names. */
  get endpointKeys(): readonly ConsentEndpoint[] {
    const { settings } = this.#parts;
    const named = Object.entries(KEYS).filter(([, key]) => settings[key] !== undefined);
    return named.map(([name]) => name as ConsentEndpoint);
  }

  /** Where the browser is to be sent when it is done, if that is configured. */
  get redirectUri(): string | undefined {
    return this.#parts.settings.redirect_uri;
  }

  /** What an authorization response must say of who sends it (RFC 9207 §2.4). */
  async expectedIssuer(): Promise<{ readonly issuer: string | undefined; readonly isRequired: boolean }> {
    const metadata = await this.#within((errand) => this.#metadata(errand));
    const isRequired = metadata?.members.authorization_response_iss_parameter_supported === true;
    return { issuer: metadata?.members.issuer as string | undefined, isRequired };
  }

  /** The URL of an endpoint. Rejects with a `ConfigError` that says which key would name it. */
  endpoint(name: ConsentEndpoint): Promise<URL> {
    return this.#within((errand) => this.#endpoint(name, errand));
  }

  /** Asks an endpoint as the client. Rejects with an `AuthError` where that refuses. */
  ask(name: ConsentEndpoint, parameters: ClientParameters): Promise<ConsentAnswer> {
    return this.#within(async (errand) => {
      const url = await this.#endpoint(name, errand);
      await this.#readLiveValues(errand.signal);
      const request = await this.#parts.source.request(url, parameters);
      const answer = await errand.send(request);
      const nothingThere = `there is no ${name.replaceAll("_", " ")} at this URL: check ${KEYS[name]}`;
      // A revocation brings no document (RFC 7009 §2.2).
      const document = accepted(answer, parseBody(answer) ?? {}, errand.maskOf(request), { nothingThere });
      return { to: answer.to, status: answer.status, document };
    });
  }

  /** The tokens that `grant` brings at the token endpoint. */
  async redeem(grant: Grant, madeKey: string | undefined): Promise<Redemption> {
    const { source, timeoutSecs, requesterOf } = this.#parts;
    const held: HeldSecrets = { refreshToken: undefined, accessToken: undefined, madeKey };
    const request = requesterOf(source.by(grant));
    return withDeadline((why) => request(held, why), timeoutSecs)({ reason: "initial" });
  }

  async #endpoint(name: ConsentEndpoint, errand: Errand): Promise<URL> {
    const configured = this.#parts.settings[KEYS[name]];
    if (configured !== undefined) return configured;
    const metadata = await this.#metadata(errand);
    if (metadata !== undefined) return endpointOf(metadata, name);
    const message = `is required: the ${name.replaceAll("_", " ")}; or issuer in place of token_url`;
    throw new ConfigError(this.#parts.name, [{ path: KEYS[name], message }]);
  }

  async #readLiveValues(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.source.live.map((value) => value.read(signal)));
  }

  async #metadata(errand: Errand): Promise<ServerMetadata | undefined> {
    return this.#parts.source.metadata?.(errand);
  }

  #within<T>(work: (errand: Errand) => Promise<T>): Promise<T> {
    const { errand, timeoutSecs } = this.#parts;
    return withDeadline(async ({ signal }) => work(await errand(signal)), timeoutSecs)({ reason: "initial" });
  }
}
