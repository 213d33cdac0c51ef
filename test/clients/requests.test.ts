/**
 * Clients that speak HTTP, and take neither a fetch nor a dispatcher or have a hook that is simpler: each sends the token that
 * is current when it sends. The API is on loopback.
 */

import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { SetContextLink } from "@apollo/client/link/context";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { createClient as createClickHouse } from "@clickhouse/client";
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Client as Elasticsearch } from "@elastic/elasticsearch";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import got from "got";
import { GraphQLClient } from "graphql-request";
import { describe, expect, onTestFinished, test } from "vitest";
import { headersFunction } from "../../src/adapters/index.js";
import { type AuthProvider, accessToken, authFetch, credentialHeaders } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { liveProvider } from "../support/live-provider.js";

/** Makes the client, and gives what sends one request. */
type Connect = (origin: string, provider: AuthProvider) => () => Promise<unknown>;

const clients: Record<string, Connect> = {
  "@opentelemetry/exporter-trace-otlp-http": (origin, provider) => {
    const exporter = new OTLPTraceExporter({ url: `${origin}/v1/traces`, headers: headersFunction(provider) });
    onTestFinished(() => exporter.shutdown());
    return () => new Promise<unknown>((resolve) => exporter.export([], resolve));
  },
  "@trpc/client": (origin, provider) => {
    const client = createTRPCUntypedClient({ links: [httpLink({ url: origin, headers: headersFunction(provider) })] });
    return () => client.query("orders");
  },
  "graphql-request": (origin, provider) => {
    const headers = headersFunction(provider);
    const client = new GraphQLClient(origin, {
      requestMiddleware: async (request) => ({
        ...request,
        headers: { ...(request.headers as Record<string, string>), ...(await headers()) },
      }),
    });
    return () => client.request("{ orders }");
  },
  "@apollo/client": (origin, provider) => {
    const headers = headersFunction(provider);
    const authorize = new SetContextLink(async (context) => ({
      headers: { ...context.headers, ...(await headers()) },
    }));
    const link = authorize.concat(new HttpLink({ uri: origin }));
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    return () => client.query({ query: gql("{ orders }"), fetchPolicy: "no-cache" });
  },
  "@connectrpc/connect-node": (origin, provider) => {
    const headers = headersFunction(provider);
    const authorize: Interceptor = (next) => async (request) => {
      for (const [name, value] of Object.entries(await headers())) request.header.set(name, value);
      return next(request);
    };
    const transport = createConnectTransport({ baseUrl: origin, httpVersion: "1.1", interceptors: [authorize] });
    // A call of a service that has no schema but this.
    const method = {
      methodKind: "unary",
      name: "List",
      parent: { typeName: "Orders" },
      input: EmptySchema,
      output: EmptySchema,
    };
    return () => transport.unary(method as never, undefined, undefined, undefined, {} as never);
  },
  "@clickhouse/client": (origin, provider) => {
    const client = createClickHouse({ url: origin });
    onTestFinished(() => client.close());
    return async () => {
      const { token } = await accessToken(provider);
      return client.command({ query: "SELECT 1", auth: { access_token: token } });
    };
  },
  "@elastic/elasticsearch": (origin, provider) => {
    const client = new Elasticsearch({ node: origin, maxRetries: 0 });
    onTestFinished(() => client.close());
    return async () => client.search({}, { headers: credentialHeaders(await provider.getToken()) });
  },
  got: (origin, provider) => {
    const authorized = got.extend({
      retry: { limit: 0 },
      hooks: {
        beforeRequest: [
          async ({ headers }) => {
            Object.assign(headers, credentialHeaders(await provider.getToken()));
          },
        ],
      },
    });
    return () => authorized(origin).text();
  },
};

describe.each(Object.entries(clients))("%s", (_name, connect) => {
  test("sends the token that is current then", async () => {
    const api = await startApi();
    api.answerWith((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "x-elastic-product": "Elasticsearch" });
      response.end('{"data":{"orders":1},"result":{"data":1}}');
    });
    const { provider, rotate } = await liveProvider();
    const send = connect(api.origin, provider);
    // What was sent is what counts here: to some clients this answer is none.
    await send().catch(() => {});
    await rotate();
    await send().catch(() => {});
    expect(api.authorizations()).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

test("W1 graphql-request by authFetch sends a refused request once more", async () => {
  const api = await startApi();
  api.answerWith(({ headers }, response) => {
    const isGood = headers.authorization === "Bearer token-2";
    response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isGood ? { data: { orders: 42 } } : {}));
  });
  const { provider } = await liveProvider();
  const client = new GraphQLClient(api.origin, { fetch: authFetch(provider) });
  expect(await client.request("{ orders }")).toEqual({ orders: 42 });
  expect(api.authorizations()).toEqual(["Bearer token-1", "Bearer token-2"]);
});
