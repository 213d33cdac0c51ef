/** Ory Hydra, from the Go module proxy, on SQLite in memory: one server with strict rotation, one with a grace period. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, startChild } from "./child-server.js";
import { ACCESS_TOKEN_SECONDS, clientsOf, USER, USER_SCOPES } from "./clients.js";
import { installed, tool } from "./installation.js";
import { authorized, browser, REDIRECT_URI } from "./token-request.js";
import { WORKLOAD } from "./workload-issuer.js";

/** @typedef {import("./servers.js").StartScript} StartScript */

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const GRACE_SECONDS = 30;

const METHODS = /** @type {const} */ (["client_secret_post", "client_secret_basic", "private_key_jwt", "none"]);

/** @type {StartScript} */
export const hydra = {
  needs: ["openssl", "go", "gcc"],

  install: async () => void (await program()),

  async start(world) {
    const strict = await startHydra(world, 0);
    const forgiving = await startHydra(world, GRACE_SECONDS).catch(async (error) => {
      await strict.stop();
      throw error;
    });
    const because = `rotation_grace_period is ${GRACE_SECONDS} s`;
    return {
      server: {
        name: "hydra",
        title: `Ory Hydra ${await version()}`,
        strict: strict.realm,
        forgiving: { ...forgiving.realm, because },
      },
      stop: async () => void (await Promise.all([strict.stop(), forgiving.stop()])),
    };
  },

  mintRefreshToken(realm, client) {
    return authorized(realm, { ...client, scopes: USER_SCOPES }, async (query) => {
      const open = browser();
      const login = await open(`${realm.issuer}/oauth2/auth?${query}`);
      const consent = await open(await accepted(realm, "login", login.target, { subject: USER.username }));
      const grant = { grant_scope: USER_SCOPES.split(" ") };
      const end = await open(await accepted(realm, "consent", consent.target, grant));
      return end.target.searchParams.get("code") ?? "";
    });
  },
};

const moduleFile = new URL("hydra/go.mod", import.meta.url);

async function version() {
  return /hydra\/v2 (v\S+)/.exec(await readFile(moduleFile, "utf8"))?.[1];
}

/** The program, which is built once. */
async function program() {
  const goMod = await readFile(moduleFile, "utf8");
  const folder = await installed("hydra", [goMod], async (folder) => {
    await writeFile(join(folder, "go.mod"), goMod);
    await tool(folder, "go", "mod", "tidy");
    await tool(folder, "go", "build", "-tags", "sqlite,json1", "-o", "hydra", "github.com/ory/hydra/v2");
  });
  return join(folder, "hydra");
}

/** @param {import("./servers.js").World} world @param {number} graceSeconds */
async function startHydra({ credentials, workload }, graceSeconds) {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const issuer = `http://127.0.0.1:${port}`;
  const adminOrigin = `http://127.0.0.1:${adminPort}`;
  const file = join(credentials.folder, `hydra-${port}.json`);
  await writeFile(file, JSON.stringify(configuration(port, adminPort, graceSeconds)));
  const running = await startChild({
    name: `hydra-${graceSeconds === 0 ? "strict" : "forgiving"}`,
    command: await program(),
    args: ["serve", "all", "--dev", "--sqa-opt-out", "--config", file],
    readyUrl: `${adminOrigin}/health/ready`,
  });
  const tokenUrl = `${issuer}/oauth2/token`;
  const clients = clientsOf(METHODS, { tokenUrl, credentials });
  for (const client of Object.values(clients)) {
    await adminRequest(adminOrigin, "POST", "clients", registration(client, credentials.jwks));
  }
  await adminRequest(adminOrigin, "POST", "trust/grants/jwt-bearer/issuers", {
    issuer: workload.issuer,
    subject: WORKLOAD,
    scope: USER_SCOPES.split(" "),
    jwk: workload.jwks.keys[0],
    expires_at: new Date(Date.now() + 24 * 3600 * 1000).toISOString(),
  });
  /** @type {import("../identity-server.js").Realm} */
  const realm = {
    issuer,
    tokenUrl,
    introspectionUrl: `${adminOrigin}/admin/oauth2/introspect`,
    revocationUrl: `${issuer}/oauth2/revoke`,
    clients,
    grants: { jwt_bearer: { client: clients.client_secret_basic, audience: tokenUrl } },
    adminOrigin,
  };
  return { realm, stop: running.stop };
}

/** @param {number} port @param {number} adminPort @param {number} graceSeconds */
function configuration(port, adminPort, graceSeconds) {
  const issuer = `http://127.0.0.1:${port}`;
  const nowhere = "http://127.0.0.1:1";
  return {
    dsn: "memory",
    log: { level: "warn" },
    serve: { public: { host: "127.0.0.1", port }, admin: { host: "127.0.0.1", port: adminPort } },
    // The pages of an application of Hydra's user, which the suite answers for itself.
    urls: { self: { issuer, public: issuer }, login: `${nowhere}/login`, consent: `${nowhere}/consent` },
    secrets: { system: ["a secret of this run alone"] },
    ttl: { access_token: `${ACCESS_TOKEN_SECONDS}s` },
    oauth2: { grant: { refresh_token: { rotation_grace_period: `${graceSeconds}s` } } },
  };
}

/** @param {import("../identity-server.js").ClientKeys} client @param {object} jwks */
function registration({ client_id, client_secret, token_endpoint_auth_method }, jwks) {
  return {
    client_id,
    token_endpoint_auth_method,
    ...(client_secret && { client_secret }),
    ...(token_endpoint_auth_method === "private_key_jwt" && { jwks, token_endpoint_auth_signing_alg: "ES256" }),
    grant_types: ["authorization_code", "refresh_token", "client_credentials", JWT_BEARER],
    redirect_uris: [REDIRECT_URI],
    scope: USER_SCOPES,
  };
}

/**
 * Says yes for the user on the page `login` or `consent`. Gives where the browser goes on.
 * @param {import("../identity-server.js").Realm} realm @param {"login" | "consent"} page @param {URL} at @param {object} decision
 * @returns {Promise<string>}
 */
async function accepted({ adminOrigin = "" }, page, at, decision) {
  const challenge = encodeURIComponent(at.searchParams.get(`${page}_challenge`) ?? "");
  const path = `oauth2/auth/requests/${page}/accept?${page}_challenge=${challenge}`;
  return (await adminRequest(adminOrigin, "PUT", path, decision)).redirect_to;
}

/** @param {string} origin @param {string} method @param {string} path @param {object} body @returns {Promise<any>} */
async function adminRequest(origin, method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${origin}/admin/${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status} ${await answer.text()}`);
  return answer.json();
}
