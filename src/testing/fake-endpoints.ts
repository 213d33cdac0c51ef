/** The endpoints of a fake identity provider: tokens, revocation and metadata, and an API that takes the tokens. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { FakeGrants, IssuedTokens } from "./fake-grants.js";
import { checkResponse, type FakeIdpAnswer, type FakeIdpFailure, type FakeIdpResponse } from "./fake-idp-orders.js";
import { type FakeIdpRequest, readRequest } from "./fake-idp-request.js";

/** What the endpoints go by beside the grants. */
interface EndpointSettings {
  readonly clients: Readonly<Record<string, string>> | undefined;
  readonly expiresIn: number | null;
  readonly latencyMs: number;
}

/** Serves one fake identity provider. */
export class FakeEndpoints {
  readonly requests: FakeIdpRequest[] = [];
  readonly #grants: FakeGrants;
  readonly #settings: EndpointSettings;
  #answer: FakeIdpAnswer | undefined;
  #failure: FakeIdpFailure | undefined;
  #failuresLeft = 0;

  constructor(grants: FakeGrants, settings: EndpointSettings) {
    this.#grants = grants;
    this.#settings = settings;
  }

  failWith(failure: FakeIdpFailure | undefined): void {
    this.#failure = failure;
    this.#failuresLeft = failure?.times ?? Number.POSITIVE_INFINITY;
  }

  answerWith(answer: FakeIdpAnswer | undefined): void {
    this.#answer = answer;
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away is no fault of the fake.
    const request = await readRequest(incoming).catch(() => undefined);
    if (request === undefined) return;
    try {
      await this.#answerTo(request, response);
    } catch (error) {
      send(response, { status: 500, body: `the fake could not answer: ${error}` });
    }
  }

  async #answerTo(request: FakeIdpRequest, response: ServerResponse): Promise<void> {
    const pathname = pathnameOf(request);
    const n = pathname === "/token" ? this.requests.push(request) : 0;
    if (this.#settings.latencyMs > 0) await wait(this.#settings.latencyMs);
    if (pathname === "/token") return this.#token(request, n, response);
    if (pathname === "/revoke") return send(response, this.#revoke(request));
    if (pathname === "/api" || pathname?.startsWith("/api/")) return send(response, this.#api(request));
    if (METADATA_PATHS.includes(pathname ?? "")) return send(response, { body: metadataOf(request) });
    send(response, { status: 404, body: { error: "not_found" } });
  }

  async #token(request: FakeIdpRequest, n: number, response: ServerResponse): Promise<void> {
    const failure = this.#nextFailure();
    if (failure !== undefined && !failure.losesAnswer) return send(response, failed(failure));
    const answer = (await this.#ordered(request, n)) ?? this.#grant(request);
    if (failure?.losesAnswer) response.destroy();
    else send(response, answer);
  }

  /** What the test answers, if it does. */
  async #ordered(request: FakeIdpRequest, n: number): Promise<FakeIdpResponse | undefined> {
    const answer = await this.#answer?.(request, n);
    if (answer !== undefined) checkResponse(answer);
    return answer;
  }

  #nextFailure(): FakeIdpFailure | undefined {
    if (this.#failuresLeft <= 0) return undefined;
    this.#failuresLeft -= 1;
    return this.#failure;
  }

  /** RFC 6749 §5. */
  #grant(request: FakeIdpRequest): FakeIdpResponse {
    if (request.method !== "POST") return refused("invalid_request", "a token request is a POST");
    if (!this.#knowsClient(request)) return refused("invalid_client", "unknown client, or a wrong secret", 401);
    const { grant_type: grantType = "", refresh_token: refreshToken, scope } = request.form;
    if (grantType !== "refresh_token") {
      const tokens = this.#issue(grantType);
      return tokens === undefined ? refused("unsupported_grant_type") : this.#issued(tokens, scope);
    }
    if (refreshToken === undefined) return refused("invalid_request", "refresh_token is missing");
    const tokens = this.#grants.redeem(refreshToken);
    return tokens === undefined
      ? refused("invalid_grant", "the refresh token is unknown, spent or revoked")
      : this.#issued(tokens, scope);
  }

  #issue(grantType: string): IssuedTokens | undefined {
    if (grantType === "password") return this.#grants.redeem(this.#grants.begin());
    return GRANTS_OF_CLIENTS.has(grantType) ? this.#grants.issue() : undefined;
  }

  #issued({ accessToken, refreshToken }: IssuedTokens, scope: string | undefined): FakeIdpResponse {
    const { expiresIn } = this.#settings;
    const body = {
      access_token: accessToken,
      token_type: "Bearer",
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      ...(expiresIn !== null && { expires_in: expiresIn }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(scope !== undefined && { scope }),
    };
    return { headers: { "cache-control": "no-store" }, body };
  }

  /** RFC 7009 §2: of an unknown token it says the same as of a known one. */
  #revoke(request: FakeIdpRequest): FakeIdpResponse {
    if (!this.#knowsClient(request)) return refused("invalid_client", undefined, 401);
    this.#grants.revoke(request.form.token ?? "");
    return { body: "" };
  }

  #api({ headers }: FakeIdpRequest): FakeIdpResponse {
    const [, token = ""] = /^Bearer (.+)$/i.exec(String(headers.authorization ?? "")) ?? [];
    if (this.#grants.isLive(token)) return { body: { rows: [1, 2, 3] } };
    return {
      ...refused("invalid_token", undefined, 401),
      headers: { "www-authenticate": 'Bearer error="invalid_token"' },
    };
  }

  /** RFC 6749 §2.3.1. */
  #knowsClient({ headers, form }: FakeIdpRequest): boolean {
    const { clients } = this.#settings;
    if (clients === undefined) return true;
    const [, basic] = /^Basic (.+)$/i.exec(String(headers.authorization ?? "")) ?? [];
    const [id = "", secret = ""] = basic === undefined ? [form.client_id, form.client_secret] : userPass(basic);
    return Object.hasOwn(clients, id) && clients[id] === secret;
  }
}

/** What a client gets by itself, without a refresh token. */
const GRANTS_OF_CLIENTS: ReadonlySet<string> = new Set([
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:jwt-bearer",
  "urn:ietf:params:oauth:grant-type:token-exchange",
]);

const METADATA_PATHS = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

function metadataOf({ headers }: FakeIdpRequest): object {
  const issuer = `http://${headers.host}`;
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
    grant_types_supported: ["refresh_token", "password", ...GRANTS_OF_CLIENTS],
    response_types_supported: [],
  };
}

/** `undefined` for a target that is none, such as `//`. */
function pathnameOf({ path }: FakeIdpRequest): string | undefined {
  return URL.canParse(path, "http://fake") ? new URL(path, "http://fake").pathname : undefined;
}

function userPass(basic: string): string[] {
  const text = Buffer.from(basic, "base64").toString();
  const colon = text.indexOf(":");
  const decoded = (part: string): string => {
    return new URLSearchParams(`part=${part}`).get("part") ?? "";
  };
  return [decoded(text.slice(0, colon)), decoded(text.slice(colon + 1))];
}

function refused(error: string, description?: string, status = 400): FakeIdpResponse {
  return { status, body: { error, ...(description !== undefined && { error_description: description }) } };
}

function failed({ status = 503, error, description, retryAfter }: FakeIdpFailure): FakeIdpResponse {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  if (error === undefined) return { status, headers, body: description ?? "" };
  return { ...refused(error, description, status), headers };
}

function send(response: ServerResponse, { status = 200, headers = {}, body = "" }: FakeIdpResponse): void {
  const isText = typeof body === "string";
  const text = isText ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json", ...headers }).end(text);
}
