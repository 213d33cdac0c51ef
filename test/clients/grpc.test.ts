/** grpc-js against its own server, over TLS: call credentials are sent on no other channel. */

import { inspect } from "node:util";
import {
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { grpcCredentials } from "../../src/adapters/index.js";
import { StaticProvider } from "../../src/index.js";
import { loopbackCertificate } from "../support/certificates.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";

const asText = { serialize: (text: string) => Buffer.from(text), deserialize: String };

const service: ServiceDefinition = {
  list: {
    path: "/Orders/List",
    requestStream: false,
    responseStream: false,
    requestSerialize: asText.serialize,
    requestDeserialize: asText.deserialize,
    responseSerialize: asText.serialize,
    responseDeserialize: asText.deserialize,
  },
};

/** A server of one method, which answers by the metadata of the call. Gives a client of it. */
async function start(provider: Parameters<typeof grpcCredentials>[0], key = "authorization") {
  const server = new Server();
  server.addService(service, {
    list(call: { metadata: { get(key: string): unknown[] } }, callback: (error: null, answer: string) => void) {
      callback(null, String(call.metadata.get(key)));
    },
  });
  const { key: private_key, cert: cert_chain } = loopbackCertificate;
  const pair = { private_key: Buffer.from(private_key), cert_chain: Buffer.from(cert_chain) };
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  onTestFinished(() => server.forceShutdown());
  const Orders = makeGenericClientConstructor(service, "Orders");
  const perCall = credentials.createFromGoogleCredential(grpcCredentials(provider));
  const channel = credentials.combineChannelCredentials(credentials.createSsl(Buffer.from(cert_chain)), perCall);
  const client = new Orders(`127.0.0.1:${port}`, channel, { "grpc.ssl_target_name_override": "localhost" });
  onTestFinished(() => client.close());
  return () =>
    new Promise<string>((resolve, reject) => {
      (
        client as never as {
          list(request: string, callback: (error: ServiceError | null, answer: string) => void): void;
        }
      ).list("all", (error, answer) => (error ? reject(error) : resolve(answer)));
    });
}

test("C1 each call carries the token that is current then", async () => {
  const { provider, rotate, issued } = await liveProvider();
  const list = await start(provider);
  const all = await Promise.all(Array.from({ length: 50 }, list));
  expect(new Set(all)).toEqual(new Set(["Bearer token-1"]));
  await rotate();
  expect([await list(), issued()]).toEqual(["Bearer token-2", 2]);
});

test("a header is metadata by its own name", async () => {
  const list = await start(new StaticProvider({ header: "X-Api-Key", value: "k3y" }), "x-api-key");
  expect(await list()).toBe("k3y");
});

test("S1 a credential beyond ASCII is no metadata, and no error shows it", async () => {
  const list = await start(new StaticProvider({ token: "s3cr3t-pässword" }));
  const error = await errorOf(list);
  expect(error.message).toMatch(/header authorization of the credential is no metadata of gRPC/);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
});

test("an error of the provider is that of the call", async () => {
  const { provider } = await liveProvider();
  const list = await start(provider);
  await provider.close();
  const error = await errorOf(list);
  expect(error.code).toBe(status.UNKNOWN);
  expect(error.message).toMatch(/closed/);
});
