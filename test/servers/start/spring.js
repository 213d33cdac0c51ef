/** Spring Authorization Server: a program of one page, built by Maven from the folder beside this file. It keeps all in memory. */

import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, startChild } from "./child-server.js";
import { ACCESS_TOKEN_SECONDS, clientsOf, USER } from "./clients.js";
import { TLS_CLIENT } from "./credentials.js";
import { installed, tool } from "./installation.js";
import { authorized, browser, REDIRECT_URI } from "./token-request.js";

/** @typedef {import("./servers.js").StartScript} StartScript */

/** Spring knows public clients too, but gives them no refresh tokens. */
const METHODS = /** @type {const} */ ([
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
]);

/** @type {StartScript} */
export const spring = {
  needs: ["openssl", "java", "javac", "mvn"],

  install: async () => void (await program()),

  async start({ credentials, workload }) {
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const issuer = `http://127.0.0.1:${port}`;
    const endpoints = `${issuer}/oauth2`;
    const tokenUrl = `${endpoints}/token`;
    const clients = clientsOf(METHODS, {
      tokenUrl,
      tlsTokenUrl: `https://127.0.0.1:${tlsPort}/oauth2/token`,
      credentials,
    });
    const forgiven = clientsOf(["client_secret_basic"], { tokenUrl, credentials, prefix: "forgiven" });
    const suite = {
      port,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      redirectUri: REDIRECT_URI,
      clientJwksUrl: workload.clientJwksUrl,
      tlsClient: TLS_CLIENT,
      clients: [...Object.values(clients), { ...forgiven.client_secret_basic, keepsRefreshToken: true }],
    };
    const running = await startChild({
      name: "spring",
      command: "java",
      args: ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", await program()],
      env: { SPRING_APPLICATION_JSON: JSON.stringify({ suite, ...settings(issuer, tlsPort, credentials.folder) }) },
      readyUrl: `${issuer}/.well-known/oauth-authorization-server`,
    });
    /** @type {import("../identity-server.js").Realm} */
    const strict = {
      issuer,
      tokenUrl,
      introspectionUrl: `${endpoints}/introspect`,
      revocationUrl: `${endpoints}/revoke`,
      clients,
      dpop: { wantsNonces: false },
      grants: { token_exchange: { client: clients.client_secret_basic } },
    };
    return {
      server: {
        name: "spring",
        title: `Spring Authorization Server (Spring Boot ${await version()})`,
        strict,
        forgiving: { ...strict, clients: forgiven, because: "reuseRefreshTokens is true: nothing rotates" },
      },
      stop: running.stop,
    };
  },

  mintRefreshToken(realm, client) {
    return authorized(realm, client, async (query) => {
      const open = browser();
      const { text } = await open(`${realm.issuer}/login`);
      const [, csrf = ""] = /name="_csrf"[^>]* value="([^"]*)"/.exec(text) ?? [];
      await open(`${realm.issuer}/login`, { method: "POST", body: new URLSearchParams({ ...USER, _csrf: csrf }) });
      const { target } = await open(`${realm.issuer}/oauth2/authorize?${query}`);
      return target.searchParams.get("code") ?? "";
    });
  },
};

/** What Spring Boot itself is told. @param {string} issuer @param {number} tlsPort @param {string} folder */
function settings(issuer, tlsPort, folder) {
  const file = (/** @type {string} */ name) => `file:${join(folder, name)}`;
  const own = { certificate: file("server.pem"), "private-key": file("server.key") };
  return {
    server: { address: "127.0.0.1", port: tlsPort, ssl: { bundle: "suite", "client-auth": "want" } },
    spring: {
      security: {
        user: { name: USER.username, password: USER.password },
        oauth2: { authorizationserver: { issuer } },
      },
      ssl: { bundle: { pem: { suite: { keystore: own, truststore: { certificate: file("trusted.pem") } } } } },
    },
    logging: { level: { root: "warn" } },
  };
}

async function version() {
  const pom = await readFile(join(SOURCES, "pom.xml"), "utf8");
  return /spring-boot-starter-parent<\/artifactId>\s*<version>([^<]+)/.exec(pom)?.[1];
}

const SOURCES = fileURLToPath(new URL("spring", import.meta.url));
const PROGRAM = "src/main/java/suite/AuthorizationServer.java";

/** The program, which is built once. */
async function program() {
  const sources = await Promise.all(["pom.xml", PROGRAM].map((name) => readFile(join(SOURCES, name), "utf8")));
  const folder = await installed("spring", sources, async (folder) => {
    await cp(SOURCES, folder, { recursive: true });
    await tool(folder, "mvn", "-q", "-B", "package");
  });
  return join(folder, "target/server.jar");
}
