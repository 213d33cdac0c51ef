/** Keycloak, from Maven Central, in development mode and in memory: one realm with strict rotation, one that forgives a reuse. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, startChild } from "./child-server.js";
import { ACCESS_TOKEN_SECONDS, clientsOf, USER, workloadClient } from "./clients.js";
import { installed, tool } from "./installation.js";
import { PROGRAM, realmOf } from "./keycloak-realm.js";
import { postForm } from "./token-request.js";

/** @typedef {import("./servers.js").StartScript} StartScript */

const VERSION = "26.7.3";
const ADMIN = { username: "admin", password: "admin" };

const METHODS = /** @type {const} */ ([
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
  "tls_client_auth",
  "none",
]);

/** @type {StartScript} */
export const keycloak = {
  needs: ["openssl", "java", "mvn"],

  install: async () => void (await distribution()),

  async start(world) {
    const [port, tlsPort] = await freePorts(2);
    const origin = `http://127.0.0.1:${port}`;
    const tlsOrigin = `https://127.0.0.1:${tlsPort}`;
    const file = (/** @type {string} */ name) => join(world.credentials.folder, name);
    const running = await startChild({
      name: "keycloak",
      command: join(await distribution(), "bin/kc.sh"),
      args: [
        "start-dev",
        "--db=dev-mem",
        `--hostname=${origin}`,
        "--http-host=127.0.0.1",
        `--http-port=${port}`,
        `--https-port=${tlsPort}`,
        `--https-certificate-file=${file("server.pem")}`,
        `--https-certificate-key-file=${file("server.key")}`,
        "--https-client-auth=request",
        `--truststore-paths=${file("ca.pem")}`,
      ],
      env: {
        JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m",
        JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1",
        KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      },
      readyUrl: `${origin}/realms/master`,
    });
    const place = { origin, tlsOrigin, world };
    return {
      server: {
        name: "keycloak",
        title: `Keycloak ${VERSION}`,
        strict: await createRealm(place, "strict", { revokeRefreshToken: true, refreshTokenMaxReuse: 0 }),
        forgiving: {
          ...(await createRealm(place, "forgiving", { revokeRefreshToken: true, refreshTokenMaxReuse: 1 })),
          because: "Refresh Token Max Reuse is 1",
        },
      },
      stop: running.stop,
    };
  },

  async mintRefreshToken(realm, client) {
    return (await postForm(realm.tokenUrl, { grant_type: "password", ...USER, scope: client.scopes }, client))
      .refresh_token;
  },
};

/** The folder of the distribution, which is unpacked there once. */
async function distribution() {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  const folder = await installed("keycloak", [artifact], (folder) => {
    return tool(
      folder,
      "mvn",
      "-q",
      "-B",
      "dependency:unpack",
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
    );
  });
  const name = (await readdir(folder)).find((name) => name.startsWith("keycloak-"));
  return join(folder, name ?? "");
}

/**
 * @param {{ origin: string, tlsOrigin: string, world: import("./servers.js").World }} place
 * @param {string} name @param {object} rotation
 * @returns {Promise<import("../identity-server.js").Realm>}
 */
async function createRealm({ origin, tlsOrigin, world }, name, rotation) {
  const issuer = `${origin}/realms/${name}`;
  const endpoints = "protocol/openid-connect";
  const tokenUrl = `${issuer}/${endpoints}/token`;
  const place = {
    tokenUrl,
    tlsTokenUrl: `${tlsOrigin}/realms/${name}/${endpoints}/token`,
    credentials: world.credentials,
  };
  const clients = clientsOf(METHODS, place);
  const workload = workloadClient(tokenUrl);
  const realm = realmOf([...Object.values(clients), workload], world);
  const settings = { ...rotation, realm: name, accessTokenLifespan: ACCESS_TOKEN_SECONDS };
  await asAdmin(origin, "POST", "/admin/realms", { ...realm, ...settings });
  return {
    issuer,
    tokenUrl,
    introspectionUrl: `${tokenUrl}/introspect`,
    revocationUrl: `${issuer}/${endpoints}/revoke`,
    clients,
    dpop: { wantsNonces: false, userinfoUrl: `${issuer}/${endpoints}/userinfo` },
    grants: {
      token_exchange: { client: clients.client_secret_basic, api: clients.client_secret_post },
      jwt_bearer: { client: clients.client_secret_basic, audience: issuer },
      client_assertion: { client: workload, audience: issuer },
      login: { client_id: PROGRAM },
    },
  };
}

/** @param {string} origin @param {string} method @param {string} path @param {object} body */
async function asAdmin(origin, method, path, body) {
  const tokenUrl = `${origin}/realms/master/protocol/openid-connect/token`;
  const { access_token } = await postForm(tokenUrl, { grant_type: "password", ...ADMIN }, { client_id: "admin-cli" });
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const answer = await fetch(origin + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status} ${await answer.text()}`);
}
