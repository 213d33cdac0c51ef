/**
 * Each adapter, and each line of docs/clients.md, against the types of the real clients: `tsc -p test/clients` compiles
 * this, and nobody runs it. Lines below `@ts-expect-error` must not compile.
 */

import Anthropic from "@anthropic-ai/sdk";
import { ApolloLink, HttpLink } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { BedrockClient } from "@aws-sdk/client-bedrock";
import type { TokenCredential } from "@azure/core-auth";
import { BlobServiceClient } from "@azure/storage-blob";
import { createClient as createClickHouse } from "@clickhouse/client";
import { KafkaJS as Confluent } from "@confluentinc/kafka-javascript";
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { DBSQLClient } from "@databricks/sql";
import { Client as Elasticsearch } from "@elastic/elasticsearch";
import { credentials, type Metadata } from "@grpc/grpc-js";
import { Client as McpClient2, StreamableHTTPClientTransport as McpTransport2 } from "@modelcontextprotocol/client";
import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as McpTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { connect as connectNats, tokenAuthenticator } from "@nats-io/transport-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { Consumer as PlatformaticConsumer } from "@platformatic/kafka";
import { Connection as TemporalConnection } from "@temporalio/client";
import { httpBatchLink } from "@trpc/client";
import { connect as connectAmqp } from "amqplib";
import axios from "axios";
import { OAuth2Client } from "google-auth-library";
import got from "got";
import { GraphQLClient } from "graphql-request";
import { Connection as JsforceConnection } from "jsforce";
import { Kafka } from "kafkajs";
import ky from "ky";
import { MongoClient } from "mongodb";
import mqtt from "mqtt";
import { connect as connectMssql } from "mssql";
import { connect as connectNats2, tokenAuthenticator as tokenAuthenticator2 } from "nats";
import neo4j from "neo4j-driver";
import { createTransport } from "nodemailer";
import OpenAI from "openai";
import createOpenApi from "openapi-fetch";
import { Pool } from "pg";
import { AuthenticationToken, Client as PulsarClient } from "pulsar-client";
import { createClientPool, createClient as createRedis } from "redis";
import { Connection as TediousConnection } from "tedious";
import { Agent } from "undici";
import {
  awsToken,
  azureCredential,
  currentToken,
  googleRefreshHandler,
  grpcCredentials,
  headersFunction,
  jsforceRefresh,
  kafkaOauthBearer,
  mongoOidc,
  neo4jTokenManager,
  onToken,
  redisCredentials,
  smtpXoauth2,
  tokenFunction,
} from "../../src/adapters/index.js";
import { type AuthProvider, accessToken, authFetch, authInterceptor, credentialHeaders } from "../../src/index.js";

declare const provider: AuthProvider;
const [url, host, user] = ["https://api.example", "db.example", "reports"];

export async function textWheneverAsked(): Promise<void> {
  new Pool({ host, user, password: tokenFunction(provider) });
  new PulsarClient({
    serviceUrl: "pulsar+ssl://broker.example:6651",
    authentication: new AuthenticationToken({ token: tokenFunction(provider) }),
  });
  await new DBSQLClient().connect({
    host,
    path: "/sql",
    authType: "external-token",
    getToken: tokenFunction(provider),
  });
  new PlatformaticConsumer({
    groupId: "g",
    clientId: "c",
    bootstrapBrokers: [host],
    sasl: { mechanism: "OAUTHBEARER", token: tokenFunction(provider) },
  });
  // @ts-expect-error the function, not the provider
  new Pool({ host, user, password: provider });
  // @ts-expect-error a token's text, not a credential
  new Pool({ host, user, password: () => provider.getToken() });
  // @ts-expect-error a provider, not a token
  tokenFunction("t0ken");
}

/** ClickHouse takes a token with each request. */
export async function textOfEachRequest(): Promise<void> {
  const clickhouse = createClickHouse({ url });
  const { token } = await accessToken(provider);
  await clickhouse.query({ query: "SELECT 1", auth: { access_token: token } });
}

export function headersWheneverAsked(): void {
  new OTLPTraceExporter({ url, headers: headersFunction(provider) });
  httpBatchLink({ url, headers: headersFunction(provider) });
  const headers = headersFunction(provider);
  new GraphQLClient(url, {
    requestMiddleware: async (request) => ({
      ...request,
      headers: { ...(request.headers as Record<string, string>), ...(await headers()) },
    }),
  });
  const link = new SetContextLink(async (context) => ({ headers: { ...context.headers, ...(await headers()) } }));
  ApolloLink.from([link, new HttpLink({ uri: url })]);
  const authorize: Interceptor = (next) => async (request) => {
    for (const [name, value] of Object.entries(await headers())) request.header.set(name, value);
    return next(request);
  };
  createConnectTransport({ baseUrl: url, httpVersion: "2", interceptors: [authorize] });
  // @ts-expect-error a text is no headers
  httpBatchLink({ url, headers: tokenFunction(provider) });
}

export async function grpc(): Promise<void> {
  const perCall = credentials.createFromGoogleCredential(grpcCredentials(provider));
  credentials.combineChannelCredentials(credentials.createSsl(), perCall);
  await TemporalConnection.connect({ address: host, tls: true, callCredentials: [perCall] });
  const metadata: Metadata = await perCall.generateMetadata({ service_url: url, method_name: "m" });
  metadata.get("authorization");
  // @ts-expect-error headers are no call credentials
  credentials.createFromGoogleCredential(headersFunction(provider));
}

export async function azure(): Promise<void> {
  const credential: TokenCredential = azureCredential(provider);
  new BlobServiceClient(url, azureCredential(provider, { perScope: true }));
  new TediousConnection({ server: host, authentication: { type: "token-credential", options: { credential } } });
  await connectMssql({
    server: host,
    authentication: { type: "token-credential", options: { credential: azureCredential(provider) } },
  });
  // @ts-expect-error the option is a boolean
  azureCredential(provider, { perScope: "https://storage.azure.com/.default" });
  // @ts-expect-error there is no such option
  azureCredential(provider, { scopes: [] });
}

export function aws(): void {
  new BedrockClient({ region: "eu-central-1", token: awsToken(provider) });
  // @ts-expect-error a text is no identity
  new BedrockClient({ region: "eu-central-1", token: tokenFunction(provider) });
}

export function google(): void {
  const client = new OAuth2Client({ forceRefreshOnFailure: true });
  client.refreshHandler = googleRefreshHandler(provider);
  // @ts-expect-error a text is no token of Google's
  client.refreshHandler = tokenFunction(provider);
}

export function mongo(): void {
  new MongoClient("mongodb://db.example", {
    authMechanism: "MONGODB-OIDC",
    authMechanismProperties: { OIDC_CALLBACK: mongoOidc(provider) },
  });
  new MongoClient("mongodb://db.example", {
    authMechanism: "MONGODB-OIDC",
    authMechanismProperties: { OIDC_HUMAN_CALLBACK: mongoOidc(provider) },
  });
  new MongoClient("mongodb://db.example", {
    authMechanism: "MONGODB-OIDC",
    // @ts-expect-error a text is no response of OIDC
    authMechanismProperties: { OIDC_CALLBACK: tokenFunction(provider) },
  });
}

export function kafka(): void {
  const brokers = ["broker.example:9092"];
  new Kafka({
    brokers,
    ssl: true,
    sasl: { mechanism: "oauthbearer", oauthBearerProvider: kafkaOauthBearer(provider) },
  });
  const oauthBearerProvider = kafkaOauthBearer(provider, {
    principal: "reports",
    extensions: { logicalCluster: "lkc-1", identityPoolId: "pool-1" },
  });
  new Confluent.Kafka({ kafkaJS: { brokers, ssl: true, sasl: { mechanism: "oauthbearer", oauthBearerProvider } } });
  // @ts-expect-error a principal is a text
  kafkaOauthBearer(provider, { principal: 1 });
  new Confluent.Kafka({
    // @ts-expect-error a text is no token of Kafka's
    kafkaJS: { brokers, sasl: { mechanism: "oauthbearer", oauthBearerProvider: tokenFunction(provider) } },
  });
}

export function smtp(): void {
  createTransport({ host, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2(provider) } });
  createTransport({ host, pool: true, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2(provider) } });
  createTransport({ host, auth: { type: "OAuth2", user } }).set("oauth2_provision_cb", smtpXoauth2(provider));
  // @ts-expect-error the adapter is made with a provider
  createTransport({ host, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2 } });
}

export function salesforce(): void {
  new JsforceConnection({ instanceUrl: url, refreshFn: jsforceRefresh(provider) });
  // @ts-expect-error the adapter is made with a provider
  new JsforceConnection({ instanceUrl: url, refreshFn: jsforceRefresh });
}

export function graph(): void {
  neo4j.driver("neo4j+s://db.example", neo4jTokenManager(provider));
  // @ts-expect-error a text is no manager
  neo4j.driver("neo4j+s://db.example", tokenFunction(provider));
}

export function redis(): void {
  const credentialsProvider = redisCredentials(provider, { username: "reports" });
  createRedis({ url: "rediss://cache.example", credentialsProvider });
  createClientPool({ url: "rediss://cache.example", credentialsProvider });
  // @ts-expect-error a user name is a text
  redisCredentials(provider, { username: 1 });
  // @ts-expect-error a text is no provider of credentials
  createRedis({ credentialsProvider: tokenFunction(provider) });
}

export async function push(): Promise<Disposable[]> {
  const password = (await accessToken(provider)).token;
  const amqp = await connectAmqp({ hostname: host, username: "", password });
  const client = mqtt.connect("mqtts://broker.example", { username: user, password });
  return [
    onToken(provider, (token) => amqp.updateSecret(Buffer.from(token), "renewed")),
    onToken(provider, (token) => {
      client.options.password = token;
    }),
    // @ts-expect-error what is given is a text
    onToken(provider, (token: number) => token),
  ];
}

export async function atOnce(): Promise<void> {
  const current = await currentToken(provider);
  await connectNats({ servers: host, authenticator: tokenAuthenticator(current) });
  await connectNats2({ servers: host, authenticator: tokenAuthenticator2(current) });
  await TemporalConnection.connect({ address: host, tls: true, apiKey: current });
  current[Symbol.dispose]();
  // @ts-expect-error a promise of the function, which has to be awaited
  tokenAuthenticator(currentToken(provider));
  // @ts-expect-error NATS does not wait for a promise
  tokenAuthenticator(tokenFunction(provider));
}

export async function byFetch(): Promise<void> {
  const fetch = authFetch(provider);
  axios.create({ adapter: "fetch", env: { fetch } });
  ky.create({ fetch });
  createOpenApi({ baseUrl: url, fetch });
  new OpenAI({ baseURL: url, apiKey: "unused", fetch });
  new Anthropic({ baseURL: url, authToken: "unused", fetch });
  new GraphQLClient(url, { fetch });
  await new McpClient({ name: "reports", version: "1" }).connect(new McpTransport(new URL(url), { fetch }) as never);
  await new McpClient2({ name: "reports", version: "1" }).connect(new McpTransport2(new URL(url), { fetch }));
}

export async function byHeaders(): Promise<void> {
  got.extend({
    hooks: {
      beforeRequest: [async ({ headers }) => void Object.assign(headers, credentialHeaders(await provider.getToken()))],
    },
  });
}

export function byInterceptor(): void {
  const node = url;
  new Elasticsearch({
    node,
    agent: ({ url }) => new Agent().compose(authInterceptor(provider, { origins: [url.origin] })),
  });
}
