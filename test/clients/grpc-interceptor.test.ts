/** `grpcInterceptor` in a client of grpc-js, against its own server (C3, W1 to W3 for gRPC). */

import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  InterceptingCall,
  type Interceptor,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { grpcInterceptor } from "../../src/adapters/index.js";
import { type AuthProvider, Credential, StaticProvider, TokenCache, TransportError } from "../../src/index.js";
import { over } from "../support/cache-provider.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/Orders/${name}`,
  requestStream,
  responseStream,
  requestSerialize: (text: string) => Buffer.from(text),
  requestDeserialize: String,
  responseSerialize: (text: string) => Buffer.from(text),
  responseDeserialize: String,
});

const service: ServiceDefinition = {
  list: method("List", false, false),
  watch: method("Watch", false, true),
  put: method("Put", true, false),
};

/** That, with a method that the server has not. */
const methods: ServiceDefinition = { ...service, nothing: method("Nothing", false, false) };

type Unary = (
  request: string,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, answer: string) => void,
) => ClientUnaryCall;

interface Orders {
  list: Unary;
  watch(request: string): ClientReadableStream<string>;
  put(callback: (error: ServiceError | null, answer: string) => void): ClientWritableStream<string>;
  nothing(request: string, callback: (error: ServiceError | null) => void): void;
  close(): void;
}

/** The values of `authorization` that came, and the requests. */
let seen: { readonly authorization: string; readonly request: string }[];
/** Tokens that are taken. */
let accepted: Set<string>;

beforeEach(() => {
  seen = [];
  accepted = new Set();
});

const refusal = { code: status.UNAUTHENTICATED, details: "no such token" };

function isAccepted(metadata: Metadata, request: string): boolean {
  const authorization = metadata.get("authorization").join(" and ");
  seen.push({ authorization, request });
  return accepted.has(authorization.slice("Bearer ".length));
}

/** A client of a server that takes the accepted tokens. */
async function start(provider: AuthProvider, before: Interceptor[] = []): Promise<Orders> {
  const server = new Server();
  server.addService(service, {
    list({ metadata, request }: ServerUnaryCall<string, string>, callback: sendUnaryData<string>) {
      if (isAccepted(metadata, request)) callback(null, `rows of ${request}`);
      else callback(refusal as ServiceError);
    },
    watch(
      call: { metadata: Metadata; request: string } & NodeJS.EventEmitter & { write(row: string): void; end(): void },
    ) {
      if (!isAccepted(call.metadata, call.request)) return call.emit("error", refusal);
      for (const row of ["a", "b"]) call.write(row);
      call.end();
    },
    put(call: { metadata: Metadata } & AsyncIterable<string>, callback: sendUnaryData<string>) {
      void (async () => {
        const rows: string[] = [];
        for await (const row of call) rows.push(row);
        if (isAccepted(call.metadata, rows.join())) callback(null, rows.join());
        else callback(refusal as ServiceError);
      })();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  onTestFinished(() => server.forceShutdown());
  const Client = makeGenericClientConstructor(methods, "Orders");
  const interceptors = [...before, grpcInterceptor(provider)];
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { interceptors }) as never as Orders;
  onTestFinished(() => client.close());
  return client;
}

function list(client: Orders, options: Partial<CallOptions> = {}, metadata = new Metadata()): Promise<string> {
  return new Promise((resolve, reject) => {
    client.list("all", metadata, options, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

test("C1 W1 a refused call is reported, and made once more with the next token", async () => {
  const { provider, issued } = await liveProvider();
  accepted.add("token-2");
  const client = await start(provider);
  expect(await list(client)).toBe("rows of all");
  expect(seen).toEqual(["token-1", "token-2"].map((token) => ({ authorization: `Bearer ${token}`, request: "all" })));
  expect(issued()).toBe(2);
});

test("W2 a hundred calls that are refused at once cause one request, and are all made again", async () => {
  const { provider, issued } = await liveProvider();
  accepted.add("token-2");
  const client = await start(provider);
  const answers = await Promise.all(Array.from({ length: 100 }, () => list(client)));
  expect(new Set(answers)).toEqual(new Set(["rows of all"]));
  expect(issued()).toBe(2);
});

test("W1 the second refusal is final, and not reported", async () => {
  const { provider, issued } = await liveProvider();
  const client = await start(provider);
  expect(await errorOf(() => list(client))).toMatchObject(refusal);
  expect([seen.length, issued()]).toEqual([2, 2]);
});

test("C3 where there is nothing else to try, the refusal is the answer", async () => {
  const client = await start(new StaticProvider({ token: "t0ken" }));
  expect(await errorOf(() => list(client))).toMatchObject(refusal);
  expect(seen).toHaveLength(1);
});

test("the caller's metadata goes with both calls, and is left as it is; its authorization is replaced", async () => {
  const { provider } = await liveProvider();
  accepted.add("token-2");
  const metadata = new Metadata();
  metadata.set("authorization", "Basic old");
  metadata.set("x-tenant", "acme");
  await list(await start(provider), {}, metadata);
  expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  expect(metadata.getMap()).toEqual({ authorization: "Basic old", "x-tenant": "acme" });
});

test("another status is passed on, and nothing is reported", async () => {
  const { provider, issued } = await liveProvider();
  const client = await start(provider);
  const unknown = new Promise((_, reject) => client.nothing("x", reject));
  expect(await errorOf(() => unknown)).toMatchObject({ code: status.UNIMPLEMENTED });
  expect(issued()).toBe(1);
});

test("W3 a stream from the server is reported, and ends; the next has the next token", async () => {
  const { provider, issued } = await liveProvider();
  accepted.add("token-2");
  const client = await start(provider);
  const rows = async () => {
    const all: string[] = [];
    for await (const row of client.watch("all")) all.push(row as string);
    return all;
  };
  expect(await errorOf(rows)).toMatchObject(refusal);
  expect(await rows()).toEqual(["a", "b"]);
  expect(issued()).toBe(2);
});

test("W3 a stream from the client waits for its token, loses nothing, and is reported where it is refused", async () => {
  const { provider, issued } = await liveProvider();
  const client = await start(provider);
  const put = () =>
    new Promise<string>((resolve, reject) => {
      const call = client.put((error, answer) => (error ? reject(error) : resolve(answer)));
      for (const row of ["a", "b", "c"]) call.write(row);
      call.end();
    });
  expect(await errorOf(put)).toMatchObject(refusal);
  accepted.add("token-2");
  expect(await put()).toBe("a,b,c");
  expect(seen.map(({ request }) => request)).toEqual(["a,b,c", "a,b,c"]);
  expect(issued()).toBe(2);
});

test.each([
  [new TransportError("the IdP is down", { retryable: true }), status.UNAVAILABLE],
  [new Error("no"), status.UNAUTHENTICATED],
  [undefined, status.UNAUTHENTICATED],
])("F1 where there is no token, the call fails with %s as its cause", async (failure, code) => {
  const client = await start({ ...scriptedProvider(), getToken: () => Promise.reject(failure) } as AuthProvider);
  const error = await errorOf(() => list(client));
  expect(error).toMatchObject({ code, cause: failure });
  expect(error.metadata).toBeInstanceOf(Metadata);
  expect(seen).toHaveLength(0);
});

test("F1 where no other token is to be had, the call fails with the provider's error", async () => {
  const failure = new Error("the grant has ended");
  const provider = { ...scriptedProvider(), invalidate: () => Promise.reject(failure) } as AuthProvider;
  const error = await errorOf(async () => list(await start(provider)));
  expect(error).toMatchObject({ code: status.UNAUTHENTICATED, cause: failure });
});

test("S1 a credential that is no header fails the call, and says why", async () => {
  const provider = over(new TokenCache(async () => ({ credential: Credential.query("key", "s3cr3t") })));
  const error = await errorOf(async () => list(await start(provider)));
  expect(error.message).toMatch(/of type "query" is no header/);
  expect(error.message).not.toContain("s3cr3t");
});

test.each([
  ["characters beyond ASCII", Credential.bearer("s3cr3t-pässword"), /header authorization .* not printable ASCII/],
  ["a tab", Credential.bearer("s3cr3t\tpassword"), /not printable ASCII/],
  ["a name of bytes", Credential.header("Key-Bin", "s3cr3t"), /header Key-Bin .* ends in -bin/],
  ["a name beyond gRPC's", Credential.header("key!", "s3cr3t"), /header key! .* its name/],
])("S1 a credential with %s is no metadata, and no error shows it", async (_what, credential, message) => {
  const error = await errorOf(async () => list(await start(scriptedProvider(credential))));
  expect(error).toMatchObject({ code: status.UNAUTHENTICATED, details: expect.stringMatching(message) });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
  expect(seen).toEqual([]);
});

test.each([undefined, null, "t0ken", {}])("F1 what is no credential, as %j, ends the call", async (credential) => {
  const getToken = async () => credential;
  const error = await errorOf(async () => list(await start({ ...scriptedProvider(), getToken } as never)));
  expect(error).toMatchObject({
    code: status.UNAUTHENTICATED,
    details: "a credential of type undefined is not known",
  });
});

test("F1 a provider that throws at once ends the call", async () => {
  const getToken = () => {
    throw new Error("no");
  };
  const error = await errorOf(async () => list(await start({ ...scriptedProvider(), getToken } as never)));
  expect(error).toMatchObject({ code: status.UNAUTHENTICATED, details: "no" });
});

test("C8 a call that is cancelled while it waits for a token ends at once", async () => {
  const provider = { ...scriptedProvider(), getToken: () => new Promise(() => {}) } as AuthProvider;
  const client = await start(provider);
  const error = await errorOf(
    () =>
      new Promise((_, reject) => {
        client.list("all", new Metadata(), {}, (failure) => reject(failure)).cancel();
      }),
  );
  expect(error.code).toBe(status.CANCELLED);
});

test("C8 a call whose deadline passes while it waits for a token ends then", async () => {
  let isAborted = false;
  const getToken: AuthProvider["getToken"] = (options) =>
    new Promise((_, reject) => {
      options?.signal?.addEventListener("abort", () => {
        isAborted = true;
        reject(options.signal?.reason);
      });
    });
  const client = await start({ ...scriptedProvider(), getToken } as AuthProvider);
  const error = await errorOf(() => list(client, { deadline: Date.now() + 20 }));
  expect([error.code, isAborted]).toEqual([status.DEADLINE_EXCEEDED, true]);
});

test("works beside another interceptor, which sees one call", async () => {
  const { provider } = await liveProvider();
  accepted.add("token-2");
  let calls = 0;
  const counting: Interceptor = (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, listener, go) {
        calls += 1;
        go(metadata, listener);
      },
    });
  expect(await list(await start(provider, [counting]))).toBe("rows of all");
  expect(calls).toBe(1);
});

test("C9 what a caller's callback throws is not lost", async () => {
  const { provider } = await liveProvider();
  const client = await start(provider);
  const thrown = new Promise<Error>((resolve) => {
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      for (const listener of listeners) process.on("uncaughtException", listener);
      resolve(error);
    });
  });
  client.list("all", new Metadata(), {}, () => {
    throw new Error("of the caller");
  });
  expect((await thrown).message).toBe("of the caller");
  await delay(0);
});
