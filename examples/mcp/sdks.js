/**
 * Both lines of the MCP SDK, each with its own client and server. They are installed for the tests of clients, apart from
 * this package's own dependencies, so they are loaded from there.
 */

import { createRequire } from "node:module";

const load = createRequire(new URL("../../test/clients/package.json", import.meta.url));

/**
 * @typedef {object} Sdk
 * @property {string} name
 * @property {string} version
 * @property {(url: URL, options: object) => Promise<Client>} connect A client of that server, by a transport with these options.
 * @property {() => (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => unknown} serve
 *
 * @typedef {object} Client
 * @property {(call: { name: string, arguments: object }) => Promise<unknown>} callTool
 * @property {() => Promise<void>} close
 */

const NAMED = { name: "example", version: "1.0.0" };

/** @returns {Sdk} */
function firstLine() {
  const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { McpServer } = load("@modelcontextprotocol/sdk/server/mcp.js");
  const { StreamableHTTPServerTransport } = load("@modelcontextprotocol/sdk/server/streamableHttp.js");
  const { z } = load("zod");
  return {
    ...packageOf("@modelcontextprotocol/sdk"),
    connect: (url, options) => connected(Client, new StreamableHTTPClientTransport(url, options)),
    serve: () => async (request, response) => {
      const server = withTool(new McpServer(NAMED), { number: z.number() });
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
      await server.connect(transport);
      await transport.handleRequest(request, response);
    },
  };
}

/** @returns {Sdk} */
function secondLine() {
  const { Client, StreamableHTTPClientTransport } = load("@modelcontextprotocol/client");
  const { createMcpHandler, McpServer } = load("@modelcontextprotocol/server");
  const { toNodeHandler } = load("@modelcontextprotocol/node");
  const { z } = load("zod");
  return {
    ...packageOf("@modelcontextprotocol/client"),
    connect: (url, options) => connected(Client, new StreamableHTTPClientTransport(url, options)),
    serve: () =>
      toNodeHandler(createMcpHandler(() => withTool(new McpServer(NAMED), z.object({ number: z.number() })))),
  };
}

/** @param {new (info: object) => any} Client @param {unknown} transport @returns {Promise<Client>} */
async function connected(Client, transport) {
  const client = new Client(NAMED);
  await client.connect(transport);
  return client;
}

/** @param {any} server @param {unknown} inputSchema */
function withTool(server, inputSchema) {
  const double = async (/** @type {{ number: number }} */ { number }) => ({
    content: [{ type: "text", text: String(2 * number) }],
  });
  server.registerTool("double", { description: "Doubles a number.", inputSchema }, double);
  return server;
}

/** @param {string} name */
function packageOf(name) {
  const [path] = load.resolve.paths(name) ?? [];
  return { name, version: /** @type {string} */ (load(`${path}/${name}/package.json`).version) };
}

export const sdks = [firstLine(), secondLine()];
