/** A realm of Keycloak, in the representation of its administration API: the suite's clients, a user, and the workload's issuer. */

import { USER } from "./clients.js";
import { TLS_CLIENT } from "./credentials.js";
import { WORKLOAD } from "./workload-issuer.js";

/** @typedef {import("../identity-server.js").ClientKeys} ClientKeys */
/** @typedef {import("./servers.js").World} World */

/** The id of the client that is a program. */
export const PROGRAM = "program";

/** By which the realm knows the issuer of workloads' tokens. */
const WORKLOADS = "workloads";

/** @param {readonly ClientKeys[]} clients @param {World} world */
export function realmOf(clients, { credentials, workload }) {
  return {
    enabled: true,
    sslRequired: "none",
    ssoSessionIdleTimeout: 3600,
    ssoSessionMaxLifespan: 3600,
    clientScopes: [scope("read"), scope("write"), basicScope(clients.map(({ client_id }) => client_id))],
    clients: [...clients.map((client) => registration(client, credentials.jwks)), program()],
    users: [user()],
    identityProviders: [identityProvider(workload)],
  };
}

/** @param {string} name */
function scope(name) {
  return { name, protocol: "openid-connect", attributes: { "include.in.token.scope": "true" } };
}

/** Tokens have a subject, and every client in their audience, so that each may introspect and exchange them. @param {string[]} ids */
function basicScope(ids) {
  const claims = { "access.token.claim": "true", "introspection.token.claim": "true" };
  const mapper = (/** @type {string} */ name, /** @type {string} */ protocolMapper, config = {}) => {
    return { name, protocol: "openid-connect", protocolMapper, config: { ...claims, ...config } };
  };
  const audience = (/** @type {string} */ id) => mapper(id, "oidc-audience-mapper", { "included.client.audience": id });
  return { ...scope("basic"), protocolMappers: [mapper("sub", "oidc-sub-mapper"), ...ids.map(audience)] };
}

/** @param {ClientKeys} client @param {object} jwks */
function registration({ client_id: clientId, client_secret: secret, token_endpoint_auth_method: method }, jwks) {
  const isPublic = method === "none";
  const { type = "client-secret", ...attributes } = authenticator(method, jwks);
  return {
    clientId,
    protocol: "openid-connect",
    publicClient: isPublic,
    serviceAccountsEnabled: !isPublic,
    directAccessGrantsEnabled: true,
    standardFlowEnabled: false,
    defaultClientScopes: ["basic"],
    optionalClientScopes: ["read", "write"],
    clientAuthenticatorType: type,
    attributes: {
      "standard.token.exchange.enabled": String(!isPublic),
      "oauth2.jwt.authorization.grant.enabled": String(!isPublic),
      "oauth2.jwt.authorization.grant.idp": WORKLOADS,
      ...attributes,
    },
    ...(secret && { secret }),
  };
}

/** A program on somebody's machine (RFC 8252), without a secret: its users agree in a browser, here or on another device. */
function program() {
  return {
    clientId: PROGRAM,
    protocol: "openid-connect",
    publicClient: true,
    consentRequired: true,
    standardFlowEnabled: true,
    redirectUris: ["http://127.0.0.1/*"],
    defaultClientScopes: ["basic"],
    optionalClientScopes: ["read", "write"],
    attributes: { "oauth2.device.authorization.grant.enabled": "true", "pkce.code.challenge.method": "S256" },
  };
}

/**
 * The type of Keycloak's authenticator, and the client's attributes for it.
 * @param {ClientKeys["token_endpoint_auth_method"]} method @param {object} jwks @returns {Record<string, string>}
 */
function authenticator(method, jwks) {
  switch (method) {
    case "client_secret_jwt":
      return { type: "client-secret-jwt" };
    case "private_key_jwt":
      return { type: "client-jwt", "use.jwks.string": "true", "jwks.string": JSON.stringify(jwks) };
    case "tls_client_auth":
      return { type: "client-x509", "x509.subjectdn": TLS_CLIENT };
    case undefined:
      return { type: "federated-jwt", "jwt.credential.issuer": WORKLOADS, "jwt.credential.sub": WORKLOAD };
    default:
      return {};
  }
}

/** Whom a workload's token stands for, in a grant by it. */
function user() {
  const { username, password } = USER;
  return {
    username,
    enabled: true,
    email: `${username}@pipeline.example`,
    emailVerified: true,
    firstName: "Ann",
    lastName: "Example",
    credentials: [{ type: "password", value: password }],
    federatedIdentities: [{ identityProvider: WORKLOADS, userId: WORKLOAD, userName: WORKLOAD }],
  };
}

/** Nobody logs in by it: it has no page. @param {World["workload"]} workload */
function identityProvider({ issuer, jwksUrl }) {
  const nowhere = {
    authorizationUrl: `${issuer}/none`,
    tokenUrl: `${issuer}/none`,
    clientId: "none",
    clientSecret: "none",
  };
  return {
    alias: WORKLOADS,
    providerId: "oidc",
    enabled: true,
    hideOnLogin: true,
    config: {
      ...nowhere,
      issuer,
      jwksUrl,
      useJwksUrl: "true",
      validateSignature: "true",
      supportsClientAssertions: "true",
      // A platform's token is presented as long as it is good.
      supportsClientAssertionReuse: "true",
      jwtAuthorizationGrantEnabled: "true",
      jwtAuthorizationGrantAssertionReuseAllowed: "true",
    },
  };
}
