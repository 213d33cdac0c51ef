/** How the keys of a client must stand to each other: what its method needs, what has no use with it, and what would replace the request. */

import { authorizedOnce, givesUserinfo, headersNamed } from "../config/authorization.js";
import { isGiven, type Relation } from "../config/check.js";
import { faultsOfJson } from "../config/json-value.js";
import { PRIVATE_KEY_ALGORITHMS, SECRET_ALGORITHMS } from "../signing/algorithms.js";
import type { ConfigFault } from "../values/errors.js";
import type { ClientAuthMethod } from "./client-config.js";
import { ENDPOINT_RELATIONS } from "./endpoint-config.js";

/** For a client that must be there. */
export const OAUTH2_CLIENT_RELATIONS: readonly Relation[] = [
  ...ENDPOINT_RELATIONS,
  keysFitMethod,
  algorithmFitsMethod,
  claimsKeepTheAssertion,
  basicCanCarryClient,
  paramsKeepTheGrant,
  headersKeepTheRequest,
  authorizedOnce("token_url"),
];

/** For a request that may come from no client at all. */
export const OPTIONAL_CLIENT_RELATIONS: readonly Relation[] = OAUTH2_CLIENT_RELATIONS.map((relation) => {
  return relation === keysFitMethod ? keysFitOptionalClient : relation;
});

type Config = Readonly<Record<string, unknown>>;

const METHOD_KEY = "token_endpoint_auth_method";

/** How a client shows who it is: its method, or an assertion that others issue, which needs none. */
type Way = ClientAuthMethod | "client_assertion";

const ASSERTION_KEYS = [
  "token_endpoint_auth_signing_alg",
  "assertion_audience",
  "assertion_claims",
  "assertion_lifetime_secs",
];

/** What each way makes use of, the secret or key first. */
const USES: Readonly<Record<Way, readonly string[]>> = {
  client_secret_post: ["client_secret"],
  client_secret_basic: ["client_secret", "basic_auth_encoding"],
  client_secret_jwt: ["client_secret", ...ASSERTION_KEYS],
  private_key_jwt: ["private_key", "private_key_id", "certificate", ...ASSERTION_KEYS],
  client_assertion: ["client_assertion", "client_assertion_type"],
  tls_client_auth: [],
  self_signed_tls_client_auth: [],
  none: [],
};

const KEYS_OF_WAYS = [...new Set(Object.values(USES).flat())];

/** `undefined` for a method that is none, which the schema says. */
function wayOf(config: Config): Way | undefined {
  const method = config[METHOD_KEY] ?? (isGiven(config.client_assertion) ? "client_assertion" : "client_secret_post");
  if (method === "private_key_jwt" && isGiven(config.client_assertion)) return "client_assertion";
  return Object.hasOwn(USES, String(method)) ? (method as Way) : undefined;
}

/** What the way needs is there, and nothing that it has no use for. */
function keysFitMethod(config: Config): ConfigFault[] {
  const way = wayOf(config);
  if (way === undefined) return [];
  if (!isGiven(config[METHOD_KEY]) && way !== "client_assertion" && isGiven(config.private_key)) {
    return [{ path: METHOD_KEY, message: "is required beside private_key: private_key_jwt" }];
  }
  const strays = KEYS_OF_WAYS.filter((key) => isGiven(config[key]) && !USES[way].includes(key));
  return [...strays.map((path) => ({ path, message: noUse(path, way) })), ...whatIsMissing(way, config)];
}

function noUse(key: string, way: Way): string {
  const isShown = ["client_secret", "private_key", "client_assertion"].includes(key);
  if (isShown)
    return way === "client_assertion" ? "has no use beside client_assertion" : `has no use with ${spelt(way)}`;
  const ways = Object.entries(USES).filter(([, keys]) => keys.includes(key));
  return `has no use without ${ways.map(([name]) => spelt(name as Way)).join(" or ")}`;
}

function spelt(way: Way): string {
  return way === "client_assertion" ? way : `${METHOD_KEY}: ${way}`;
}

function whatIsMissing(way: Way, { client_secret: secret, private_key: privateKey }: Config): ConfigFault[] {
  const fault = (path: string, message: string): ConfigFault[] => [{ path, message }];
  if (way === "private_key_jwt" && !isGiven(privateKey)) {
    return fault("private_key", `is required with ${spelt(way)}; or client_assertion, one that others issue`);
  }
  if (!USES[way].includes("client_secret")) return [];
  if (!isGiven(secret)) return fault("client_secret", "is required: a string");
  if (secret !== "" || way === "client_secret_basic") return [];
  return fault("client_secret", `must not be empty; a client that has no secret says ${METHOD_KEY}: none`);
}

/** Without a client, there is nothing to show; an assertion names its client by itself (RFC 7521 §4.2). */
function keysFitOptionalClient(config: Config): ConfigFault[] {
  const isAlone = !isGiven(config.client_id) && config[METHOD_KEY] !== "none";
  if (!isAlone || wayOf(config) === "client_assertion") return keysFitMethod(config);
  const [shown] = [METHOD_KEY, ...KEYS_OF_WAYS].filter((key) => isGiven(config[key]));
  return shown === undefined ? [] : [{ path: "client_id", message: `is required beside ${shown}` }];
}

function algorithmFitsMethod(config: Config): ConfigFault[] {
  const { token_endpoint_auth_signing_alg: algorithm } = config;
  const way = wayOf(config);
  const fitting: readonly unknown[] | undefined =
    way === "client_secret_jwt" ? SECRET_ALGORITHMS : way === "private_key_jwt" ? PRIVATE_KEY_ALGORITHMS : undefined;
  if (way === undefined || fitting === undefined || !isGiven(algorithm) || fitting.includes(algorithm)) return [];
  const message = `must be one of ${fitting.join(", ")} with ${spelt(way)}`;
  return [{ path: "token_endpoint_auth_signing_alg", message }];
}

/** Extra claims must not replace those that make the assertion what it is. */
function claimsKeepTheAssertion({ assertion_claims: claims }: Config): readonly ConfigFault[] {
  if (typeof claims !== "object" || claims === null) return [];
  const own = Object.keys(claims).filter((name) => Object.hasOwn(ASSERTED, name));
  const faults = own.map((name) => ({ path: `assertion_claims.${name}`, message: ASSERTED[name] ?? "" }));
  return [...faults, ...faultsOfJson(claims, "assertion_claims")];
}

const ASSERTED: Readonly<Record<string, string>> = {
  iss: "is the client: client_id",
  sub: "is the client: client_id",
  aud: "is a key of its own: assertion_audience",
  exp: "is set for each request, by assertion_lifetime_secs",
  iat: "is set for each request",
  jti: "is set for each request",
};

/** RFC 7617 §2: the first colon ends the user name. */
function basicCanCarryClient(config: Config): ConfigFault[] {
  const { client_id: id, basic_auth_encoding: encoding } = config;
  const isRaw = wayOf(config) === "client_secret_basic" && encoding === "none";
  if (!isRaw || typeof id !== "string" || !id.includes(":")) return [];
  return [{ path: "client_id", message: "has a colon, which HTTP Basic cannot carry with basic_auth_encoding: none" }];
}

/** Extra parameters must not replace those that make the request what it is. */
export function paramsKeepTheGrant(config: Config): ConfigFault[] {
  const { params } = config;
  const names = typeof params === "object" && params !== null ? Object.keys(params) : [];
  const own = ASSERTING.has(wayOf(config)) ? { ...OWN_PARAMS, ...PARAMS_OF_ASSERTIONS } : OWN_PARAMS;
  const replaced = names.filter((name) => Object.hasOwn(own, name));
  return replaced.map((name) => ({ path: `params.${name}`, message: own[name] ?? "" }));
}

/** Parameters that are keys of their own, of some types. */
export function paramsAreNoKeys(keys: readonly string[]): Relation {
  return ({ params }) => {
    const names = typeof params === "object" && params !== null ? Object.keys(params) : [];
    const own = names.filter((name) => keys.includes(name));
    return own.map((name) => ({ path: `params.${name}`, message: `is a key of its own: ${name}` }));
  };
}

const OWN_PARAMS: Readonly<Record<string, string>> = {
  grant_type: "is set by the provider's type",
  client_id: "is a key of its own: client_id",
  client_secret: "is a key of its own: client_secret",
  refresh_token: "is a key of its own, of type oauth2_refresh: refresh_token",
  scope: "is a key of its own: scopes",
};

const ASSERTING: ReadonlySet<unknown> = new Set<Way>(["client_assertion", "client_secret_jwt", "private_key_jwt"]);

const PARAMS_OF_ASSERTIONS: Readonly<Record<string, string>> = {
  client_assertion: `is a key of its own: client_assertion; with ${METHOD_KEY} it is made for each request`,
  client_assertion_type: "is a key of its own, beside client_assertion: client_assertion_type",
};

/** What the request sets itself must not be configured in vain. */
function headersKeepTheRequest(config: Config): ConfigFault[] {
  const contentType = headersNamed("content-type", config).map((name) => {
    return { path: `headers.${name}`, message: "is set by encoding, which is form by default" };
  });
  if (wayOf(config) !== "client_secret_basic") return contentType;
  const message = `is set by ${METHOD_KEY}: client_secret_basic`;
  const authorization = headersNamed("authorization", config).map((name) => ({ path: `headers.${name}`, message }));
  const userinfo = givesUserinfo(config.token_url)
    ? [{ path: "token_url", message: `has user name or password, which ${METHOD_KEY}: client_secret_basic replaces` }]
    : [];
  return [...contentType, ...authorization, ...userinfo];
}
