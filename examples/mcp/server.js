/** An MCP server on loopback whose tools want a token. It asks the OpenID provider about every token that it is shown. */

import { once } from "node:events";
import { createServer } from "node:http";
import { isActive } from "../demo/resource-api.js";

/** @param {import("./sdks.js").Sdk} sdk @param {import("../demo/openid-provider.js").OpenIdProvider} idp */
export async function startMcpServer(sdk, idp) {
  const serve = sdk.serve();
  const server = createServer(async (request, response) => {
    // RFC 9728: by this, a client finds out who issues tokens.
    if (request.url?.startsWith("/.well-known/oauth-protected-resource")) return answer(response, 200, metadata);
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (await isActive(idp, token)) return serve(request, response);
    response.setHeader("www-authenticate", `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`);
    answer(response, 401, { error: "invalid_token" });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${port}`;
  const metadata = { resource: `${origin}/mcp`, authorization_servers: [idp.issuer] };
  return {
    url: new URL("/mcp", origin),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @param {import("node:http").ServerResponse} response @param {number} status @param {unknown} body */
function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
