/** How each platform gives its workloads a token, as its own documentation has it (K6). */

import { isObject } from "../http/answer.js";
import { exchangeDirectly } from "../http/direct-exchange.js";
import type { ExchangeOptions, HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { LifetimeFormat } from "../http/lifetime.js";
import { AuthError, ConfigError } from "../values/errors.js";
import { lifetimeOf } from "../values/issued.js";
import { parseJson } from "../values/parse-json.js";

/** What a platform is asked for. */
export interface IdentityQuery {
  readonly audience?: string | undefined;
  readonly resource?: string | undefined;
  readonly client_id?: string | undefined;
}

/** Where the token and its lifetime stand in an answer. */
export interface IdentityShape {
  readonly token_path: string;
  readonly expiry_path: string | undefined;
  readonly expiry_format: LifetimeFormat;
}

/** A platform that answers over HTTP. */
export interface IdentityPlatform {
  /** The request, by the environment of just now. Throws a retryable `ConfigError` where that says nothing. */
  request(query: IdentityQuery): HttpRequest;
  /** By default it is sent as any other token request is. */
  readonly send?: (request: HttpRequest, options: ExchangeOptions) => Promise<HttpAnswer>;
  shapeOf(answer: HttpAnswer): IdentityShape;
  /** Statuses by which it says that it is being updated. */
  readonly retryOn: readonly number[];
}

/** What is nothing but the token says by that how long it lives. */
export const BARE_TOKEN: IdentityShape = { token_path: "$", expiry_path: undefined, expiry_format: "jwt" };

/** https://docs.github.com/en/actions/reference/security/oidc */
const githubActions: IdentityPlatform = {
  request({ audience }) {
    const url = urlIn("ACTIONS_ID_TOKEN_REQUEST_URL", inVariable("ACTIONS_ID_TOKEN_REQUEST_URL"));
    const token = inVariable("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    return getRequest(url, { audience }, { accept: "application/json", authorization: `Bearer ${token}` });
  },
  shapeOf: () => ({ ...BARE_TOKEN, token_path: "$.value" }),
  retryOn: [],
};

/** https://cloud.google.com/compute/docs/instances/verifying-instance-identity */
const gcpMetadata: IdentityPlatform = {
  request({ audience }) {
    const { GCE_METADATA_HOST: host } = process.env;
    const server = urlIn("GCE_METADATA_HOST", `http://${host || "metadata.google.internal"}`, "a host, or host:port");
    const url = new URL("/computeMetadata/v1/instance/service-accounts/default/identity", server);
    return getRequest(url, { audience, format: "full" }, { "metadata-flavor": "Google" });
  },
  send: async (request, options) => ofGoogle(await exchangeDirectly(request, options)),
  shapeOf: () => BARE_TOKEN,
  retryOn: [],
};

/** https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
const azureImds: IdentityPlatform = {
  request(query) {
    const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = process.env;
    // Azure Arc has the endpoint without the header, and another protocol.
    if (endpoint && header) return appService(urlIn("IDENTITY_ENDPOINT", endpoint), header, query);
    const url = new URL("http://169.254.169.254/metadata/identity/oauth2/token");
    return getRequest(url, { "api-version": "2018-02-01", ...query }, { accept: "application/json", metadata: "true" });
  },
  send: exchangeDirectly,
  shapeOf: ({ text }) => {
    const body = parseJson(text);
    const hasInstant = isObject(body) && lifetimeOf(body.expires_on) !== undefined;
    return { token_path: "$.access_token", ...(hasInstant ? EXPIRES_ON : EXPIRES_IN) };
  },
  retryOn: [404, 410],
};

const EXPIRES_ON = { expiry_path: "$.expires_on", expiry_format: "epoch_seconds" } as const;
const EXPIRES_IN = { expiry_path: "$.expires_in", expiry_format: "seconds" } as const;

/** https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity */
function appService(url: URL, header: string, query: IdentityQuery): HttpRequest {
  const headers = { accept: "application/json", "x-identity-header": header };
  return getRequest(url, { "api-version": "2019-08-01", ...query }, headers);
}

/** The platforms that answer over HTTP, by the name of the source. */
export const IDENTITY_PLATFORMS: Readonly<Record<"github_actions" | "gcp_metadata" | "azure_imds", IdentityPlatform>> =
  {
    github_actions: githubActions,
    gcp_metadata: gcpMetadata,
    azure_imds: azureImds,
  };

/** What answers in place of Google's server, as the portal of a network does, does not say that it is Google's. That one calls a token HTML. */
function ofGoogle(answer: HttpAnswer): HttpAnswer {
  const { to, status, headers } = answer;
  if (status < 200 || status >= 300) return answer;
  if (headers["metadata-flavor"] === "Google") {
    return { ...answer, headers: { ...headers, "content-type": "text/plain" } };
  }
  const message = `${to}: HTTP ${status}, but not by Google's metadata server: the answer has no Metadata-Flavor`;
  throw new AuthError(message, { status });
}

/** The URL's own query stays as it is written. */
function getRequest(
  url: URL,
  query: Readonly<Record<string, string | undefined>>,
  headers: HttpRequest["headers"],
): HttpRequest {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const parameters = given.map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`);
  const target = new URL(url);
  target.search = [url.search.slice(1), ...parameters].filter((part) => part !== "").join("&");
  return { method: "GET", url: target, headers };
}

function inVariable(name: string): string {
  const value = process.env[name]?.trim();
  return value || fault(name, "is not set: GitHub sets it in a job with permissions: { id-token: write }");
}

function urlIn(name: string, value: string, kind = "an http or https URL"): URL {
  const isUrl = URL.canParse(value) && /^https?:/i.test(value);
  return isUrl ? new URL(value) : fault(name, `must be ${kind}`);
}

/** The environment may be another one by the next request. */
function fault(variable: string, message: string): never {
  const issue = { path: "source", message: `the environment variable ${variable} ${message}` };
  throw new ConfigError("configuration", [issue], { retryable: true });
}
