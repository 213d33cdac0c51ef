/** MongoDB's driver with OIDC. No server that knows OIDC can be had here: one plays OP_MSG, and the commands of a login. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { BSON, MongoClient } from "mongodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { mongoOidc } from "../../src/adapters/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";

const HELLO = {
  ok: 1,
  isWritablePrimary: true,
  minWireVersion: 0,
  maxWireVersion: 25,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
};
const AUTHENTICATION_FAILED = { ok: 0, code: 18, codeName: "AuthenticationFailed", errmsg: "Authentication failed." };
const REAUTHENTICATION_REQUIRED = { ok: 0, code: 391, codeName: "ReauthenticationRequired", errmsg: "expired" };

/** A server that accepts every token but those that it is told to refuse: open connections that came with these have to log in again. */
async function startMongo() {
  const refused = new Set<string | undefined>([""]);
  const logins: string[] = [];
  const tokens = new Map<Socket, string>();
  const server = createServer((socket) => {
    tokens.set(socket, "");
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE()) {
        const size = received.readInt32LE();
        reply(socket, received.readInt32LE(4), answer(socket, BSON.deserialize(received.subarray(21, size))));
        received = received.subarray(size);
      }
    });
  });

  function answer(socket: Socket, command: BSON.Document): object {
    if (command.hello) {
      const login = command.speculativeAuthenticate;
      return { ...HELLO, ...(login && { speculativeAuthenticate: logIn(socket, login) }) };
    }
    if (command.saslStart) return logIn(socket, command) ?? AUTHENTICATION_FAILED;
    if (command.endSessions) return { ok: 1 };
    return refused.has(tokens.get(socket)) ? REAUTHENTICATION_REQUIRED : { ok: 1 };
  }

  function logIn(socket: Socket, { payload }: BSON.Document): object | undefined {
    const { jwt } = BSON.deserialize(payload.buffer);
    logins.push(jwt);
    if (refused.has(jwt)) return undefined;
    tokens.set(socket, jwt);
    return { ok: 1, conversationId: 1, done: true, payload: new BSON.Binary(Buffer.alloc(0)) };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of tokens.keys()) socket.destroy();
    server.close();
  });
  return {
    url: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logins,
    refuse(token: string) {
      refused.add(token);
    },
    /** Cuts all connections. */
    cut() {
      for (const socket of tokens.keys()) socket.destroy();
    },
  };
}

/** OP_MSG, with one document. */
function reply(socket: Socket, responseTo: number, document: object): void {
  const body = BSON.serialize(document);
  const message = Buffer.alloc(21 + body.length);
  message.writeInt32LE(message.length);
  message.writeInt32LE(responseTo, 8);
  message.writeInt32LE(2013, 12);
  message.set(body, 21);
  socket.write(message);
}

async function connect(url: string, provider: Parameters<typeof mongoOidc>[0]) {
  const client = new MongoClient(url, {
    serverApi: "1",
    authMechanism: "MONGODB-OIDC",
    authMechanismProperties: { OIDC_CALLBACK: mongoOidc(provider) },
  });
  onTestFinished(() => client.close());
  await client.connect();
  return () => client.db("reports").command({ ping: 1 });
}

describe("MONGODB-OIDC", () => {
  test("C3 an open connection whose token has ended logs in again with what replaces it", async () => {
    const server = await startMongo();
    const { provider, issued } = await liveProvider();
    const ping = await connect(server.url, provider);
    for (let call = 0; call < 3; call += 1) expect(await ping()).toMatchObject({ ok: 1 });
    expect([server.logins, issued()]).toEqual([["token-1"], 1]);

    server.refuse("token-1");
    expect(await ping()).toMatchObject({ ok: 1 });
    expect([server.logins, issued()]).toEqual([["token-1", "token-2"], 2]);
  });

  test("C3 a new connection, which the server refuses with the token that the driver keeps, has the next one", async () => {
    const server = await startMongo();
    const { provider, issued } = await liveProvider();
    const ping = await connect(server.url, provider);
    server.refuse("token-1");
    server.cut();
    await expect.poll(ping).toMatchObject({ ok: 1 });
    expect([server.logins.at(-1), issued()]).toEqual(["token-2", 2]);
  });

  test("a token that others have replaced meanwhile is not asked for again", async () => {
    const server = await startMongo();
    const { provider, rotate, issued } = await liveProvider();
    const ping = await connect(server.url, provider);
    await rotate();
    server.refuse("token-1");
    expect(await ping()).toMatchObject({ ok: 1 });
    expect(issued()).toBe(2);
  });

  test("F5 connections that log in at once each make a call, and cost two tokens more at most", async () => {
    const server = await startMongo();
    const { provider, issued } = await liveProvider();
    const ping = await connect(server.url, provider);
    await Promise.all(Array.from({ length: 20 }, ping));
    expect(issued()).toBe(1);
    server.refuse("token-1");
    const all = await Promise.all(Array.from({ length: 20 }, ping));
    for (const answer of all) expect(answer).toMatchObject({ ok: 1 });
    expect(issued()).toBeLessThanOrEqual(4);
  });

  test("a server that accepts nothing is an error of the driver's", async () => {
    const server = await startMongo();
    server.refuse("token-1");
    server.refuse("token-2");
    const { provider } = await liveProvider();
    expect(await errorOf(() => connect(server.url, provider))).toMatchObject({ code: 18 });
  });

  test("an error of the provider is that of the connection", async () => {
    const server = await startMongo();
    const { provider } = await liveProvider();
    await provider.close();
    expect((await errorOf(() => connect(server.url, provider))).message).toMatch(/closed/);
  });
});
