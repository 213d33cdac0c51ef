import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createRawServer, type Socket } from "node:net";
import { inspect } from "node:util";
import zlib from "node:zlib";
import { Agent, MockAgent, ProxyAgent, request as undiciRequest } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { readBody } from "../../src/http/answer.js";
import { type ExchangeOptions, exchange, type HttpRequest } from "../../src/http/exchange.js";
import type { TokenFetch } from "../../src/http/fetch.js";
import { Mask } from "../../src/http/mask.js";
import { type Certificate, foreignCertificate, loopbackCertificate } from "../support/certificates.js";
import { errorOf } from "../support/errors.js";
import { type Answer, json, startIdp } from "../support/idp.js";

const SECRET = "s3cr3t-v4lue";
const mask = new Mask([SECRET]);

function ask(url: string, options: Partial<ExchangeOptions> = {}, request: Partial<HttpRequest> = {}) {
  const asked = { method: "POST", url: new URL(url), headers: {}, body: "grant", ...request };
  return exchange(asked, { signal: new AbortController().signal, mask, ...options });
}

async function listening(server: Server | ReturnType<typeof createRawServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const TOKEN = { access_token: "t" };

/** Answers with the token in a body that `encode` has encoded. */
const encoded =
  (coding: string, encode: (body: string) => Uint8Array, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, { "content-encoding": coding, "content-type": "application/json" });
    response.end(encode(JSON.stringify(TOKEN)));
  };

describe("content codings", () => {
  const codings: [string, (body: string) => Uint8Array][] = [
    ["gzip", zlib.gzipSync],
    ["x-gzip", zlib.gzipSync],
    ["GZIP", zlib.gzipSync],
    ["deflate", zlib.deflateSync],
    ["deflate", zlib.deflateRawSync],
    ["br", zlib.brotliCompressSync],
    ["identity", Buffer.from],
    ["gzip, br", (body) => zlib.brotliCompressSync(zlib.gzipSync(body))],
  ];

  test.each(codings)("H8 an answer in %s is read", async (coding, encode) => {
    const idp = await startIdp(encoded(coding, encode));
    expect(readBody(await ask(idp.tokenUrl), mask)).toEqual(TOKEN);
  });

  test("H8 a request names the codings that it can read", async () => {
    const idp = await startIdp();
    await ask(idp.tokenUrl);
    const named = idp.seen[0]?.headers["accept-encoding"];
    expect(named).toBe("zstdDecompress" in zlib ? "gzip, deflate, br, zstd" : "gzip, deflate, br");
  });

  test("H8 another coding is an AuthError that names it, and must fail again", async () => {
    const idp = await startIdp(encoded("compress", Buffer.from));
    // Not JSON by itself, so that it cannot be taken for decoded.
    idp.answerWith(encoded("compress", () => Buffer.from([0x1f, 0x9d, 0x90])));
    expect(await errorOf(() => ask(idp.tokenUrl))).toMatchObject({
      code: "auth",
      status: 200,
      retryable: false,
      unreadable: true,
      message: expect.stringContaining(
        "has the content coding compress, which cannot be read; known are gzip, deflate, br",
      ),
    });
  });

  test("H8 a body that is cut off in its coding is a lost answer", async () => {
    const idp = await startIdp(encoded("gzip", (body) => zlib.gzipSync(body).subarray(0, 15)));
    expect(await errorOf(() => ask(idp.tokenUrl))).toMatchObject({ code: "auth", unreadable: true, retryable: true });
  });

  test("H8 an interceptor that decodes may leave the header as it was", async () => {
    const idp = await startIdp(encoded("br", Buffer.from));
    expect(readBody(await ask(idp.tokenUrl), mask)).toEqual(TOKEN);
  });

  test.each([
    ["gzip", (body: Buffer) => zlib.gzipSync(body)],
    ["br", (body: Buffer) => zlib.brotliCompressSync(body)],
    ["deflate", (body: Buffer) => zlib.deflateSync(body)],
  ])("H4 what is more than 1 MiB only once %s is decoded is refused", async (coding, encode) => {
    const bomb = encode(Buffer.alloc(64 * 1024 * 1024, 32));
    const idp = await startIdp(encoded(coding, () => bomb));
    expect(await errorOf(() => ask(idp.tokenUrl))).toMatchObject({
      code: "auth",
      retryable: false,
      message: expect.stringContaining("larger than 1048576 bytes"),
    });
  });

  test.each([
    [401, false],
    [429, true],
    [503, true],
  ])("F1 a %i in a coding that cannot be read is what its status says", async (status, retryable) => {
    const idp = await startIdp(encoded("compress", () => Buffer.from([0x1f, 0x9d, 0x90]), status));
    const error = await errorOf(async () => readBody(await ask(idp.tokenUrl), mask));
    expect(error).toMatchObject({ code: "auth", status, retryable });
  });
});

describe("what is sent", () => {
  test("H1 a request says who makes it, unless configured headers do", async () => {
    const idp = await startIdp();
    await ask(idp.tokenUrl);
    await ask(idp.tokenUrl, {}, { headers: { "user-agent": "etl/7" } });
    expect(idp.seen.map(({ headers }) => headers["user-agent"])).toEqual(["faucet-auth/source", "etl/7"]);
  });

  test("H1 a dispatcher is anything that dispatches", async () => {
    const idp = await startIdp();
    const agent = new Agent();
    onTestFinished(() => agent.close());
    const dispatcher = { dispatch: (options: never, handler: never) => agent.dispatch(options, handler) };
    expect((await ask(idp.tokenUrl, { dispatcher })).status).toBe(200);
  });

  test("H1 a mock that compares the body gets it as text", async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher
      .get("https://idp.example")
      .intercept({ path: "/token", method: "POST", body: "grant" })
      .reply(200, TOKEN, { headers: { "content-type": "application/json" } });
    expect(readBody(await ask("https://idp.example/token", { dispatcher }), mask)).toEqual(TOKEN);
  });

  test("an abort ends an exchange with the signal's reason, and closes its connection", async () => {
    const idp = await startIdp(() => {});
    const controller = new AbortController();
    const dispatcher = new Agent();
    const asked = errorOf(() => ask(idp.tokenUrl, { signal: controller.signal, dispatcher }));
    while (idp.seen.length === 0) await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    expect(await asked).toMatchObject({ message: "enough" });
    while ((await idp.connections()) > 0) await new Promise(setImmediate);
  });
});

/** undici uses a connection again only after a turn of the event loop. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

describe("connections that were idle", () => {
  /** A server whose connections a test can close. It reads a request before it answers, so that its connection stays usable. */
  async function startClosing(answer: (response: ServerResponse, index: number, socket: Socket) => void) {
    const sockets: Socket[] = [];
    const seen = new Map<Socket, number>();
    let requests = 0;
    const server = createServer((request, response) => {
      request.resume().on("end", () => {
        requests += 1;
        seen.set(request.socket, (seen.get(request.socket) ?? 0) + 1);
        answer(response, requests, request.socket);
      });
    });
    server.on("connection", (socket) => sockets.push(socket));
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.close());
    const url = `http://127.0.0.1:${await listening(server)}/token`;
    return { ask: () => ask(url, { dispatcher }).finally(idle), sockets, seen, requests: () => requests };
  }

  test("H9 a request on one that the server has closed is sent again at once", async () => {
    const idp = await startClosing((response) => json(response, {}));
    await idp.ask();
    await idp.ask();
    expect(idp.sockets).toHaveLength(1);
    // The client cannot have heard of it when it sends, since nothing is waited for in between.
    idp.sockets[0]?.resetAndDestroy();
    expect((await idp.ask()).status).toBe(200);
    expect(idp.sockets).toHaveLength(2);
    expect(idp.requests()).toBe(3);
  });

  test("H9 on one that closes in an orderly way too, and where several were closed", async () => {
    const idp = await startClosing((response) => setImmediate(() => json(response, {})));
    await Promise.all([idp.ask(), idp.ask(), idp.ask()]);
    expect(idp.sockets).toHaveLength(3);
    for (const socket of idp.sockets) socket.destroy();
    expect((await idp.ask()).status).toBe(200);
    expect(idp.requests()).toBe(4);
  });

  test("H9 on a new one, a request that gets no answer has failed", async () => {
    const idp = await startClosing((response) => response.destroy());
    expect(await errorOf(() => idp.ask())).toMatchObject({ code: "transport", unsent: false });
    expect(idp.requests()).toBe(1);
  });

  test("H9 a server that closes whatever is used again is asked once more", async () => {
    const idp = await startClosing((response, _index, socket) =>
      idp.seen.get(socket) === 1 ? json(response, {}) : response.destroy(),
    );
    await idp.ask();
    expect((await idp.ask()).status).toBe(200);
    expect(idp.requests()).toBe(3);
  });

  test("H9 it is sent again only once", async () => {
    const idp = await startClosing((response, index) => (index === 1 ? json(response, {}) : response.destroy()));
    await idp.ask();
    expect(await errorOf(() => idp.ask())).toMatchObject({ code: "transport", unsent: false });
    expect(idp.requests()).toBe(3);
  });

  test("H9 an answer that has begun on it is not asked for again", async () => {
    const idp = await startClosing((response, index) => {
      if (index === 1) return json(response, {});
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
      return setImmediate(() => response.destroy());
    });
    await idp.ask();
    expect(await errorOf(() => idp.ask())).toMatchObject({ code: "transport" });
    expect(idp.requests()).toBe(2);
    expect(idp.sockets).toHaveLength(1);
  });
});

describe("what is not an answer", () => {
  test("H4 header fields that are too large must fail again", async () => {
    const idp = await startIdp((_request, response) => {
      response.setHeader("x-large", "x".repeat(20 * 1024));
      json(response, TOKEN);
    });
    expect(await errorOf(() => ask(idp.tokenUrl))).toMatchObject({
      code: "auth",
      retryable: false,
      message: expect.stringMatching(/header fields of the answer are larger .* maxHeaderSize$/),
    });
  });

  async function startTls(certificate: Certificate, options: object = {}): Promise<string> {
    const answer = (_request: IncomingMessage, response: ServerResponse) => json(response, TOKEN);
    const server = createTlsServer({ ...certificate, ...options }, answer);
    server.on("tlsClientError", () => {});
    return `https://127.0.0.1:${await listening(server)}/token`;
  }

  test("H11 a certificate that is not trusted: its code, and what helps", async () => {
    const url = await startTls(loopbackCertificate);
    const error = await errorOf(() => ask(url));
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
    expect(error.message).toMatch(
      /self-signed and not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS.*connect: { ca }/,
    );
    expect(error.cause).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });

  test("H11 with its authority it is, and a fresh connection counts as fresh", async () => {
    const url = await startTls(loopbackCertificate);
    const dispatcher = new Agent({ connect: { ca: loopbackCertificate.cert } });
    onTestFinished(() => dispatcher.close());
    expect(readBody(await ask(url, { dispatcher }), mask)).toEqual(TOKEN);
  });

  test("H9 over TLS as well: only a connection that has answered is taken for one that was idle", async () => {
    let requests = 0;
    const sockets: Socket[] = [];
    const server = createTlsServer(loopbackCertificate, (request, response) => {
      request.resume().on("end", () => {
        requests += 1;
        if (requests === 1) response.socket?.destroy();
        else json(response, { requests });
      });
    });
    server.on("secureConnection", (socket) => sockets.push(socket));
    const url = `https://127.0.0.1:${await listening(server)}/token`;
    const dispatcher = new Agent({ connect: { ca: loopbackCertificate.cert } });
    onTestFinished(() => dispatcher.close());
    expect(await errorOf(() => ask(url, { dispatcher }))).toMatchObject({ code: "transport", unsent: false });
    expect(requests).toBe(1);
    await ask(url, { dispatcher }).finally(idle);
    await ask(url, { dispatcher }).finally(idle);
    expect(sockets).toHaveLength(2);
    sockets[1]?.destroy();
    expect(readBody(await ask(url, { dispatcher }), mask)).toEqual({ requests: 4 });
  });

  test("H11 a certificate for other hosts, and a server that does not speak TLS", async () => {
    const foreign = await startTls(foreignCertificate);
    const dispatcher = new Agent({ connect: { ca: foreignCertificate.cert } });
    onTestFinished(() => dispatcher.close());
    expect(await errorOf(() => ask(foreign, { dispatcher }))).toMatchObject({
      unsent: true,
      retryable: false,
      message: expect.stringContaining("is for other host names (ERR_TLS_CERT_ALTNAME_INVALID)"),
    });
    const plain = await startIdp();
    expect(await errorOf(() => ask(plain.tokenUrl.replace("http:", "https:")))).toMatchObject({
      unsent: true,
      retryable: false,
      message: expect.stringMatching(/does not speak TLS \(ERR_SSL_\w+\); are scheme and port of the URL right\?$/),
    });
  });

  test.each([
    [40, "has refused the TLS handshake"],
    [42, "wants a client certificate that it accepts"],
    [45, "wants a client certificate that it accepts"],
    [46, "wants a client certificate that it accepts"],
    [48, "wants a client certificate that it accepts"],
    [49, "wants a client certificate that it accepts"],
    [116, "wants a client certificate that it accepts"],
  ])("H11 a server that ends the handshake with alert %i says why (RFC 8446 §6)", async (alert, reason) => {
    const server = createRawServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, alert])));
    });
    const port = await listening(server);
    const error = await errorOf(() => ask(`https://127.0.0.1:${port}/token`));
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
    expect(error.message).toContain(`the server ${reason} (ERR_SSL_`);
    expect(error.message).toContain("give one in tls.cert and tls.key");
  });

  test("H11 a connection that ends in its handshake is tried again", async () => {
    const server = createRawServer((socket) => socket.once("data", () => socket.destroy()));
    const port = await listening(server);
    expect(await errorOf(() => ask(`https://127.0.0.1:${port}/token`))).toMatchObject({
      code: "transport",
      retryable: true,
    });
  });

  test.each([
    [407, false],
    [403, false],
    [502, true],
  ])("H11 a proxy that says %i to a tunnel", async (status, retryable) => {
    const proxy = createServer();
    proxy.on("connect", (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const dispatcher = new ProxyAgent(`http://127.0.0.1:${await listening(proxy)}`);
    onTestFinished(() => dispatcher.close());
    const error = await errorOf(() => ask("https://idp.example/token", { dispatcher }));
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable });
    expect(error.message).toContain(`no answer: the proxy has refused the request with HTTP ${status}`);
  });

  test("H11 a proxy that says 407 to a request without a tunnel", async () => {
    const proxy = await startIdp((_request, response) => json(response, {}, 407, { "proxy-authenticate": "Basic" }));
    const error = await errorOf(() => ask(proxy.tokenUrl));
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
    expect(error.message).toMatch(/the proxy has refused the request with HTTP 407; it wants credentials/);
  });

  test("F1 a name that does not exist was not asked", async () => {
    expect(await errorOf(() => ask("http://nowhere.invalid/token"))).toMatchObject({
      code: "transport",
      unsent: true,
      retryable: true,
    });
  });

  test("S1 the causes of another realm are kept, and masked", async () => {
    const foreign = {
      name: "TypeError",
      message: `quotes ${SECRET}`,
      cause: { message: "below", code: "ECONNREFUSED" },
    };
    const dispatcher = {
      dispatch(): never {
        throw foreign;
      },
    };
    const error = await errorOf(() => ask("https://idp.example/token", { dispatcher }));
    expect(error).toMatchObject({
      code: "transport",
      unsent: true,
      message: "POST https://idp.example/token: no answer (ECONNREFUSED)",
      cause: { name: "TypeError", message: "quotes ***", cause: { message: "below", code: "ECONNREFUSED" } },
    });
    expect(inspect(error, { depth: null })).not.toContain(SECRET);
  });
});

describe("a fetch in place of a dispatcher", () => {
  const fetches: [string, TokenFetch][] = [["the global one", globalThis.fetch]];

  test.each(fetches)("%s sends the request, and its answer is read", async (_name, fetch) => {
    const idp = await startIdp(encoded("gzip", zlib.gzipSync));
    const url = `${idp.tokenUrl.replace("//", "//us%40er:pw@")}?tenant=a`;
    expect(readBody(await ask(url, { fetch }, { headers: { "x-key": "k" } }), mask)).toEqual(TOKEN);
    expect(idp.seen[0]).toMatchObject({
      method: "POST",
      path: "/token?tenant=a",
      body: "grant",
      headers: { "x-key": "k", authorization: `Basic ${btoa("us@er:pw")}`, "user-agent": "faucet-auth/source" },
    });
  });

  test.each(fetches)("H3 %s follows no redirect", async (_name, fetch) => {
    const idp = await startIdp((_request, response) => json(response, {}, 307, { location: "/there" }));
    const error = await errorOf(async () => readBody(await ask(idp.tokenUrl, { fetch }), mask));
    expect(error).toMatchObject({
      code: "auth",
      status: 307,
      message: expect.stringContaining(`to ${idp.origin}/there;`),
    });
    expect(idp.seen).toHaveLength(1);
  });

  test.each(fetches)("H4 of what %s brings, 1 MiB is read", async (_name, fetch) => {
    const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024, 32));
    const idp = await startIdp(encoded("gzip", () => bomb));
    expect(await errorOf(() => ask(idp.tokenUrl, { fetch }))).toMatchObject({
      code: "auth",
      message: expect.stringContaining("larger than 1048576 bytes"),
    });
  });

  test.each(fetches)("F1 what %s cannot reach is a TransportError with its code", async (_name, fetch) => {
    const server = createServer();
    const url = `http://127.0.0.1:${await listening(server)}/token`;
    server.close();
    expect(await errorOf(() => ask(url, { fetch }))).toMatchObject({
      code: "transport",
      unsent: true,
      message: `POST ${url}: no answer (ECONNREFUSED)`,
    });
  });

  test.each(fetches)("an abort ends %s", async (_name, fetch) => {
    const idp = await startIdp(() => {});
    const controller = new AbortController();
    const asked = errorOf(() => ask(idp.tokenUrl, { fetch, signal: controller.signal }));
    while (idp.seen.length === 0) await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    expect(await asked).toMatchObject({ message: "enough" });
  });

  test("a stand-in of a test will do", async () => {
    const seen: unknown[] = [];
    const fetch: TokenFetch = async (url, init) => {
      seen.push({ url, method: init.method, body: init.body });
      return new Response(JSON.stringify(TOKEN));
    };
    expect(readBody(await ask("https://idp.example/token", { fetch }), mask)).toEqual(TOKEN);
    expect(seen).toEqual([{ url: "https://idp.example/token", method: "POST", body: "grant" }]);
  });
});

test("undici itself is not changed by it", async () => {
  const idp = await startIdp();
  await ask(idp.tokenUrl);
  expect((await undiciRequest(idp.tokenUrl)).statusCode).toBe(200);
});
