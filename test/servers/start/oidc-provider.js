/** oidc-provider, in this process: refresh tokens rotate, and one that is presented twice revokes its grant. */

import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import Provider from "oidc-provider";
import packageJson from "oidc-provider/package.json" with { type: "json" };
import { MemoryAdapter } from "../../../examples/demo/memory-adapter.js";
import { ACCESS_TOKEN_SECONDS, clientsOf, USER, USER_SCOPES } from "./clients.js";
import { TLS_CLIENT } from "./credentials.js";
import { REDIRECT_URI } from "./token-request.js";

/** @typedef {import("./servers.js").StartScript} StartScript */
/** @typedef {import("../identity-server.js").Realm} Realm */

const METHODS = /** @type {const} */ ([
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
  "none",
]);

/** @type {StartScript} */
export const oidcProvider = {
  needs: ["openssl"],

  async install() {},

  async start({ credentials }) {
    const server = createServer();
    const { ca, server: own } = credentials;
    const tlsServer = createTlsServer({ ...own, ca: ca.cert, requestCert: true, rejectUnauthorized: false });
    const issuer = `http://127.0.0.1:${await listening(server)}`;
    const tlsOrigin = `https://127.0.0.1:${await listening(tlsServer)}`;
    const place = { tokenUrl: `${issuer}/token`, tlsTokenUrl: `${tlsOrigin}/token`, credentials };
    const clients = clientsOf(METHODS, place);
    const provider = new Provider(issuer, configuration(Object.values(clients), credentials.jwks));
    const answer = provider.callback();
    for (const each of [server, tlsServer]) {
      each.on("request", async (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "", issuer);
        if (pathname !== CONSENT) return answer(request, response);
        response.end(await consent(provider, searchParams.get("client_id") ?? ""));
      });
    }
    return {
      server: {
        name: "oidc-provider",
        title: `oidc-provider ${packageJson.version}`,
        strict: {
          issuer,
          tokenUrl: place.tokenUrl,
          introspectionUrl: `${issuer}/token/introspection`,
          revocationUrl: `${issuer}/token/revocation`,
          clients,
          dpop: { wantsNonces: true, userinfoUrl: `${issuer}/me` },
        },
      },
      async stop() {
        for (const each of [server, tlsServer]) {
          each.closeAllConnections();
          each.close();
        }
      },
    };
  },

  async mintRefreshToken(realm, client) {
    const answer = await fetch(`${realm.issuer}${CONSENT}?client_id=${encodeURIComponent(client.client_id)}`);
    return answer.text();
  },
};

/** A page of our own: what a user's consent in a browser leads to. */
const CONSENT = "/consent";

/** @param {import("node:net").Server} server */
async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/**
 * @param {import("../identity-server.js").ClientKeys[]} clients @param {object} jwks
 * @returns {import("oidc-provider").Configuration}
 */
function configuration(clients, jwks) {
  /** @param {any} context @returns {import("node:tls").TLSSocket} */
  const socketOf = (context) => context.socket;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    adapter: MemoryAdapter.storage(),
    clients: clients.map((client) => registration(client, jwks)),
    clientAuthMethods: [...METHODS],
    cookies: { keys: ["suite"] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      introspection: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (context) => {
          const { raw } = socketOf(context).getPeerCertificate?.() ?? {};
          return raw && new X509Certificate(raw);
        },
        certificateAuthorized: (context) => socketOf(context).authorized,
        certificateSubjectMatches: (context, _property, expected) => {
          return new X509Certificate(socketOf(context).getPeerCertificate().raw).subject === expected;
        },
      },
      revocation: { enabled: true },
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    jwks: { keys: [/** @type {any} */ (privateKey.export({ format: "jwk" }))] },
    rotateRefreshToken: true,
    scopes: USER_SCOPES.split(" "),
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      Grant: 3600,
      IdToken: 60,
      RefreshToken: 3600,
    },
  };
}

/** A client's metadata (RFC 7591). @param {import("../identity-server.js").ClientKeys} client @param {any} jwks */
function registration({ client_id, client_secret, token_endpoint_auth_method }, jwks) {
  const publishes = ["private_key_jwt", "self_signed_tls_client_auth"].includes(token_endpoint_auth_method ?? "");
  return /** @type {import("oidc-provider").ClientMetadata} */ ({
    client_id,
    token_endpoint_auth_method,
    ...(client_secret && { client_secret }),
    ...(publishes && { jwks }),
    ...(token_endpoint_auth_method === "tls_client_auth" && { tls_client_auth_subject_dn: TLS_CLIENT }),
    grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    redirect_uris: [REDIRECT_URI],
  });
}

/** The first refresh token of a new grant. @param {Provider} provider @param {string} clientId */
async function consent(provider, clientId) {
  const accountId = USER.username;
  const client = await provider.Client.find(clientId);
  if (client === undefined) throw new Error(`no client ${clientId}`);
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(USER_SCOPES);
  const grantId = await grant.save();
  const token = { accountId, client, grantId, scope: USER_SCOPES, gty: "authorization_code" };
  return new provider.RefreshToken(/** @type {any} */ (token)).save();
}
