/**
 * oidc-provider, the certified OpenID provider, on a free loopback port: refresh tokens rotate, and
 * one that is presented twice revokes its grant.
 */

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { MemoryAdapter } from "./memory-adapter.js";

const SCOPE = "openid offline_access read write";

/** @type {import("oidc-provider").ClientMetadata[]} */
const clients = /** @type {const} */ (["client_secret_post", "client_secret_basic"]).map((method) => ({
  client_id: `demo:${method}`,
  client_secret: `s3cr3t of ${method} +/%`,
  token_endpoint_auth_method: method,
  grant_types: ["authorization_code", "refresh_token", "client_credentials"],
  redirect_uris: ["https://client.example/callback"],
}));

/** @typedef {Awaited<ReturnType<typeof startOpenIdProvider>>} OpenIdProvider */

/** Starts the provider. Its access tokens live for `accessTokenSeconds`. */
export async function startOpenIdProvider({ accessTokenSeconds = 3600 } = {}) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, configuration(accessTokenSeconds));
  const seen = { tokenRequests: 0, overlaps: 0, reuses: 0, revokedGrants: 0 };
  provider.on("grant.error", (_context, error) => {
    if (error.error_detail === "refresh token already used") seen.reuses += 1;
  });
  provider.on("grant.revoked", () => {
    seen.revokedGrants += 1;
  });
  const answer = provider.callback();
  let atOnce = 0;
  server.on("request", (request, response) => {
    if (request.url === "/token") {
      seen.tokenRequests += 1;
      if (atOnce > 0) seen.overlaps += 1;
      atOnce += 1;
      once(response, "close").then(() => {
        atOnce -= 1;
      });
    }
    answer(request, response);
  });

  return {
    issuer,
    tokenUrl: `${issuer}/token`,
    introspectionUrl: `${issuer}/token/introspection`,
    /** A client for each way to authenticate: the secret in the body, and in a header. */
    postClient: credentialsOf(clients[0]),
    basicClient: credentialsOf(clients[1]),
    /** What the provider has seen so far; `overlaps` are token requests that came while another was under way. */
    seen,
    /** Calls `hear` when a token was issued, or a grant revoked. @param {"success" | "revoked"} event @param {() => void} hear */
    on: (event, hear) => provider.on(/** @type {"grant.success"} */ (`grant.${event}`), hear),
    /** The first refresh token of a new grant, as if a user had consented in a browser. */
    mintRefreshToken: (clientId = credentialsOf(clients[0]).client_id) => mintRefreshToken(provider, clientId),
    /** Revokes one access token; its grant lives on. @param {string} token */
    async revoke(token) {
      const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
      await found?.destroy();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * @param {number} accessTokenSeconds
 * @returns {import("oidc-provider").Configuration}
 */
function configuration(accessTokenSeconds) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    adapter: MemoryAdapter.storage(),
    clients,
    cookies: { keys: ["demo"] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    jwks: { keys: [/** @type {any} */ (privateKey.export({ format: "jwk" }))] },
    rotateRefreshToken: true,
    scopes: SCOPE.split(" "),
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      Grant: 3600,
      IdToken: 60,
      RefreshToken: 3600,
    },
  };
}

/** @param {Provider} provider @param {string} clientId */
async function mintRefreshToken(provider, clientId) {
  const accountId = "ann";
  const client = await provider.Client.find(clientId);
  if (client === undefined) throw new Error(`no client ${clientId}`);
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(SCOPE);
  const grantId = await grant.save();
  const token = { accountId, client, grantId, scope: SCOPE, gty: "authorization_code" };
  return new provider.RefreshToken(/** @type {any} */ (token)).save();
}

/** @param {import("oidc-provider").ClientMetadata | undefined} client */
function credentialsOf(client) {
  return { client_id: client?.client_id ?? "", client_secret: client?.client_secret ?? "" };
}
