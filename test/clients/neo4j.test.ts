/**
 * Neo4j's driver. No server can be had here: what the driver does with a manager of tokens is run with connections that
 * play one.
 */

import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { neo4jTokenManager } from "../../src/adapters/index.js";
import { type AuthProvider, StaticProvider } from "../../src/index.js";
import { liveProvider } from "../support/live-provider.js";

interface Token {
  readonly scheme: string;
  readonly credentials: string;
}

interface Connection {
  authToken: Token | undefined;
  connect(userAgent: string, boltAgent: unknown, token: Token): Promise<Connection>;
}

/** The part of the driver that logs connections in, and hears of security errors. */
interface AuthenticationProvider {
  authenticate(asked: { connection: Connection }): Promise<Connection>;
  handleError(error: { connection: Connection; code: string }): boolean;
}

const load = createRequire(createRequire(import.meta.url).resolve("neo4j-driver"));
const { default: Authentication } = load(
  "neo4j-driver-bolt-connection/lib/connection-provider/authentication-provider.js",
);

const EXPIRED = "Neo.ClientError.Security.TokenExpired";

function driver(provider: AuthProvider): { authentication: AuthenticationProvider; open(): Promise<Connection> } {
  const authTokenManager = neo4jTokenManager(provider);
  const authentication: AuthenticationProvider = new Authentication({
    authTokenManager,
    userAgent: "test",
    boltAgent: {},
  });
  return {
    authentication,
    open: () =>
      authentication.authenticate({
        connection: {
          authToken: undefined,
          async connect(_userAgent, _boltAgent, token) {
            this.authToken = token;
            return this;
          },
        },
      }),
  };
}

describe("neo4j-driver", () => {
  test("C3 connections that were opened with one token report it once, and log in again with the next", async () => {
    const { provider, issued } = await liveProvider();
    const { authentication, open } = driver(provider);
    const connections = await Promise.all([1, 2, 3].map(open));
    expect(connections.map(({ authToken }) => authToken?.credentials)).toEqual(["token-1", "token-1", "token-1"]);
    for (const connection of connections) expect(authentication.handleError({ connection, code: EXPIRED })).toBe(true);
    for (const connection of connections) await authentication.authenticate({ connection });
    expect(connections.map(({ authToken }) => authToken?.credentials)).toEqual(["token-2", "token-2", "token-2"]);
    expect(issued()).toBe(2);
  });

  test("an idle connection logs in again once the token is another", async () => {
    const { provider, rotate } = await liveProvider();
    const { authentication, open } = driver(provider);
    const connection = await open();
    const before = connection.authToken;
    await authentication.authenticate({ connection });
    expect(connection.authToken).toBe(before);
    await rotate();
    await authentication.authenticate({ connection });
    expect(connection.authToken).toEqual({ scheme: "bearer", credentials: "token-2" });
  });

  test("an error that is not about the token, and a token that nothing replaces, are not tried again", async () => {
    const { authentication, open } = driver(new StaticProvider({ token: "t" }));
    const connection = await open();
    expect(authentication.handleError({ connection, code: "Neo.ClientError.Security.Forbidden" })).toBe(false);
    expect(authentication.handleError({ connection, code: EXPIRED })).toBe(true);
    await authentication.authenticate({ connection });
    expect(authentication.handleError({ connection, code: EXPIRED })).toBe(false);
  });
});
