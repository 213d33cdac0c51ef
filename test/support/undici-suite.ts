/** What interceptors of an undici do to the answers of an IdP: nothing (H7). For each release that is tried. */

import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { readBody } from "../../src/http/answer.js";
import { type ExchangeOptions, exchange } from "../../src/http/exchange.js";
import { Mask } from "../../src/http/mask.js";
import type { Dispatcher } from "../../src/index.js";
import { errorOf } from "./errors.js";
import { type Answer, json, startIdp } from "./idp.js";

// biome-ignore lint/suspicious/noExplicitAny: every release has types of its own, and not every one has every interceptor
type Undici = any;

/** Runs all of it on one undici. */
export function describeUndici(name: string, undici: Undici): void {
  const { Agent, RetryAgent, interceptors } = undici;
  const eager = { maxRetries: 2, minTimeout: 1, methods: ["GET", "POST"], statusCodes: [400, 401, 429, 500, 503] };
  const redirect = () => interceptors.redirect({ maxRedirections: 3 });
  // undici 6 has its interceptor as it is, later releases a function that makes one.
  const responseError = () =>
    interceptors.responseError.length === 1 ? interceptors.responseError : interceptors.responseError();
  const compositions: Record<string, (() => Dispatcher) | false> = {
    nothing: () => new Agent(),
    retry: () => new Agent().compose(interceptors.retry()),
    "an eager retry": () => new Agent().compose(interceptors.retry(eager)),
    "a retry that does not throw": () => new Agent().compose(interceptors.retry({ ...eager, throwOnError: false })),
    redirect: () => new Agent().compose(redirect()),
    responseError: interceptors.responseError && (() => new Agent().compose(responseError())),
    "responseError in a retry":
      interceptors.responseError && (() => new Agent().compose(responseError(), interceptors.retry(eager))),
    "a retry in responseError":
      interceptors.responseError && (() => new Agent().compose(interceptors.retry(eager), responseError())),
    dns: interceptors.dns && (() => new Agent().compose(interceptors.dns())),
    cache: interceptors.cache && (() => new Agent().compose(interceptors.cache())),
    deduplicate: interceptors.deduplicate && (() => new Agent().compose(interceptors.deduplicate())),
    decompress: interceptors.decompress && (() => new Agent().compose(interceptors.decompress())),
    "decompress of refusals too":
      interceptors.decompress && (() => new Agent().compose(interceptors.decompress({ skipErrorResponses: false }))),
    "redirect and retry": () => new Agent().compose(redirect(), interceptors.retry(eager)),
    "retry and redirect": () => new Agent().compose(interceptors.retry(eager), redirect()),
    RetryAgent: () => new RetryAgent(new Agent()),
    "an eager RetryAgent": () => new RetryAgent(new Agent(), eager),
    "an eager RetryAgent in a redirect": () => new RetryAgent(new Agent(), eager).compose(redirect()),
  };
  const given = Object.entries(compositions).filter(
    (entry): entry is [string, () => Dispatcher] => entry[1] !== false && entry[1] !== undefined,
  );

  describe.each(given)(`${name} with %s`, (composition, make) => {
    const isRetryAgent = composition.includes("RetryAgent");

    test.each(["POST", "GET"])("H7 the refusal of a %s stays what it is, and is asked for once", async (method) => {
      const idp = await startIdp((_request, response) =>
        json(response, { error: "invalid_grant", error_description: "spent" }, 400),
      );
      const error = await errorOf(() => ask(make(), idp.tokenUrl, method));
      expect(error).toMatchObject({ code: "auth", status: 400, retryable: false });
      // A RetryAgent that is told to retry a status drops the body that comes with it.
      if (!composition.includes("eager RetryAgent")) expect(error).toMatchObject({ error: "invalid_grant" });
      expect(idp.seen).toHaveLength(1);
    });

    test.each(["POST", "GET"])("H7 Retry-After of a 429 to a %s is ours to obey", async (method) => {
      const idp = await startIdp((_request, response) =>
        json(response, { error: "slow_down" }, 429, { "retry-after": "120" }),
      );
      const error = await errorOf(() => ask(make(), idp.tokenUrl, method));
      expect(error).toMatchObject({ code: "auth", status: 429, retryAfter: 120, retryable: true });
      if (!isRetryAgent) expect(error).toMatchObject({ error: "slow_down" });
      expect(idp.seen).toHaveLength(1);
    });

    test("H7 a 503 without a content type is one", async () => {
      const idp = await startIdp((_request, response) => {
        response.statusCode = 503;
        response.end("busy");
      });
      expect(await errorOf(() => ask(make(), idp.tokenUrl))).toMatchObject({
        code: "auth",
        status: 503,
        retryable: true,
      });
      expect(idp.seen).toHaveLength(1);
    });

    test("H3 a redirect is not followed", async () => {
      const idp = await startIdp((_request, response) => json(response, {}, 307, { location: "/elsewhere" }));
      expect(await errorOf(() => ask(make(), idp.tokenUrl))).toMatchObject({ code: "auth", status: 307 });
      expect(idp.seen).toHaveLength(1);
    });

    test("H7 a connection that is cut is not tried again", async () => {
      const idp = await startIdp((_request, response) => response.destroy());
      expect(await errorOf(() => ask(make(), idp.tokenUrl))).toMatchObject({ code: "transport", unsent: false });
      expect(idp.seen).toHaveLength(1);
    });

    test.each([200, 401])("H8 a compressed %i is read", async (status) => {
      const idp = await startIdp((_request, response) => {
        response.writeHead(status, { "content-encoding": "gzip", "content-type": "application/json" });
        response.end(
          gzipSync(JSON.stringify({ access_token: "t", ...(status === 401 && { error: "invalid_client" }) })),
        );
      });
      const asked = ask(make(), idp.tokenUrl);
      if (status === 200) expect(await asked).toEqual({ access_token: "t" });
      else expect(await errorOf(() => asked)).toMatchObject({ code: "auth", status: 401 });
    });

    test("H7 a login by GET is not answered from a cache", async () => {
      let logins = 0;
      const answer: Answer = (_request, response) => {
        logins += 1;
        json(response, { access_token: `t${logins}` }, 200, { "cache-control": "max-age=3600" });
      };
      const idp = await startIdp(answer);
      const dispatcher = make();
      expect(await ask(dispatcher, idp.tokenUrl, "GET")).toEqual({ access_token: "t1" });
      expect(await ask(dispatcher, idp.tokenUrl, "GET")).toEqual({ access_token: "t2" });
    });

    test("H9 a request on a connection that was closed while it was idle is sent again", async () => {
      const sockets: Socket[] = [];
      const server = createServer((request, response) => {
        request.resume().on("end", () => json(response, { access_token: "t" }));
      }).on("connection", (socket) => sockets.push(socket));
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      onTestFinished(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
      const dispatcher = make();
      for (let request = 0; request < 2; request += 1) {
        await ask(dispatcher, url);
        for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      }
      expect(sockets).toHaveLength(1);
      sockets[0]?.destroy();
      expect(await ask(dispatcher, url)).toEqual({ access_token: "t" });
      server.closeAllConnections();
    });

    test("the body and its length arrive as they are", async () => {
      const idp = await startIdp();
      await ask(make(), `${idp.tokenUrl}?tenant=a%20b`);
      expect(idp.seen[0]).toMatchObject({
        method: "POST",
        path: "/token?tenant=a%20b",
        body: "grant=é",
        headers: { "content-length": "8" },
      });
    });
  });
}

async function ask(dispatcher: Dispatcher, url: string, method = "POST"): Promise<unknown> {
  const options: ExchangeOptions = { dispatcher, signal: new AbortController().signal, mask: new Mask([]) };
  const body = method === "GET" ? undefined : "grant=é";
  const answer = await exchange({ method, url: new URL(url), headers: {}, body }, options);
  return readBody(answer, options.mask);
}
