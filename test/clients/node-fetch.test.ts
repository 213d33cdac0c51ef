/** `authFetch` with node-fetch, whose bodies are Node streams: 2 (`node-fetch2`) and 3. */

import { Readable } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { authFetch, Credential, type RefusalCandidate } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { scriptedProvider } from "../support/scripted-provider.js";

// biome-ignore lint/suspicious/noExplicitAny: it has types of its own
type NodeFetch = any;

const releases: [string, NodeFetch][] = await Promise.all(
  ["node-fetch", "node-fetch2"].map(async (name) => [name, await import(name)] as [string, NodeFetch]),
);

describe.each(releases)("%s", (_name, { default: fetch, Request }) => {
  test.each([
    ["short", 10],
    ["long", 300_000],
  ])("W1 W4 a refusal with a %s body: sent again, and its socket is let go of", async (_what, length) => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      const ok = headers.authorization === "Bearer t2";
      response.writeHead(ok ? 200 : 401).end(ok ? "rows" : "x".repeat(length));
    });
    const response = await authFetch(scriptedProvider(), { fetch })(api.origin, { method: "POST", body: "payload" });
    expect([response.status, await response.text()]).toEqual([200, "rows"]);
    expect(api.seen.map(({ body }) => body)).toEqual(["payload", "payload"]);
    await vi.waitFor(async () => {
      const open = await new Promise<number>((resolve) => api.server.getConnections((_error, count) => resolve(count)));
      // The one that is kept for the next request.
      expect(open).toBe(1);
    });
  });

  test("W1 the refusal is passed on where there is nothing else to try", async () => {
    const api = await startApi();
    const same = scriptedProvider(Credential.bearer("t1"), Credential.bearer("t1"));
    const response = await authFetch(same, { fetch })(api.origin);
    expect([response.status, await response.text()]).toEqual([401, "refused"]);
  });

  test.each([
    ["short", 10],
    ["long", 300_000],
  ])(
    "W3 a Request with a %s body is used up by being sent: its refusal is the answer, and reported",
    async (_what, length) => {
      const api = await startApi();
      const provider = scriptedProvider();
      const request = new Request(api.origin, { method: "POST", body: "x".repeat(length) });
      const response = await authFetch(provider, { fetch })(request);
      expect([response.status, await response.text()]).toEqual([401, "refused"]);
      expect(api.seen[0]?.body).toHaveLength(length);
      expect(provider.reported).toHaveLength(1);
    },
  );

  test("W3 a Request without a body is sent again", async () => {
    const api = await startApi(["Bearer t2"]);
    const response = await authFetch(scriptedProvider(), { fetch })(
      new Request(api.origin, { headers: { "x-a": "b" } }),
    );
    expect(response.status).toBe(200);
    expect(api.seen[1]?.headers["x-a"]).toBe("b");
  });

  test("W3 a stream is sent once", async () => {
    const api = await startApi();
    const init = { method: "POST", body: Readable.from([Buffer.from("payload")]) as never };
    expect((await authFetch(scriptedProvider(), { fetch })(api.origin, init)).status).toBe(401);
    expect(api.seen.map(({ body }) => body)).toEqual(["payload"]);
  });

  test.each([
    ["empty", 0],
    ["short", 10],
    ["long", 300_000],
  ])("W8 isRefused reads a %s body, and the answer is passed on whole", async (_what, length) => {
    const api = await startApi();
    const body = "x".repeat(length);
    api.answerWith((_request, response) => response.writeHead(201, { "x-a": "b" }).end(body));
    let read = -1;
    const isRefused = async (response: RefusalCandidate) => {
      read = (await response.text()).length;
      return false;
    };
    const response = await authFetch(scriptedProvider(), { fetch, isRefused })(`${api.origin}/a`);
    expect(read).toBe(Math.min(length, 65_536));
    expect([response.status, response.url, response.headers.get("x-a")]).toEqual([201, `${api.origin}/a`, "b"]);
    expect((await response.text()) === body).toBe(true);
  });

  test("W5 redirects are followed, and the credential is left behind when the origin changes", async () => {
    const [api, other] = [await startApi(), await startApi()];
    api.answerWith(({ path }, response) =>
      response.writeHead(302, { location: path === "/" ? "/next" : other.origin }).end("moved"),
    );
    const provider = scriptedProvider(Credential.header("X-Api-Key", "k"));
    const response = await authFetch(provider, { fetch })(api.origin);
    expect(response).toMatchObject({ status: 401, redirected: true });
    expect(api.seen.map(({ headers }) => headers["x-api-key"])).toEqual(["k", "k"]);
    expect(other.seen[0]?.headers).not.toHaveProperty("x-api-key");
  });
});
