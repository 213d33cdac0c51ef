import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { Agent, Request as UndiciRequest, fetch as undiciFetch } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { authFetch, Credential } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const accepted = ["Bearer t1"];

describe("requests", () => {
  test("an Authorization header of the caller is replaced, others are left alone", async () => {
    const api = await startApi(accepted);
    await authFetch(scriptedProvider())(api.origin, { headers: { Authorization: "mine", Accept: "text/csv" } });
    expect(api.seen[0]?.headers).toMatchObject({ authorization: "Bearer t1", accept: "text/csv" });
  });

  test("a Request keeps its headers and the length of its body, on both attempts", async () => {
    const api = await startApi(accepted);
    const request = new Request(api.origin, { method: "PUT", body: "payload", headers: { "x-a": "b" } });
    const response = await authFetch(scriptedProvider(Credential.bearer("t0"), Credential.bearer("t1")))(request);
    expect(response.status).toBe(200);
    expect(api.seen).toHaveLength(2);
    for (const { method, headers, body } of api.seen) {
      expect({ method, body }).toEqual({ method: "PUT", body: "payload" });
      expect(headers).toMatchObject({ "content-length": "7", "x-a": "b", "content-type": "text/plain;charset=UTF-8" });
    }
    expect(request.bodyUsed).toBe(false);
  });

  test("init goes before a Request, as in fetch", async () => {
    const api = await startApi(accepted);
    const request = new Request(api.origin, { method: "POST", body: "old", headers: { "x-a": "old" } });
    await authFetch(scriptedProvider())(request, { method: "put", body: "new", headers: { "x-b": "new" } });
    expect(api.seen[0]).toMatchObject({ method: "PUT", body: "new", headers: { "x-b": "new" } });
    expect(api.seen[0]?.headers).not.toHaveProperty("x-a");
  });

  test.each(["/relative?a=1", "rows", ""])(
    "P2 %j without a base URL rejects, and says how to have one",
    async (url) => {
      for (const fetch of [undefined, undiciFetch as never]) {
        const error = await errorOf(() => authFetch(scriptedProvider(), { fetch })(url));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toBe(
          `fetch failed: ${url} is relative, and the credential has no base URL: give the whole URL, or configure ` +
            "base_url_path (of a flow, base_url_from)",
        );
      }
    },
  );

  test("P2 where origins are listed, it says so too", async () => {
    const fetch = authFetch(scriptedProvider(), { origins: ["https://api.example"] });
    expect((await errorOf(() => fetch("rows"))).message).toMatch(/authFetch's origins; .* configure base_url_path/);
  });

  test("what is no URL rejects, as fetch does", async () => {
    const error = await errorOf(() => authFetch(scriptedProvider())("http://h:99999/x"));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain("http://h:99999/x");
  });

  test("the fetch to send with may be given", async () => {
    const sent: unknown[] = [];
    const own = async (...given: unknown[]) => {
      sent.push(given[0]);
      return new Response("x");
    };
    expect(await (await authFetch(scriptedProvider(), { fetch: own as never })("https://api.example/a#b")).text()).toBe(
      "x",
    );
    expect(sent).toEqual(["https://api.example/a#b"]);
  });
});

describe("what the caller gave, as it gave it", () => {
  test("objects that it changes while a token is waited for are sent as they were", async () => {
    const api = await startApi(accepted);
    const fetch = authFetch(scriptedProvider());
    const headers = new Headers();
    const body = new URLSearchParams();
    await Promise.all(
      ["0", "1", "2"].map((n) => {
        headers.set("x-n", n);
        body.set("n", n);
        return fetch(api.origin, { method: "POST", headers, body });
      }),
    );
    const sent = api.seen.map((request) => `${request.headers["x-n"]} ${request.body}`).sort();
    expect(sent).toEqual(["0 n=0", "1 n=1", "2 n=2"]);
  });

  class Settings {
    readonly #method: string;
    constructor(method: string) {
      this.#method = method;
    }
    get method(): string {
      return this.#method;
    }
    get body(): string {
      return "payload";
    }
    get headers(): Record<string, string> {
      return { "x-a": "b" };
    }
  }

  test.each<[string, object]>([
    ["of a class", new Settings("DELETE")],
    ["that inherits", Object.create({ method: "DELETE", body: "payload", headers: { "x-a": "b" } })],
    ["of another realm", runInNewContext('({ method: "DELETE", body: "payload", headers: { "x-a": "b" } })')],
    [
      "without a prototype",
      Object.assign(Object.create(null), { method: "DELETE", body: "payload", headers: { "x-a": "b" } }),
    ],
  ])("an init %s is read as fetch reads it", async (_what, init) => {
    const api = await startApi(["Bearer t2"]);
    for (const input of [api.origin, new Request(api.origin)]) await authFetch(scriptedProvider())(input, init);
    const sent = { method: "DELETE", body: "payload", headers: expect.objectContaining({ "x-a": "b" }) };
    expect(api.seen).toMatchObject([sent, sent, sent, sent]);
  });

  test("a class's own signal and dispatcher are heeded", async () => {
    const api = await startApi(accepted);
    const reason = new Error("gone");
    const init = Object.create({ signal: AbortSignal.abort(reason) });
    expect(await errorOf(() => authFetch(scriptedProvider())(api.origin, init))).toBe(reason);
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    const dispatch = vi.spyOn(dispatcher, "dispatch");
    const fetch = authFetch(scriptedProvider(), { fetch: undiciFetch as never });
    await fetch(api.origin, Object.create({ dispatcher }));
    expect(dispatch).toHaveBeenCalledTimes(1);
  });

  test("a Request as init is read like one", async () => {
    const api = await startApi(accepted);
    const init = new Request("https://elsewhere.example", { method: "PUT", body: "payload", headers: { "x-a": "b" } });
    await authFetch(scriptedProvider())(api.origin, init as RequestInit);
    expect(api.seen[0]).toMatchObject({
      method: "PUT",
      body: "payload",
      headers: { "x-a": "b", authorization: "Bearer t1" },
    });
  });

  test("a Request's own dispatcher is used, with a body or without", async () => {
    const api = await startApi(accepted);
    let used = 0;
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      used += 1;
      return dispatch(options, handler);
    });
    const fetch = authFetch(scriptedProvider(), { fetch: undiciFetch as never });
    await fetch(new UndiciRequest(api.origin, { dispatcher }) as never);
    await fetch(new UndiciRequest(api.origin, { dispatcher, method: "POST", body: "x" }) as never);
    expect(used).toBe(2);
  });

  test("signal: null leaves a Request's signal behind", async () => {
    const api = await startApi(accepted);
    const request = new Request(api.origin, { signal: AbortSignal.abort() });
    await expect(authFetch(scriptedProvider())(request)).rejects.toThrow();
    expect((await authFetch(scriptedProvider())(request, { signal: null })).status).toBe(200);
  });
});

describe("the fetch that it sends with", () => {
  test("the global fetch may be replaced by what authFetch gives", async () => {
    const api = await startApi(accepted);
    const before = globalThis.fetch;
    onTestFinished(() => {
      globalThis.fetch = before;
    });
    globalThis.fetch = authFetch(scriptedProvider());
    expect((await fetch(api.origin)).status).toBe(200);
    expect(api.seen).toHaveLength(1);
  });

  /** A fetch for URLs of its own host, as a framework gives it. */
  function relativeFetch(origin: string, sent: unknown[] = []) {
    return (async (input: string, init: RequestInit) => {
      sent.push(input);
      return undiciFetch(new URL(input, origin), init as object);
    }) as unknown as typeof fetch;
  }

  test("a fetch that takes relative URLs gets them as they are, and redirects stay relative", async () => {
    const api = await startApi();
    api.answerWith(({ path }, response) => {
      if (path === "/a") return response.writeHead(302, { location: "b?c=d#e" }).end();
      return response.end("rows");
    });
    const sent: unknown[] = [];
    const fetch = authFetch(scriptedProvider(), { fetch: relativeFetch(api.origin, sent) });
    const response = await fetch("/a");
    expect([response.status, await response.text()]).toEqual([200, "rows"]);
    expect(sent).toEqual(["/a", "/b?c=d#e"]);
    expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t1"]);
  });

  test("W5 a redirect of a relative URL to a named origin leaves the credential behind", async () => {
    const [api, other] = [await startApi(), await startApi()];
    api.answerWith((_request, response) => response.writeHead(302, { location: other.origin }).end());
    await authFetch(scriptedProvider(), { fetch: relativeFetch(api.origin) })("/a");
    expect(other.authorizations()).toEqual([undefined]);
  });

  test("W5 a redirect of a relative URL to a path that looks like a host stays where it is", async () => {
    const [api, other] = [await startApi(), await startApi()];
    const path = `//${new URL(other.origin).host}/b`;
    api.answerWith((request, response) => {
      if (request.path === "/a") return response.writeHead(302, { location: `/.${path}` }).end();
      return response.end("rows");
    });
    const response = await authFetch(scriptedProvider(), { fetch: relativeFetch(api.origin) })("/a");
    expect(await response.text()).toBe("rows");
    expect([api.seen.at(-1)?.path, other.seen]).toEqual([path, []]);
  });

  test("W5 a relative URL cannot be compared with origins, and is not sent", async () => {
    const api = await startApi();
    const fetch = authFetch(scriptedProvider(), { fetch: relativeFetch(api.origin), origins: [api.origin] });
    await expect(fetch("/a")).rejects.toThrow(/cannot be compared with/);
    expect(api.seen).toEqual([]);
  });
});

describe("what a caller's request has beside URL, headers and body", () => {
  const sri = `sha256-${createHash("sha256").update("rows").digest("base64")}`;

  test("integrity is asked of the final answer only: not of a redirect, nor of a refusal that is tried again", async () => {
    const api = await startApi();
    api.answerWith(({ path, headers }, response) => {
      if (path === "/") return response.writeHead(302, { location: "/next" }).end("moved");
      const ok = headers.authorization === "Bearer t2";
      return response.writeHead(ok ? 200 : 401).end(ok ? "rows" : "refused");
    });
    const response = await authFetch(scriptedProvider())(api.origin, { integrity: sri });
    expect(await response.text()).toBe("rows");
    const request = new Request(api.origin, { integrity: sri });
    expect(await (await authFetch(scriptedProvider())(request)).text()).toBe("rows");
  });

  test.each(["rows, and more", ""])("an answer of %j does not match its integrity, and is an error", async (body) => {
    const api = await startApi();
    api.answerWith((_request, response) => response.end(body));
    await expect(authFetch(scriptedProvider())(api.origin, { integrity: sri })).rejects.toThrow(TypeError);
  });

  test("C9 a form in a Request holds nothing open, and is not cancelled: Node 24 would reject a promise of its own", async () => {
    const form = new FormData();
    form.append("a", "payload");
    const request = new Request("http://127.0.0.1:1", { method: "POST", body: form });
    const down = new Error("down");
    const provider = { ...scriptedProvider(), getToken: () => Promise.reject(down) };
    await expect(authFetch(provider)(request)).rejects.toBe(down);
    expect([...(await request.formData())]).toEqual([["a", "payload"]]);
  });

  test.each([
    ["a Node stream", () => new Readable({ read() {} }), (body: Readable) => body.destroyed],
    [
      "a web stream",
      () => {
        const seen = { cancelled: false };
        const cancel = () => {
          seen.cancelled = true;
        };
        return Object.assign(new ReadableStream({ cancel }), { seen });
      },
      (body: { seen: { cancelled: boolean } }) => body.seen.cancelled,
    ],
    [
      "an iterable",
      () => {
        const body = {
          returned: false,
          [Symbol.asyncIterator]: () => body,
          next: async () => ({}),
          return: async () => {
            body.returned = true;
          },
        };
        return body;
      },
      (body: { returned: boolean }) => body.returned,
    ],
  ])("%s is let go of when the request is not sent", async (_kind, make, isGone) => {
    const leaving = new AbortController();
    const provider = {
      ...scriptedProvider(),
      getToken: ({ signal }: { signal?: AbortSignal } = {}) =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
          leaving.abort(new Error("enough"));
        }),
    };
    const body = make();
    const init = { method: "POST", body, duplex: "half", signal: leaving.signal } as never;
    expect((await errorOf(() => authFetch(provider)("http://127.0.0.1:9", init))).message).toBe("enough");
    expect(isGone(body as never)).toBe(true);
  });
});

describe("W4 what nobody will read", () => {
  test("W4 a refused answer without an end is let go of", async () => {
    const api = await startApi();
    let closed = 0;
    api.answerWith(({ headers }, response) => {
      if (headers.authorization === "Bearer t2") return response.end("rows");
      response.on("close", () => {
        closed += 1;
      });
      return response.writeHead(401).write("x".repeat(100_000));
    });
    expect(await (await authFetch(scriptedProvider())(api.origin)).text()).toBe("rows");
    expect(closed).toBe(1);
  });

  test("W4 a redirect's body without an end is let go of", async () => {
    const api = await startApi();
    let closed = 0;
    api.answerWith(({ path }, response) => {
      if (path === "/next") return response.end("rows");
      response.on("close", () => {
        closed += 1;
      });
      return response.writeHead(302, { location: "/next" }).write("x".repeat(100_000));
    });
    expect(await (await authFetch(scriptedProvider())(api.origin)).text()).toBe("rows");
    await vi.waitFor(() => expect(closed).toBe(1));
  });
});

describe("W5 origins", () => {
  test("W5 elsewhere than the origins meant, requests pass without it and 401 is the API's affair", async () => {
    const [meant, other] = [await startApi(accepted), await startApi()];
    const provider = scriptedProvider();
    const fetch = authFetch(provider, { origins: [meant.origin] });
    expect((await fetch(meant.origin)).status).toBe(200);
    expect((await fetch(other.origin)).status).toBe(401);
    expect(other.authorizations()).toEqual([undefined]);
    expect(provider.reported).toEqual([]);
  });

  test.each([["api.example"], ["https://api.example/path"], ["null"], ["data:text/plain,x"], [5]])(
    "W5 %j is no origin",
    async (origin) => {
      const error = await errorOf(() =>
        authFetch(scriptedProvider(), { origins: ["https://fine.example", origin as string] }),
      );
      expect(error).toMatchObject({ code: "config", issues: [{ path: "origins[1]" }] });
    },
  );

  test("W5 a caller's own secrets do not follow to another origin either", async () => {
    const [api, other] = [await startApi(), await startApi()];
    api.answerWith((_request, response) => response.writeHead(302, { location: other.origin }).end());
    const headers = { cookie: "session=1", "x-kept": "yes" };
    const response = await authFetch(scriptedProvider())(api.origin, { headers });
    expect(other.seen[0]?.headers).not.toHaveProperty("cookie");
    expect(other.seen[0]?.headers).not.toHaveProperty("authorization");
    expect(other.seen[0]?.headers).toHaveProperty("x-kept");
    expect(response).toMatchObject({ redirected: true, url: `${other.origin}/` });
  });

  test("W5 a redirect between two origins that are both listed keeps it, one to a third does not", async () => {
    const [api, listed, other] = [await startApi(), await startApi(), await startApi()];
    api.answerWith((_request, response) => response.writeHead(302, { location: listed.origin }).end());
    listed.answerWith((_request, response) => response.writeHead(302, { location: other.origin }).end());
    await authFetch(scriptedProvider(), { origins: [api.origin, listed.origin] })(api.origin);
    expect(listed.authorizations()).toEqual(["Bearer t1"]);
    expect(other.authorizations()).toEqual([undefined]);
  });

  test("W5 a redirect away and back does not bring it back", async () => {
    const [api, other] = [await startApi(), await startApi()];
    api.answerWith(({ path }, response) =>
      path === "/" ? response.writeHead(302, { location: other.origin }).end() : response.end(),
    );
    other.answerWith((_request, response) => response.writeHead(302, { location: `${api.origin}/back` }).end());
    await authFetch(scriptedProvider())(api.origin);
    expect(api.authorizations()).toEqual(["Bearer t1", undefined]);
  });
});

describe("redirects, as fetch follows them", () => {
  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [301, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [303, "HEAD", "HEAD"],
  ])("%i after %s becomes %s", async (status, method, becomes) => {
    const api = await startApi();
    api.answerWith(({ path }, response) => {
      if (path === "/") response.writeHead(status, { location: "/next" });
      response.end();
    });
    const body = method === "HEAD" ? {} : { body: "payload" };
    await authFetch(scriptedProvider())(api.origin, { method, ...body });
    expect(api.seen[1]).toMatchObject({
      method: becomes,
      path: "/next",
      body: becomes === "POST" || becomes === "PUT" ? "payload" : "",
    });
    if (becomes === "GET") expect(api.seen[1]?.headers).not.toHaveProperty("content-type");
    expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t1"]);
  });

  test("a 401 after a redirect is handled like any other", async () => {
    const api = await startApi();
    api.answerWith(({ path, headers }, response) => {
      if (path === "/") response.writeHead(307, { location: "/next" });
      else if (headers.authorization !== "Bearer t2") response.writeHead(401);
      response.end("end");
    });
    const request = new Request(api.origin, { method: "POST", body: "payload" });
    expect((await authFetch(scriptedProvider())(request)).status).toBe(200);
    expect(api.seen.map(({ body }) => body)).toEqual(["payload", "payload", "payload"]);
  });

  test("redirect: manual and redirect: error are the caller's choice", async () => {
    const api = await startApi();
    api.answerWith((_request, response) => response.writeHead(302, { location: "/next" }).end());
    const fetch = authFetch(scriptedProvider());
    expect((await fetch(api.origin, { redirect: "manual" })).status).toBe(302);
    await expect(fetch(api.origin, { redirect: "error" })).rejects.toThrow(TypeError);
    expect(api.seen).toHaveLength(2);
  });

  test("a Location is UTF-8, and none with a password is followed or quoted", async () => {
    const api = await startApi();
    api.answerWith(({ path }, response) => {
      if (path === "/") response.writeHead(302, { location: Buffer.from("/é").toString("latin1") });
      if (path === "/secret") response.writeHead(302, { location: api.origin.replace("//", "//u:s3cr3t@") });
      response.end();
    });
    await authFetch(scriptedProvider())(api.origin);
    expect(api.seen[1]?.path).toBe("/%C3%A9");
    const error = await errorOf(() => authFetch(scriptedProvider())(`${api.origin}/secret`));
    expect(error.message).toContain("a user name or password");
    expect(error.message).not.toContain("s3cr3t");
  });

  test("twenty redirects, and no more; none to what is no HTTP URL", async () => {
    const api = await startApi();
    api.answerWith((_request, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(authFetch(scriptedProvider())(api.origin)).rejects.toThrow(/redirected too often/);
    expect(api.seen).toHaveLength(21);
    api.answerWith((_request, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end());
    await expect(authFetch(scriptedProvider())(api.origin)).rejects.toThrow(/no HTTP URL/);
    api.answerWith((_request, response) => response.writeHead(302, { location: "http://[" }).end());
    await expect(authFetch(scriptedProvider())(api.origin)).rejects.toThrow(/no URL/);
    api.answerWith((_request, response) => response.writeHead(302).end("here"));
    expect(await (await authFetch(scriptedProvider())(api.origin)).text()).toBe("here");
  });
});
