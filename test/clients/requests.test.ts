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
import { Agent } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { headersFunction } from "../../src/adapters/index.js";
import { type AuthProvider, accessToken, authFetch, authInterceptor, credentialHeaders } from "../../src/index.js";
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
      response.writeHead(200, { "content-type": "application/json" });
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

/** Clients that send a refused request once more: by authFetch, or by the interceptor of undici, whose agent they take. */
const retrying: Record<string, Connect> = {
  "graphql-request": (origin, provider) => {
    const client = new GraphQLClient(origin, { fetch: authFetch(provider) });
    return () => client.request("{ orders }");
  },
  "@elastic/elasticsearch": (origin, provider) => {
    const client = new Elasticsearch({
      node: origin,
      agent: ({ url }) => new Agent().compose(authInterceptor(provider, { origins: [url.origin] })),
    });
    onTestFinished(() => client.close());
    return async () => (await client.search({})) as unknown;
  },
};

test.each(Object.entries(retrying))(
  "W1 W2 %s sends refused requests once more, after one token request",
  async (_name, connect) => {
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      const isGood = headers.authorization === "Bearer token-2";
      response.writeHead(isGood ? 200 : 401, {
        "content-type": "application/json",
        "x-elastic-product": "Elasticsearch",
      });
      response.end(JSON.stringify(isGood ? { data: { orders: 42 } } : {}));
    });
    const { provider, issued } = await liveProvider();
    const send = connect(api.origin, provider);
    const all = await Promise.all(Array.from({ length: 10 }, send));
    expect(JSON.stringify(all).match(/"orders":42/g)).toHaveLength(10);
    expect(issued()).toBe(2);
  },
);
