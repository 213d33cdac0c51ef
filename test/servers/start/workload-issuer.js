/**
 * An issuer of identity tokens for workloads, with GitHub Actions' way to ask for one and GitHub's claims; servers get the
 * keys of that issuer here, and those of the clients of the suite.
 */

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { SignJWT } from "jose";

/** Whom its tokens are about. */
export const WORKLOAD = "repo:acme/pipeline:ref:refs/heads/main";

/** @typedef {Awaited<ReturnType<typeof startWorkloadIssuer>>} WorkloadIssuer */

/** @param {object} clientJwks What the clients publish. */
export async function startWorkloadIssuer(clientJwks) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "workload-1", alg: "RS256", use: "sig" }] };
  const requestToken = randomUUID();
  let issuer = "";

  /** @param {string} audience */
  const issue = (audience) =>
    new SignJWT({ repository: "acme/pipeline", ref: "refs/heads/main", event_name: "schedule" })
      .setProtectedHeader({ alg: "RS256", kid: "workload-1", typ: "JWT" })
      .setIssuer(issuer)
      .setSubject(WORKLOAD)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt()
      .setNotBefore("-5s")
      .setExpirationTime("5m")
      .sign(privateKey);

  const server = createServer(async ({ url = "", headers }, response) => {
    const { pathname, searchParams } = new URL(url, issuer);
    /** @type {Record<string, () => object | Promise<object>>} */
    const pages = {
      "/.well-known/openid-configuration": () => ({ issuer, jwks_uri: `${issuer}/jwks` }),
      "/jwks": () => jwks,
      "/clients/jwks": () => clientJwks,
      "/actions/token": async () => ({ value: await issue(searchParams.get("audience") ?? "") }),
    };
    const page = pages[pathname];
    const isAllowed = pathname !== "/actions/token" || headers.authorization === `Bearer ${requestToken}`;
    response.writeHead(page === undefined ? 404 : isAllowed ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(page !== undefined && isAllowed ? await page() : {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;

  return {
    issuer,
    jwks,
    jwksUrl: `${issuer}/jwks`,
    clientJwksUrl: `${issuer}/clients/jwks`,
    /** What a job of GitHub Actions finds in its environment. */
    environment: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer}/actions/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
