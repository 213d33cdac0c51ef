/** NATS clients against a real server, which accepts one token at a time and cuts who has come with another. */

import { tokenAuthenticator as authenticator3, connect as connect3 } from "@nats-io/transport-node";
import { tokenAuthenticator as authenticator2, connect as connect2 } from "nats";
import { describe, expect, onTestFinished, test } from "vitest";
import { currentToken } from "../../src/adapters/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";
import { startNats, withoutNats } from "../support/nats.js";

interface NatsConnection {
  publish(subject: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  status(): AsyncIterable<{ type: string }>;
}

type Connect = (port: number, token: () => string) => Promise<NatsConnection>;

const clients: Record<string, Connect> = {
  nats: (port, token) =>
    connect2({ servers: `127.0.0.1:${port}`, authenticator: authenticator2(token), reconnectTimeWait: 10 }) as never,
  "@nats-io/transport-node": (port, token) =>
    connect3({ servers: `127.0.0.1:${port}`, authenticator: authenticator3(token), reconnectTimeWait: 10 }) as never,
};

describe.skipIf(withoutNats).each(Object.entries(clients))("%s", (_name, connect) => {
  test("a connection that is cut comes back with the token that is current then", async () => {
    const server = await startNats({ token: "token-1" });
    onTestFinished(() => server.remove());
    const { provider, rotate, issued } = await liveProvider();
    const current = await currentToken(provider);
    onTestFinished(() => current[Symbol.dispose]());
    const connection = await connect(server.port, current);
    onTestFinished(() => connection.close());
    await connection.flush();

    const back = reconnection(connection);
    await rotate();
    server.rotate("token-2");
    await back;
    connection.publish("orders");
    await connection.flush();
    expect([current(), issued()]).toEqual(["token-2", 2]);
  });

  test("a wrong token does not connect", async () => {
    const server = await startNats({ token: "another" });
    onTestFinished(() => server.remove());
    const { provider } = await liveProvider();
    const current = await currentToken(provider);
    onTestFinished(() => current[Symbol.dispose]());
    expect((await errorOf(() => connect(server.port, current))).message).toMatch(/authorization violation/i);
  });
});

async function reconnection(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "reconnect") return;
  throw new Error("the connection was closed");
}
