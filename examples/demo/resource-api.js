/** A small API of paged tables. It asks the OpenID provider about every token that it is shown. */

import { once } from "node:events";
import { createServer } from "node:http";

/** @param {import("./openid-provider.js").OpenIdProvider} idp */
export async function startResourceApi(idp) {
  const server = createServer(async ({ url = "", headers }, response) => {
    const token = headers.authorization?.replace(/^Bearer /, "") ?? "";
    const active = await isActive(idp, token);
    response.writeHead(active ? 200 : 401, { "content-type": "application/json" });
    const page = Number(new URL(url, "http://api").searchParams.get("page"));
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

/** Token introspection, RFC 7662. @param {import("./openid-provider.js").OpenIdProvider} idp @param {string} token */
export async function isActive(idp, token) {
  const body = new URLSearchParams({ token, ...idp.postClient });
  const answer = await fetch(idp.introspectionUrl, { method: "POST", body });
  return /** @type {{ active?: boolean }} */ (await answer.json()).active === true;
}
