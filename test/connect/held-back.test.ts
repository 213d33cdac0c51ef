/** What happens to a refused answer while it is decided what follows it, with both wrappers (W1, W4). */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  Credential,
  OAuth2ClientCredentialsProvider,
  type RefusalCandidate,
} from "../../src/index.js";
import { startApi } from "../support/api.js";
import { json } from "../support/idp.js";
import { scriptedProvider } from "../support/scripted-provider.js";
import { newAgent, wrappers } from "../support/wrappers.js";

const LENGTHS = [
  ["no body", 0],
  ["a short body", 10],
  ["64 KiB", 65_536],
  ["a body that is too long to be held", 200_000],
] as const;

describe.each(Object.entries(wrappers))("%s", (_name, makeSend) => {
  test.each(LENGTHS)(
    "W4 API and IdP behind one origin with two connections, two requests refused at once with %s: no deadlock",
    async (_what, length) => {
      const agent = newAgent({ connections: 2 });
      const api = await startApi();
      let tokens = 0;
      api.answerWith(({ path, headers }, response) => {
        if (path === "/token") {
          tokens += 1;
          return json(response, { access_token: `t${tokens}`, expires_in: 3600 });
        }
        const ok = headers.authorization === "Bearer t2";
        return response.writeHead(ok ? 200 : 401).end(ok ? "rows" : "x".repeat(length));
      });
      const config = { token_url: `${api.origin}/token`, client_id: "c", client_secret: "s", timeout_secs: 3600 };
      const provider = new OAuth2ClientCredentialsProvider(config, { dispatcher: agent });
      const send = makeSend(provider, {}, agent);
      const answers = await Promise.all([send(api.origin), send(api.origin)]);
      expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["rows", "rows"]);
      expect(tokens).toBe(2);
    },
  );

  test("W4 W8 a refusal that is known by its body, and is too long to be held, does not keep the token request from its connection", async () => {
    const agent = newAgent({ connections: 1 });
    const api = await startApi();
    let tokens = 0;
    api.answerWith(({ path, headers }, response) => {
      if (path === "/token") {
        tokens += 1;
        return json(response, { access_token: `t${tokens}`, expires_in: 3600 });
      }
      return response.end(headers.authorization === "Bearer t2" ? "rows" : `expired ${"x".repeat(5_000_000)}`);
    });
    const config = { token_url: `${api.origin}/token`, client_id: "c", client_secret: "s", timeout_secs: 3600 };
    const provider = new OAuth2ClientCredentialsProvider(config, { dispatcher: agent });
    const isRefused = async (response: RefusalCandidate) => {
      const isExpired = (await response.text()).startsWith("expired");
      await new Promise((resolve) => setTimeout(resolve, 50));
      return isExpired;
    };
    const answer = await makeSend(provider, { isRefused }, agent)(api.origin);
    expect(await answer.text()).toBe("rows");
  });

  test.each(LENGTHS)(
    "W1 a slow provider that has nothing else to try: the refusal with %s is passed on whole",
    async (_what, length) => {
      const api = await startApi();
      const body = "x".repeat(length);
      api.answerWith((_request, response) => response.writeHead(401, { "x-a": "b" }).end(body));
      const provider = slow(Credential.bearer("t1"));
      const answer = await makeSend(provider)(api.origin);
      expect(answer.status).toBe(401);
      expect((await answer.text()) === body).toBe(true);
      expect(provider.reported).toHaveLength(1);
    },
  );

  test("W4 a refusal without an end is let go of while the provider is asked", async () => {
    const agent = newAgent({ connections: 1 });
    const api = await startApi();
    const closed = new Promise<void>((resolve) => {
      api.answerWith(({ headers }, response) => {
        if (headers.authorization === "Bearer t2") return response.end("rows");
        response.on("close", resolve);
        return response.writeHead(401).write("x".repeat(200_000));
      });
    });
    const provider: AuthProvider = {
      ...scriptedProvider(),
      invalidate: () => closed.then(() => Credential.bearer("t2")),
    };
    const answer = await makeSend(provider, {}, agent)(api.origin);
    expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
  });

  describe.each([
    ["a length", (body: string) => `content-length: ${body.length}\r\n\r\n${body}`],
    ["chunks", (body: string) => `transfer-encoding: chunked\r\n\r\n${chunk(body)}0\r\n\r\n`],
    ["the connection's end", (body: string) => `\r\n${body}`],
  ])("W1 a refusal on a connection that closes, delimited by %s", (_framing, frame) => {
    test.each([
      ["no body, closed before the token is there", 0, "before"],
      ["a short body, closed before the token is there", 10, "before"],
      ["a long body, closed before the token is there", 200_000, "before"],
      ["no body, closed once the token is there", 0, "after"],
      ["a short body, closed once the token is there", 10, "after"],
      ["a long body, closed once the token is there", 200_000, "after"],
    ])("%s", async (_what, length, when) => {
      const uncaught: unknown[] = [];
      const collect = (error: unknown) => uncaught.push(error);
      process.on("uncaughtException", collect);
      onTestFinished(() => void process.off("uncaughtException", collect));
      let isClosed = (): void => {};
      const closed = new Promise<void>((resolve) => {
        isClosed = resolve;
      });
      let close = (): void => {};
      const origin = await startRaw((socket, head) => {
        if (/bearer t2/i.test(head))
          return socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nrows");
        socket.write(`HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n${frame("x".repeat(length))}`);
        close = () => socket.end();
        socket.on("close", isClosed);
        if (when === "before") close();
      });
      const provider: AuthProvider = {
        ...scriptedProvider(),
        async invalidate() {
          if (when === "before") await closed;
          else setImmediate(close);
          return Credential.bearer("t2");
        },
      };
      const answer = await makeSend(provider)(origin);
      expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
      await closed;
      await new Promise(setImmediate);
      expect(uncaught).toEqual([]);
    });
  });
});

/** A provider that takes a while to give `next`. */
function slow(next: Credential) {
  const provider = scriptedProvider();
  return {
    ...provider,
    async invalidate(stale: Credential) {
      provider.reported.push(stale);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return next;
    },
  };
}

function chunk(body: string): string {
  return body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
}

/** A server that answers each request on a socket by hand; gives its origin. */
async function startRaw(answer: (socket: Socket, head: string) => unknown): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let head = "";
    socket.on("data", (data) => {
      head += data;
      if (!head.includes("\r\n\r\n")) return;
      answer(socket, head);
      head = "";
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
