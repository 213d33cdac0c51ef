/** An IdP over TLS that may want certificates of its clients, and a proxy before it. */

import { createServer, type Server } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { listen } from "./server.js";

/** A token request as that IdP sees it. */
export interface SecureRequest {
  readonly form: Record<string, string>;
  readonly body: string;
  /** The common name of the client's certificate, if it has shown one. */
  readonly subject: string | undefined;
  readonly connection: number;
}

export interface SecureIdp {
  readonly tokenUrl: string;
  readonly seen: SecureRequest[];
  /** Connections that are open. */
  connections(): number;
}

/** Whether to refuse a request, and how: `undefined` for a token. */
export type Refuse = (request: SecureRequest) => Promise<string | undefined> | string | undefined;

/** Starts one, until the test ends. */
export async function startSecureIdp(options: ServerOptions, refuse: Refuse = () => undefined): Promise<SecureIdp> {
  const seen: SecureRequest[] = [];
  const sockets: TLSSocket[] = [];
  const server = createSecureServer(options, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const socket = request.socket as TLSSocket;
    const subject = socket.getPeerCertificate()?.subject?.CN as string | undefined;
    const form = Object.fromEntries(new URLSearchParams(body));
    const known = { form, body, subject, connection: sockets.indexOf(socket) + 1 };
    seen.push(known);
    const error = await refuse(known);
    response.writeHead(error === undefined ? 200 : 401, { "content-type": "application/json" });
    response.end(
      JSON.stringify(error === undefined ? { access_token: `token-${seen.length}`, expires_in: 3600 } : { error }),
    );
  });
  server.on("secureConnection", (socket) => sockets.push(socket));
  server.on("tlsClientError", () => {});
  const origin = await listen(server as unknown as Server);
  const open = (): number => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  return { tokenUrl: `${origin.replace("http:", "https:")}/token`, seen, connections: open };
}

export interface TestProxy {
  readonly url: string;
  /** The targets of its tunnels, with the credentials that came with each. */
  readonly tunnels: { readonly to: string | undefined; readonly authorization: string | undefined }[];
}

/** A proxy that makes tunnels, over TLS if `options` are given. With `credentials`, it wants these. */
export async function startProxy(options?: ServerOptions, credentials?: string): Promise<TestProxy> {
  const tunnels: TestProxy["tunnels"] = [];
  const server = options === undefined ? createServer() : createSecureServer(options);
  server.on("connect", ({ url, headers }, socket: Socket) => {
    const authorization = headers["proxy-authorization"];
    tunnels.push({ to: url, authorization });
    socket.on("error", () => {});
    if (credentials !== undefined && authorization !== `Basic ${Buffer.from(credentials).toString("base64")}`) {
      socket.end("HTTP/1.1 407 No\r\n\r\n");
      return;
    }
    const upstream = connect(Number(url?.split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  await listen(server as Server);
  const { port } = server.address() as AddressInfo;
  return { url: `${options === undefined ? "http" : "https"}://127.0.0.1:${port}`, tunnels };
}
