/** An OpenID provider with pages to log in at, whose refresh tokens can be used once. */

import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/** Starts it on a free port of loopback. */
export async function startProvider() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const issuer = `http://127.0.0.1:${port}`;
  const answer = quietly(() => new Provider(issuer, CONFIGURATION)).callback();
  let tokenRequests = 0;
  server.on("request", (request, response) => {
    if (request.url === "/token" && request.method === "POST") tokenRequests += 1;
    return answer(request, response);
  });
  return {
    issuer,
    tokenRequests: () => tokenRequests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** How long each kind of thing lives, in seconds. */
const LIFETIMES = ["AccessToken", "Grant", "IdToken", "Interaction", "RefreshToken", "Session"].map((kind) => [
  kind,
  3600,
]);

/** @type {import("oidc-provider").Configuration} */
const CONFIGURATION = {
  clients: [
    {
      client_id: "reports",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["http://127.0.0.1/callback"],
    },
  ],
  cookies: { keys: ["example"] },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  scopes: ["openid", "offline_access"],
  ttl: Object.fromEntries(LIFETIMES),
};

/** Without the warnings that its defaults are for development: so is this. @template T @param {() => T} make */
function quietly(make) {
  const { warn } = console;
  console.warn = () => {};
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}
