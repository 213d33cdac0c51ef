/**
 * A broker that plays as much of Kafka's protocol as a login takes: ApiVersions, SaslHandshake, SaslAuthenticate, and the
 * Metadata of a cluster without topics, each in the oldest version that has what is needed.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

const [METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE] = [3, 17, 18, 36];

/** What is answered, and the newest version of it that is spoken here; the oldest is 0, or for logins that with a session's life. */
const APIS: readonly (readonly [key: number, oldest: number, newest: number])[] = [
  [METADATA, 0, 0],
  [SASL_HANDSHAKE, 0, 1],
  [API_VERSIONS, 0, 0],
  [SASL_AUTHENTICATE, 1, 1],
];

export interface KafkaBroker {
  readonly address: string;
  /** The messages of SASL that it was sent, without their control characters. */
  readonly logins: string[];
  /** From now on it accepts another token. */
  accept(token: string): void;
}

/** Starts one that accepts `token-1`, and asks for a new login after `sessionMs`. */
export async function startKafkaBroker(sessionMs: number): Promise<KafkaBroker> {
  const logins: string[] = [];
  let accepted = "token-1";
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE()) {
        const size = received.readInt32BE();
        answer(socket, received.subarray(4, 4 + size));
        received = received.subarray(4 + size);
      }
    });
  });

  function answer(socket: Socket, request: Buffer): void {
    const key = request.readInt16BE(0);
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)));
    const response = Buffer.concat([request.subarray(4, 8), answers[key]?.(body) ?? int16(35)]);
    socket.write(Buffer.concat([int32(response.length), response]));
  }

  const answers: Record<number, (body: Buffer) => Buffer> = {
    [API_VERSIONS]: () => Buffer.concat([int16(0), int32(APIS.length), ...APIS.flat().map(int16)]),
    [SASL_HANDSHAKE]: () => Buffer.concat([int16(0), int32(1), text("OAUTHBEARER")]),
    [METADATA]: () => Buffer.concat([int32(1), int32(0), text("127.0.0.1"), int32(port), int32(0)]),
    [SASL_AUTHENTICATE](body) {
      const message = body.subarray(4).toString().split("\u0001").filter(Boolean);
      logins.push(message.join(" "));
      const isGood = message.includes(`auth=Bearer ${accepted}`);
      const session = Buffer.alloc(8);
      session.writeBigInt64BE(BigInt(sessionMs));
      return Buffer.concat([int16(isGood ? 0 : 58), text(isGood ? "" : "invalid token"), int32(0), session]);
    },
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    address: `127.0.0.1:${port}`,
    logins,
    accept(token) {
      accepted = token;
    },
  };
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
