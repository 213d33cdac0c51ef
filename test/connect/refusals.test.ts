/** Which answers are refusals, and what follows them, with both wrappers (W6, W8, W9, F5). */

import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type AuthProvider, Credential, type RefusalCandidate, TokenCache } from "../../src/index.js";
import { remake } from "../../src/values/credential.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";
import { newAgent, wrappers } from "../support/wrappers.js";

describe.each(Object.entries(wrappers))("%s", (_name, makeSend) => {
  describe("W6 a refusal that is not about the token", () => {
    test.each([
      [401, 'Bearer realm="api", error="insufficient_scope", scope="a b"', 0],
      [401, "DPoP error=insufficient_scope", 0],
      [401, 'BEARER Error = "Insufficient_Scope"', 0],
      [401, 'Bearer error="invalid_token"', 1],
      [401, "Bearer", 1],
      [
        401,
        'Bearer error="invalid_token", error_description="not error=insufficient_scope, \\"error=insufficient_scope\\""',
        1,
      ],
      [401, 'Bearer error="invalid_token", Other error="insufficient_scope"', 1],
      [401, 'Bearer xerror="insufficient_scope"', 1],
      [403, 'Bearer error="insufficient_scope"', 0],
    ])("W6 %i %s: %i reports", async (status, challenge, reports) => {
      const api = await startApi();
      api.answerWith((_request, response) =>
        response.writeHead(status, { "www-authenticate": challenge }).end("refused"),
      );
      const provider = scriptedProvider();
      const answer = await makeSend(provider, { statuses: [401, 403] })(api.origin);
      expect([answer.status, await answer.text()]).toEqual([status, "refused"]);
      expect(provider.reported).toHaveLength(reports);
      expect(api.seen).toHaveLength(1 + reports);
    });

    test("W6 with isRefused too", async () => {
      const api = await startApi();
      api.answerWith((_request, response) =>
        response.writeHead(403, { "www-authenticate": "Bearer error=insufficient_scope" }).end(),
      );
      const provider = scriptedProvider();
      expect((await makeSend(provider, { isRefused: ({ status }) => status === 403 })(api.origin)).status).toBe(403);
      expect(provider.reported).toEqual([]);
    });
  });

  describe("W8 isRefused", () => {
    const byBody = async (response: RefusalCandidate) => (await response.text()).includes("expired");

    test.each([
      ["200", 200, {}],
      ["403", 403, {}],
      ["200, coded", 200, { "content-encoding": "gzip" }],
    ])("W8 a refusal in the body of a %s", async (_what, status, coding) => {
      const api = await startApi();
      api.answerWith(({ headers }, response) => {
        if (headers.authorization === "Bearer t2") return response.end("rows");
        const body = `{"code":"expired","padding":"${"x".repeat(100)}"}`;
        return response.writeHead(status, coding).end("content-encoding" in coding ? gzipSync(body) : body);
      });
      const provider = scriptedProvider();
      const answer = await makeSend(provider, { isRefused: byBody })(api.origin, "payload");
      expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
      expect(provider.reported).toEqual([Credential.bearer("t1")]);
      expect(api.seen.map(({ body }) => body)).toEqual(["payload", "payload"]);
    });

    test.each([
      [0, "sync"],
      [10, "in one piece"],
      [65_536, "as long as what is read"],
      [300_000, "beyond what is read"],
      [3_000_000, "beyond what is held"],
    ])("W8 an answer of %i bytes is passed on whole, with what is read of it bounded: %s", async (length) => {
      const api = await startApi();
      const body = `${"é".repeat(length / 2)}`;
      api.answerWith((_request, response) => response.end(body));
      const read: string[] = [];
      const isRefused = async (response: RefusalCandidate) => {
        read.push(await response.text());
        read.push(await response.text());
        await new Promise((resolve) => setTimeout(resolve, 20));
        return false;
      };
      const answer = await makeSend(scriptedProvider(), { isRefused })(api.origin);
      expect((await answer.text()) === body).toBe(true);
      expect(read[0]).toBe(read[1]);
      expect(Buffer.byteLength(read[0] ?? "")).toBe(Math.min(length, 65_536));
    });

    test("W8 a redirect to a login page counts, before it is followed", async () => {
      const api = await startApi();
      api.answerWith(({ headers }, response) =>
        headers.authorization === "Bearer t2"
          ? response.end("rows")
          : response.writeHead(302, { location: "/login?next=/" }).end(),
      );
      const isRefused = ({ status, headers }: RefusalCandidate) =>
        status === 302 && (headers.get("Location") ?? "").startsWith("/login");
      const answer = await makeSend(scriptedProvider(), { isRefused })(api.origin);
      expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
      expect(api.seen.map(({ path }) => path)).toEqual(["/", "/"]);
    });

    test("W8 the second answer is final, and not reported", async () => {
      const api = await startApi();
      api.answerWith((_request, response) => response.end("expired"));
      const provider = scriptedProvider();
      const answer = await makeSend(provider, { isRefused: byBody })(api.origin);
      expect([answer.status, await answer.text()]).toEqual([200, "expired"]);
      expect(provider.reported).toHaveLength(1);
      expect(api.seen).toHaveLength(2);
    });

    test.each([
      [
        "throws",
        () => {
          throw new Error("odd");
        },
      ],
      ["rejects", () => Promise.reject(new Error("odd"))],
    ])("W8 what it %s is an error of the request", async (_what, isRefused) => {
      const api = await startApi(["Bearer t1"]);
      const error = await errorOf(() => makeSend(scriptedProvider(), { isRefused })(api.origin));
      expect(error.message === "odd" || (error.cause as Error).message === "odd").toBe(true);
    });

    test.each([
      ["first", 1],
      ["second", 2],
    ])("C8 the caller's signal ends a decision about the %s answer that never comes", async (_which, decisive) => {
      const api = await startApi();
      api.answerWith((_request, response) => response.end("expired"));
      const leaving = new AbortController();
      let asked = 0;
      const isRefused = async (response: RefusalCandidate): Promise<boolean> => {
        asked += 1;
        await response.text();
        if (asked < decisive) return true;
        if (asked > decisive) return false;
        setImmediate(() => leaving.abort(new Error("gone")));
        return new Promise(() => {});
      };
      const send = makeSend(scriptedProvider(), { isRefused }, newAgent({ connections: 1, pipelining: 1 }));
      const error = await errorOf(() => send(api.origin, undefined, leaving.signal));
      expect(error.message).toBe("gone");
      // Its connection is free for another request.
      expect(await (await send(api.origin)).text()).toBe("expired");
      expect(asked).toBe(decisive + 1);
    });

    test("C8 a signal that is aborted while the answer comes ends a decision that waits for neither", async () => {
      const api = await startApi();
      api.answerWith((_request, response) => void response.writeHead(200).write("and then nothing"));
      const leaving = new AbortController();
      const isRefused = (): Promise<boolean> => {
        setImmediate(() => leaving.abort(new Error("gone")));
        return new Promise(() => {});
      };
      const error = await errorOf(() =>
        makeSend(scriptedProvider(), { isRefused })(api.origin, undefined, leaving.signal),
      );
      expect(error.message).toBe("gone");
    });

    test("W8 headers that come twice are joined", async () => {
      const api = await startApi();
      api.answerWith((_request, response) =>
        response
          .writeHead(200, [
            ["x-a", "1"],
            ["x-a", "2"],
          ] as never)
          .end(),
      );
      const seen: (string | null)[] = [];
      const isRefused = ({ headers }: RefusalCandidate) => {
        seen.push(headers.get("X-A"), headers.get("x-b"));
        return false;
      };
      await makeSend(scriptedProvider(), { isRefused })(api.origin);
      expect(seen).toEqual(["1, 2", null]);
    });
  });

  describe("W9 graceMs", () => {
    /** Accepts `t2` only after it was refused a few times. */
    async function startSlowApi(refusals: number) {
      const api = await startApi();
      api.answerWith(({ headers }, response) => {
        const tries = api.authorizations().filter((value) => value === "Bearer t2").length;
        const ok = headers.authorization === "Bearer t2" && tries > refusals;
        response.writeHead(ok ? 200 : 401).end(ok ? "rows" : "refused");
      });
      return api;
    }

    test("W9 a refusal of a young credential is tried again with the same one, and not reported", async () => {
      const api = await startSlowApi(3);
      const provider = scriptedProvider(Credential.bearer("t2"));
      const answer = await makeSend(provider, { graceMs: 60_000 })(api.origin, "payload");
      expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
      expect(api.authorizations()).toEqual(Array(4).fill("Bearer t2"));
      expect(provider.reported).toEqual([]);
    });

    test("W9 the one that replaces an old credential is young too", async () => {
      let later = 0;
      const now = performance.now.bind(performance);
      vi.spyOn(performance, "now").mockImplementation(() => now() + later);
      onTestFinished(() => void vi.restoreAllMocks());
      const api = await startApi();
      api.answerWith(({ headers }, response) => {
        if (headers.authorization === "Bearer t1") later = 61_000;
        const tries = api.authorizations().filter((value) => value === "Bearer t2").length;
        response.writeHead(tries > 2 ? 200 : 401).end(tries > 2 ? "rows" : "refused");
      });
      const provider = scriptedProvider(Credential.bearer("t1"));
      const answer = await makeSend(provider, { graceMs: 60_000 })(api.origin);
      expect([answer.status, await answer.text()]).toEqual([200, "rows"]);
      expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t2"]);
      expect(provider.reported).toEqual([Credential.bearer("t1")]);
    });

    test("W9 beyond it the refusal counts, once", async () => {
      const api = await startApi();
      const provider = scriptedProvider();
      expect((await makeSend(provider, { graceMs: 60 })(api.origin)).status).toBe(401);
      expect(provider.reported).toEqual([Credential.bearer("t1")]);
      expect(new Set(api.authorizations())).toEqual(new Set(["Bearer t1", "Bearer t2"]));
    });

    test("W9 W3 within it, a body that can be read only once is neither sent again nor reported", async () => {
      const api = await startApi();
      const provider = scriptedProvider();
      const answer = await makeSend(provider, { graceMs: 60_000 })(api.origin, Readable.from([Buffer.from("payload")]));
      expect(answer.status).toBe(401);
      expect(api.seen).toHaveLength(1);
      expect(provider.reported).toEqual([]);
    });

    test("C8 an abort ends the pause", async () => {
      const api = await startApi();
      const leaving = new AbortController();
      api.answerWith((_request, response) => {
        response.writeHead(401).end();
        if (api.seen.length === 5) setImmediate(() => leaving.abort(new Error("enough")));
      });
      const error = await errorOf(() =>
        makeSend(scriptedProvider(), { graceMs: 3_600_000 })(api.origin, undefined, leaving.signal),
      );
      expect([error.message, (error.cause as Error | undefined)?.message]).toContain("enough");
    });
  });

  describe("F5 what was accepted is said to the provider", () => {
    function listening() {
      const accepted: Credential[] = [];
      const heard = (token: string): Credential => {
        const credential: Credential = remake(Credential.bearer(token), {
          onAccepted: () => accepted.push(credential),
        });
        return credential;
      };
      const next = heard("t2");
      return { accepted, next, provider: scriptedProvider(heard("t1"), next) };
    }

    test("F5 once for each credential, with the very one that was sent", async () => {
      const api = await startApi(["Bearer t2"]);
      const { accepted, next, provider } = listening();
      const send = makeSend(provider);
      await send(api.origin);
      await send(api.origin);
      expect(accepted).toHaveLength(1);
      expect(accepted[0]).toBe(next);
    });

    test.each([401, 429, 500, 503])("F5 not after %i", async (status) => {
      const api = await startApi();
      api.answerWith((_request, response) => response.writeHead(status).end());
      const { accepted, provider } = listening();
      await makeSend(provider)(api.origin);
      expect(accepted).toEqual([]);
    });

    test.each([200, 204, 404])("F5 after %i", async (status) => {
      const api = await startApi();
      api.answerWith((_request, response) => response.writeHead(status).end());
      const { accepted, provider } = listening();
      await makeSend(provider)(api.origin);
      expect(accepted).toHaveLength(1);
    });
  });

  test("C1 a request that the provider's own flight makes passes without a credential, whatever stands between", async () => {
    const api = await startApi(["Bearer t1"]);
    const statuses: number[] = [];
    const cache: TokenCache = new TokenCache(async () => {
      statuses.push((await send(api.origin)).status);
      return { credential: Credential.bearer("t1") };
    });
    const provider: AuthProvider = {
      type: "own",
      name: "own",
      getToken: (options) => cache.getToken(options),
      invalidate: (stale, options) => cache.invalidate(stale, options),
    };
    const send = makeSend(provider);
    expect((await send(api.origin)).status).toBe(200);
    expect(statuses).toEqual([401]);
    expect(api.authorizations()).toEqual([undefined, "Bearer t1"]);
  });

  test("W1 403 is no reason, unless the connector lists it", async () => {
    const api = await startApi();
    api.answerWith((_request, response) => response.writeHead(403).end("no"));
    const provider = scriptedProvider();
    expect((await makeSend(provider)(api.origin)).status).toBe(403);
    expect(provider.reported).toEqual([]);
    expect((await makeSend(provider, { statuses: [401, 403] })(api.origin)).status).toBe(403);
    expect(provider.reported).toHaveLength(1);
    expect(api.seen).toHaveLength(3);
  });
});
