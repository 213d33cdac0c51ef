/** The servers by name, and what a start script is. */

import { hydra } from "./hydra.js";
import { keycloak } from "./keycloak.js";
import { oidcProvider } from "./oidc-provider.js";
import { spring } from "./spring.js";

/**
 * @typedef {object} StartScript
 * @property {readonly string[]} needs Commands that have to be on the machine, beside Node.
 * @property {() => Promise<void>} install Brings the server, once.
 * @property {(world: World) => Promise<{ server: IdentityServer, stop(): Promise<void> }>} start
 * @property {(realm: Realm, client: ClientKeys) => Promise<string>} mintRefreshToken The first refresh token of a new grant
 *   of a user; `client` has a secret, or is public. Works in any process.
 *
 * @typedef {object} World What servers and clients have in common.
 * @property {import("./credentials.js").Credentials} credentials
 * @property {import("./workload-issuer.js").WorkloadIssuer} workload
 *
 * @typedef {import("../identity-server.js").IdentityServer} IdentityServer
 * @typedef {import("../identity-server.js").Realm} Realm
 * @typedef {import("../identity-server.js").ClientKeys} ClientKeys
 * @typedef {import("../identity-server.js").ServerName} ServerName
 */

/** @type {Readonly<Record<ServerName, StartScript>>} */
export const servers = { "oidc-provider": oidcProvider, keycloak, hydra, spring };
