/**
 * A small API of paged tables. It asks the OpenID provider about every token that it is shown; a page that names a scope is
 * for tokens of just that scope.
 */

import { once } from "node:events";
import { createServer } from "node:http";

/** @param {import("./openid-provider.js").OpenIdProvider} idp */
export async function startResourceApi(idp) {
  const server = createServer(async ({ url = "", headers }, response) => {
    const token = headers.authorization?.replace(/^Bearer /, "") ?? "";
    const { searchParams } = new URL(url, "http://api");
    const active = await isActive(idp, token, searchParams.get("scope"));
    response.writeHead(active ? 200 : 401, { "content-type": "application/json" });
    const page = Number(searchParams.get("page"));
    response.end(JSON.stringify(active ? { page, rows: [page * 2, page * 2 + 1] } : { message: "token refused" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Token introspection, RFC 7662.
 * @param {import("./openid-provider.js").OpenIdProvider} idp @param {string} token @param {string | null} [scope] That it must have, if any.
 */
export async function isActive(idp, token, scope = null) {
  const body = new URLSearchParams({ token, ...idp.postClient });
  const answer = await fetch(idp.introspectionUrl, { method: "POST", body });
  const { active, scope: granted } = /** @type {{ active?: boolean, scope?: string }} */ (await answer.json());
  return active === true && (scope === null || granted === scope);
}
