/**
 * The world that the programs of the README and the guides live in: loaded before each, it answers for
 * idp.example and api.example from a server in the same process.
 */

import { once } from "node:events";
import { createServer } from "node:http";
import { Agent, setGlobalDispatcher } from "undici";

let issued = 0;
/** @type {Set<string>} */
const accepted = new Set();

/** @type {Record<string, (authorization: string, path: string, headers: import("node:http").IncomingHttpHeaders) => [number, unknown]>} */
const hosts = {
  "idp.example": (_authorization, _path, { dpop }) => {
    issued += 1;
    const token = `t0ken-${issued}`;
    const type = dpop === undefined ? "Bearer" : "DPoP";
    // The first token is refused by the API, so that programs meet a 401.
    if (issued > 1) accepted.add(`${type} ${token}`);
    return [
      200,
      {
        access_token: token,
        token_type: type,
        expires_in: 3600,
        refresh_token: `r${issued}`,
        session: { key: token, ttl: 60 },
      },
    ];
  },
  // Tells a session and its own address to who logs in, and to others what they have sent.
  "erp.example": (authorization, path, { cookie, "x-session": session, "x-api-key": key }) =>
    path.startsWith("/login")
      ? [200, { session: "s3ss10n", address: "https://erp.example/tenant-7" }]
      : [200, { path, authorization, cookie, session, key }],
  "api.example": (authorization, path) => (accepted.has(authorization) ? [200, { rows: pageOf(path) }] : [401, {}]),
};

/** Two rows on each of the first two pages of a paged table. @param {string} path */
function pageOf(path) {
  const { pathname, searchParams } = new URL(path, "http://api.example");
  return pathname === "/paged" && Number(searchParams.get("page")) <= 2 ? [1, 2] : [];
}

const server = createServer((request, response) => {
  request.resume();
  const [status, body] = hosts[String(request.headers["x-forwarded-host"])]?.(
    request.headers.authorization ?? "",
    request.url ?? "",
    request.headers,
  ) ?? [404, {}];
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
server.unref();
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

setGlobalDispatcher(
  new Agent({ keepAliveTimeout: 1 }).compose((dispatch) => (options, handler) => {
    const host = new URL(String(options.origin)).host;
    // What a program has started itself is where it says.
    if (!Object.hasOwn(hosts, host)) return dispatch(options, handler);
    const headers = [...flat(options.headers), "x-forwarded-host", host];
    return dispatch({ ...options, origin: `http://127.0.0.1:${port}`, headers }, handler);
  }),
);

/** @param {import("undici").Dispatcher.DispatchOptions["headers"]} headers @returns {string[]} */
function flat(headers) {
  if (Array.isArray(headers)) return headers;
  return Object.entries(headers ?? {}).flatMap(([name, value]) => [name, String(value)]);
}
