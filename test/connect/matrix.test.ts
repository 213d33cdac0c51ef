/** Every way to send × every kind of body × everything that can come of it (W1, W3, W4, W5). */

import { Readable } from "node:stream";
import { Agent, FormData as UndiciFormData, fetch as undiciFetch } from "undici";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type AuthProvider, authFetch, authInterceptor, Credential } from "../../src/index.js";
import { type Api, startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

interface Sent {
  readonly status: number;
  text(): Promise<string>;
}

interface Request {
  readonly url: string;
  readonly body: unknown;
  readonly signal?: AbortSignal;
}

/** Sends a POST, or a GET if there is no body, and follows redirects if it can. */
type Send = (request: Request) => Promise<Sent>;

type MakeSend = (provider: AuthProvider, origin: string) => Send;

const duplex = { duplex: "half" } as object;

function init({ body, signal }: Request): RequestInit {
  return {
    method: body === undefined ? "GET" : "POST",
    ...duplex,
    ...(body !== undefined && { body: body as string }),
    ...(signal && { signal }),
  };
}

function agentWith(provider: AuthProvider, origin: string) {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent.compose(authInterceptor(provider, { origins: [origin] }));
}

const ways: Record<string, MakeSend> = {
  "authFetch on the global fetch": (provider) => {
    const fetch = authFetch(provider);
    return (request) => fetch(request.url, init(request));
  },
  "authFetch on undici's fetch": (provider) => {
    const fetch = authFetch(provider, { fetch: undiciFetch as never });
    return (request) => fetch(request.url, init(request));
  },
  "authFetch given a Request": (provider) => {
    const fetch = authFetch(provider);
    return (request) => fetch(new globalThis.Request(request.url, init(request)));
  },
  "interceptor with request": (provider, origin) => {
    const dispatcher = agentWith(provider, origin);
    return async ({ url, body, signal }) => {
      const { origin: to, pathname, search } = new URL(url);
      const answer = await dispatcher.request({
        origin: to,
        path: pathname + search,
        method: body === undefined ? "GET" : "POST",
        body: (body ?? null) as string,
        ...(signal && { signal }),
      });
      return { status: answer.statusCode, text: () => answer.body.text() };
    };
  },
  "interceptor with fetch": (provider, origin) => {
    const dispatcher = agentWith(provider, origin);
    return (request) => undiciFetch(request.url, { ...(init(request) as object), dispatcher });
  },
};

const bytes = () => new TextEncoder().encode("payload");

interface Body {
  make(): unknown;
  /** What the API must have got. */
  readonly arrives: RegExp;
  /** The ways on which it is used up by being sent. */
  readonly oneShot?: readonly string[];
  /** The ways that do not take it. */
  readonly not?: readonly string[];
}

const fetches = ["authFetch on the global fetch", "authFetch on undici's fetch"];
const anyStream = [...fetches, "interceptor with request", "interceptor with fetch"];

const bodies: Record<string, Body> = {
  nothing: { make: () => undefined, arrives: /^$/ },
  "a string": { make: () => "payload", arrives: /^payload$/ },
  "a Buffer": { make: () => Buffer.from("payload"), arrives: /^payload$/ },
  "a Uint8Array": { make: bytes, arrives: /^payload$/ },
  "an ArrayBuffer": { make: () => bytes().buffer, arrives: /^payload$/, not: ["interceptor with request"] },
  URLSearchParams: {
    make: () => new URLSearchParams({ a: "payload" }),
    arrives: /^a=payload$/,
    not: ["interceptor with request"],
  },
  "a Blob": { make: () => new Blob(["payload"]), arrives: /^payload$/ },
  FormData: {
    make() {
      const form = new UndiciFormData();
      form.append("a", "payload");
      return form;
    },
    arrives: /name="a"\r\n\r\npayload\r\n/,
    not: ["authFetch on the global fetch", "authFetch given a Request"],
  },
  "the global FormData": {
    make() {
      const form = new FormData();
      form.append("a", "payload");
      return form;
    },
    arrives: /name="a"\r\n\r\npayload\r\n/,
    not: ["authFetch on undici's fetch", "interceptor with request", "interceptor with fetch"],
  },
  "a web stream": {
    make: () => new Blob(["payload"]).stream(),
    arrives: /^payload$/,
    oneShot: anyStream,
    not: ["interceptor with request"],
  },
  "an async iterable": {
    async *make() {
      yield Buffer.from("payload");
    },
    arrives: /^payload$/,
    oneShot: anyStream,
  },
  "a Node stream": { make: () => Readable.from([Buffer.from("payload")]), arrives: /^payload$/, oneShot: anyStream },
};

describe.each(Object.entries(ways))("%s", (way, makeSend) => {
  describe.each(Object.entries(bodies).filter(([, { not }]) => !not?.includes(way)))(
    "%s",
    (name, { make, arrives, oneShot }) => {
      const replayed = !oneShot?.includes(way);
      let api: Api;

      beforeEach(async () => {
        api = await startApi(["Bearer t1"]);
      });

      const expectArrived = (times: number) => {
        expect(api.seen).toHaveLength(times);
        for (const { body } of api.seen) expect(body).toMatch(arrives);
      };

      test("W1 200", async () => {
        const provider = scriptedProvider();
        const response = await makeSend(provider, api.origin)({ url: `${api.origin}/a?b=c`, body: make() });
        expect([response.status, await response.text()]).toEqual([200, "rows"]);
        expect(api.authorizations()).toEqual(["Bearer t1"]);
        expect(provider.reported).toEqual([]);
        expectArrived(1);
      });

      test(`W1 W3 401, then 200: ${replayed ? "sent again" : "the 401 at once, and reported"}`, async () => {
        const [first, second] = [Credential.bearer("t0"), Credential.bearer("t1")];
        const provider = scriptedProvider(first, second);
        const response = await makeSend(provider, api.origin)({ url: api.origin, body: make() });
        expect([response.status, await response.text()]).toEqual(replayed ? [200, "rows"] : [401, "refused"]);
        expect(api.authorizations()).toEqual(replayed ? ["Bearer t0", "Bearer t1"] : ["Bearer t0"]);
        expect(provider.reported).toEqual([first]);
        expect(provider.reported[0]).toBe(first);
        expectArrived(replayed ? 2 : 1);
      });

      test("W1 401 twice: the second is final, and not reported", async () => {
        const provider = scriptedProvider(Credential.bearer("t0"), Credential.bearer("t00"));
        const response = await makeSend(provider, api.origin)({ url: api.origin, body: make() });
        expect([response.status, await response.text()]).toEqual([401, "refused"]);
        expect(provider.reported).toEqual([Credential.bearer("t0")]);
        expectArrived(replayed ? 2 : 1);
      });

      test("W1 the same credential again is not tried again", async () => {
        const provider = scriptedProvider(Credential.bearer("t0"), Credential.bearer("t0"));
        const response = await makeSend(provider, api.origin)({ url: api.origin, body: make() });
        expect([response.status, await response.text()]).toEqual([401, "refused"]);
        expectArrived(1);
      });

      test("W1 the provider's error comes through as it is", async () => {
        const down = new Error("the IdP is down");
        const refusing = makeSend(scriptedProvider(Credential.bearer("t0"), down), api.origin);
        const outcome = await refusing({ url: api.origin, body: make() }).catch((error: Error) => error);
        if (replayed) expect(rootOf(outcome as Error)).toBe(down);
        else expect((outcome as Sent).status).toBe(401);
        const failing = { ...scriptedProvider(), getToken: () => Promise.reject(down) };
        const error = await errorOf(() => makeSend(failing, api.origin)({ url: api.origin, body: make() }));
        expect(rootOf(error)).toBe(down);
        expect(api.seen).toHaveLength(1);
      });

      if (!way.startsWith("interceptor")) {
        test("W5 a redirect within the origin keeps the credential", async () => {
          redirectFirst(api, `${api.origin}/elsewhere`);
          const outcome = await makeSend(
            scriptedProvider(),
            api.origin,
          )({ url: api.origin, body: make() }).catch((error: Error) => error);
          if (!replayed) return expect(outcome).toBeInstanceOf(TypeError);
          expect((outcome as Sent).status).toBe(200);
          expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t1"]);
          expectArrived(2);
        });

        test("W5 a redirect to another origin leaves it behind", async () => {
          const other = await startApi();
          redirectFirst(api, `${other.origin}/elsewhere`);
          const provider = scriptedProvider(Credential.header("X-Api-Key", "k"));
          const outcome = await makeSend(
            provider,
            api.origin,
          )({ url: api.origin, body: make() }).catch((error: Error) => error);
          expect(api.seen[0]?.headers["x-api-key"]).toBe("k");
          if (!replayed) return expect(outcome).toBeInstanceOf(TypeError);
          expect((outcome as Sent).status).toBe(401);
          expect(other.seen).toHaveLength(1);
          expect(other.seen[0]?.headers).not.toHaveProperty("x-api-key");
          expect(other.seen[0]?.body).toMatch(arrives);
          expect(provider.reported).toEqual([]);
        });
      }

      // One body that can be sent again and one that cannot say enough about aborts.
      if (!["a string", "a Node stream"].includes(name)) return;
      const reason = new Error("enough");

      test("C8 an abort before starts nothing", async () => {
        const signal = AbortSignal.abort(reason);
        const provider = scriptedProvider();
        const pending = {
          ...provider,
          getToken: (options?: { signal?: AbortSignal }) => rejectOnAbort(options?.signal),
        };
        expect(
          rootOf(await errorOf(() => makeSend(pending, api.origin)({ url: api.origin, body: make(), signal }))),
        ).toBe(reason);
        expect(api.seen).toHaveLength(0);
      });

      test("C8 an abort while waiting for the token", async () => {
        const leaving = new AbortController();
        const provider = {
          ...scriptedProvider(),
          getToken(options?: { signal?: AbortSignal }) {
            queueMicrotask(() => leaving.abort(reason));
            return rejectOnAbort(options?.signal);
          },
        };
        expect(
          rootOf(
            await errorOf(() =>
              makeSend(provider, api.origin)({ url: api.origin, body: make(), signal: leaving.signal }),
            ),
          ),
        ).toBe(reason);
        expect(api.seen).toHaveLength(0);
      });

      test("C8 an abort during the request", async () => {
        const leaving = new AbortController();
        api.answerWith(() => leaving.abort(reason));
        const error = await errorOf(() =>
          makeSend(scriptedProvider(), api.origin)({ url: api.origin, body: make(), signal: leaving.signal }),
        );
        expect(rootOf(error)).toBe(reason);
        expect(api.seen).toHaveLength(1);
      });

      test.runIf(replayed)("C8 an abort during the retry", async () => {
        const leaving = new AbortController();
        api.answerWith((_request, response) => {
          if (api.seen.length === 2) leaving.abort(reason);
          else response.writeHead(401).end("refused");
        });
        const error = await errorOf(() =>
          makeSend(scriptedProvider(), api.origin)({ url: api.origin, body: make(), signal: leaving.signal }),
        );
        expect(rootOf(error)).toBe(reason);
        expect(api.seen).toHaveLength(2);
      });
    },
  );
});

/** Of undici's fetch, a TypeError has the reason as its cause. */
function rootOf(error: Error): unknown {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

function redirectFirst(api: Api, location: string): void {
  api.answerWith((_request, response) => {
    if (api.seen.length === 1) response.writeHead(307, { location }).end("moved");
    else response.end("rows");
  });
}

function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
