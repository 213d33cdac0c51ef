/** Temporal's client against a gRPC server on loopback that plays one of its calls: the key is asked for without waiting. */

import { type Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import { Connection } from "@temporalio/client";
import { expect, onTestFinished, test } from "vitest";
import { currentToken } from "../../src/adapters/index.js";
import { loopbackCertificate } from "../support/certificates.js";
import { liveProvider } from "../support/live-provider.js";

test("each call has the key that is current then", async () => {
  const seen: string[] = [];
  const server = new Server();
  const asIs = (bytes: Buffer): Buffer => bytes;
  const call = {
    path: "/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo",
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { call },
    {
      call({ metadata }: { metadata: Metadata }, answer: (error: null, bytes: Buffer) => void) {
        seen.push(String(metadata.get("authorization")));
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const { key, cert } = loopbackCertificate;
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, at: number): void => (error ? reject(error) : resolve(at));
    server.bindAsync("127.0.0.1:0", ServerCredentials.createSsl(null, [pair]), bound);
  });
  onTestFinished(() => server.forceShutdown());

  const { provider, rotate } = await liveProvider();
  const apiKey = await currentToken(provider);
  onTestFinished(() => apiKey[Symbol.dispose]());
  const connection = Connection.lazy({
    address: `127.0.0.1:${port}`,
    apiKey,
    tls: { serverRootCACertificate: Buffer.from(cert), serverNameOverride: "localhost" },
  });
  onTestFinished(() => connection.close());
  await connection.workflowService.getSystemInfo({});
  await rotate();
  await connection.workflowService.getSystemInfo({});
  expect(seen.slice(-1)).toEqual(["Bearer token-2"]);
  expect(new Set(seen.slice(0, -1))).toEqual(new Set(["Bearer token-1"]));
});
