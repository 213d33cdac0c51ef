/** amqplib against a broker that plays AMQP's handshake and `update-secret`, by amqplib's own codec. */

import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { connect } from "amqplib";
import { expect, onTestFinished, test } from "vitest";
import { onToken } from "../../src/adapters/index.js";
import { accessToken } from "../../src/index.js";
import { liveProvider } from "../support/live-provider.js";

/** What is beside its entry is loaded from there. */
const load = createRequire(createRequire(import.meta.url).resolve("amqplib"));
const codec = load("./lib/defs.js");
const { parseFrame, decodeFrame } = load("./lib/frame.js");

/** A broker that keeps what it was shown: in a login, and by `update-secret`. */
async function startBroker() {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const send = (id: number, fields: object): void => void socket.write(codec.encodeMethod(id, 0, fields));
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.subarray(0, 4).toString() === "AMQP") {
        received = received.subarray(8);
        const version = { versionMajor: 0, versionMinor: 9, serverProperties: {} };
        send(codec.ConnectionStart, { ...version, mechanisms: Buffer.from("PLAIN"), locales: Buffer.from("en_US") });
      }
      for (let frame = parseFrame(received, 0); frame; frame = parseFrame(received, 0)) {
        received = frame.rest;
        answer(decodeFrame(frame), send);
      }
    });
  });

  function answer(
    { id, fields }: { id: number; fields: Record<string, Buffer> },
    send: (id: number, fields: object) => void,
  ): void {
    if (id === codec.ConnectionStartOk) {
      seen.push(`login ${String(fields.response).split("\0").at(-1)}`);
      send(codec.ConnectionTune, { channelMax: 0, frameMax: 0, heartbeat: 0 });
    }
    if (id === codec.ConnectionOpen) send(codec.ConnectionOpenOk, {});
    if (id === codec.ConnectionUpdateSecret) {
      seen.push(`update ${fields.newSecret}`);
      send(codec.ConnectionUpdateSecretOk, {});
    }
    if (id === codec.ConnectionClose) send(codec.ConnectionCloseOk, {});
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen, cut };
}

test("an open connection is told of each new token, and comes back with it", async () => {
  const broker = await startBroker();
  const { provider, rotate } = await liveProvider();
  const options = {
    hostname: "127.0.0.1",
    port: broker.port,
    username: "",
    password: (await accessToken(provider)).token,
  };
  const connection = await connect(options, { recovery: { initialDelay: 1, maxDelay: 10 } });
  onTestFinished(() => connection.close());
  connection.on("error", () => {}); // it is cut
  const renewing = onToken(provider, (token) => {
    options.password = token;
    return connection.updateSecret(Buffer.from(token), "renewed");
  });
  onTestFinished(() => renewing[Symbol.dispose]());
  await expect.poll(() => broker.seen).toEqual(["login token-1", "update token-1"]);
  await rotate();
  await expect.poll(() => broker.seen.at(-1)).toBe("update token-2");
  const back = new Promise((resolve) => connection.once("connect", resolve));
  broker.cut();
  await back;
  expect(broker.seen.at(-1)).toBe("login token-2");
});
