/** The clients that every server knows, one for each way to authenticate: what stands in a configuration. */

/** @typedef {import("../identity-server.js").ClientKeys} ClientKeys */
/** @typedef {import("../../../src/index.js").ClientAuthMethod} Method */
/** @typedef {import("./credentials.js").Credentials} Credentials */

/** Long enough for any test; a test of rotation uses each token for a share of it. */
export const ACCESS_TOKEN_SECONDS = 300;

/** The user. */
export const USER = { username: "ann", password: "ann's password" };

/** The scopes that a user consents to. */
export const USER_SCOPES = "openid offline_access read write";

/**
 * The clients with these `methods`.
 * @template {Method} M
 * @param {readonly M[]} methods
 * @param {{ tokenUrl: string, tlsTokenUrl?: string, credentials: Credentials, prefix?: string }} place
 * @returns {Record<M, ClientKeys>}
 */
export function clientsOf(methods, { tokenUrl, tlsTokenUrl = "", credentials, prefix = "pipeline" }) {
  const { signingKey, tlsClient, selfSigned, ca } = credentials;
  /** @type {Record<Method, object>} */
  const keys = {
    client_secret_post: { client_secret: secretOf(`${prefix} post`) },
    client_secret_basic: { client_secret: secretOf(`${prefix} basic`) },
    client_secret_jwt: { client_secret: secretOf(`${prefix} jwt`) },
    private_key_jwt: { private_key: signingKey, private_key_id: "pipeline-1" },
    tls_client_auth: { token_url: tlsTokenUrl, tls: { ...tlsClient, ca: ca.cert } },
    self_signed_tls_client_auth: { token_url: tlsTokenUrl, tls: { ...selfSigned, ca: ca.cert } },
    none: {},
  };
  const client = (/** @type {Method} */ method) => ({
    ...clientFor(tokenUrl, method === "client_secret_basic" ? `${prefix}: basic +/%` : `${prefix}-${method}`),
    token_endpoint_auth_method: method,
    ...keys[method],
  });
  return /** @type {any} */ (Object.fromEntries(methods.map((method) => [method, client(method)])));
}

/** A client that has no keys of its own: it shows a token of the workload. @param {string} tokenUrl @returns {ClientKeys} */
export const workloadClient = (tokenUrl) => clientFor(tokenUrl, "pipeline-workload");

/** @param {string} token_url @param {string} client_id */
const clientFor = (token_url, client_id) => ({ token_url, client_id, scopes: "read write", timeout_secs: 120 });

/** A secret of its own for each client, with what has to be encoded, and long enough for HS256. @param {string} name */
const secretOf = (name) => `s3cr3t of ${name}: +/%&=?"~ and so on, and on`;
