/**
 * Each line of docs/clients.md, and what must not be written in its place, against the types of the real clients:
 * `tsc -p test/clients` compiles this, and nobody runs it. Lines below `@ts-expect-error` must not compile.
 */

import type { TokenCredential } from "@azure/core-auth";
import type { Interceptor } from "@connectrpc/connect";
import {
  awsToken,
  azureCredential,
  currentToken,
  googleRefreshHandler,
  grpcCredentials,
  grpcInterceptor,
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
const [url, host, user, uri] = ["https://api.example", "db.example", "reports", "mongodb://db.example"];
const fetch = authFetch(provider);
const headers = headersFunction(provider);
const extensions = { logicalCluster: "lkc-1", identityPoolId: "pool-1" };

export async function byFetch(): Promise<unknown[]> {
  const { default: axios } = await import("axios");
  const { default: ky } = await import("ky");
  const { default: createClient } = await import("openapi-fetch");
  const { default: OpenAI } = await import("openai");
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const { GraphQLClient } = await import("graphql-request");
  return [
    axios.create({ adapter: "fetch", env: { fetch } }),
    ky.create({ fetch }),
    createClient({ baseUrl: url, fetch }),
    new OpenAI({ baseURL: url, apiKey: "unused", fetch }),
    new Anthropic({ baseURL: url, authToken: "unused", fetch }),
    new GraphQLClient(url, { fetch }),
    // @ts-expect-error a provider is no fetch
    new OpenAI({ baseURL: url, apiKey: "unused", fetch: provider }),
  ];
}

export async function modelContextProtocol(): Promise<void> {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch });
  await new Client({ name: "reports", version: "1" }).connect(transport as never);
}

export async function modelContextProtocol2(): Promise<void> {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  await new Client({ name: "reports", version: "1" }).connect(
    new StreamableHTTPClientTransport(new URL(url), { fetch }),
  );
}

export async function elasticsearch(): Promise<void> {
  const { Client } = await import("@elastic/elasticsearch");
  const { Agent } = await import("undici");
  const agent = new Agent();
  new Client({ node: url, agent: () => agent.compose(authInterceptor(provider, { origins: [url] })) });
  // @ts-expect-error where a credential may go has to be said
  authInterceptor(provider);
}

export async function gotByHeaders(): Promise<void> {
  const { got } = await import("got");
  got.extend({
    hooks: {
      beforeRequest: [
        async (options) => void Object.assign(options.headers, credentialHeaders(await provider.getToken())),
      ],
    },
  });
}

export async function postgres(): Promise<void> {
  const { Pool } = await import("pg");
  new Pool({ host, user, password: tokenFunction(provider) });
  // @ts-expect-error the function, not the provider
  new Pool({ host, user, password: provider });
  // @ts-expect-error a token's text, not a credential
  new Pool({ host, user, password: () => provider.getToken() });
  // @ts-expect-error a provider, not a token
  tokenFunction("t0ken");
}

export async function pulsar(): Promise<void> {
  const { AuthenticationToken, Client } = await import("pulsar-client");
  const authentication = new AuthenticationToken({ token: tokenFunction(provider) });
  new Client({ serviceUrl: "pulsar+ssl://broker.example:6651", authentication });
}

export async function clickhouse(): Promise<void> {
  const { createClient } = await import("@clickhouse/client");
  const client = createClient({ url });
  const query = "SELECT 1";
  await client.query({ query, auth: { access_token: (await accessToken(provider)).token } });
}

export async function openTelemetry(): Promise<void> {
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  new OTLPTraceExporter({ url, headers: headersFunction(provider) });
}

export async function trpc(): Promise<void> {
  const { httpBatchLink } = await import("@trpc/client");
  httpBatchLink({ url, headers: headersFunction(provider) });
  // @ts-expect-error a text is no headers
  httpBatchLink({ url, headers: tokenFunction(provider) });
}

export async function apollo(): Promise<void> {
  const { ApolloLink, HttpLink } = await import("@apollo/client");
  const { SetContextLink } = await import("@apollo/client/link/context");
  const link = new SetContextLink(async (context) => ({ headers: { ...context.headers, ...(await headers()) } }));
  ApolloLink.from([link, new HttpLink({ uri: url })]);
}

export async function connectRpc(): Promise<void> {
  const { createConnectTransport } = await import("@connectrpc/connect-node");
  const authorize: Interceptor = (next) => async (request) => {
    for (const [name, value] of Object.entries(await headers())) request.header.set(name, value);
    return next(request);
  };
  createConnectTransport({ baseUrl: url, httpVersion: "2", interceptors: [authorize] });
}

export async function grpc(): Promise<void> {
  const { credentials, makeGenericClientConstructor } = await import("@grpc/grpc-js");
  const { Connection } = await import("@temporalio/client");
  const perCall = credentials.createFromGoogleCredential(grpcCredentials(provider));
  credentials.combineChannelCredentials(credentials.createSsl(), perCall);
  await Connection.connect({ address: host, tls: true, callCredentials: [perCall] });
  const Orders = makeGenericClientConstructor({}, "Orders");
  new Orders(host, credentials.createSsl(), { interceptors: [grpcInterceptor(provider)] });
  await Connection.connect({ address: host, tls: true, interceptors: [grpcInterceptor(provider)] });
  // @ts-expect-error headers are no call credentials
  credentials.createFromGoogleCredential(headersFunction(provider));
}

export async function azure(): Promise<void> {
  const { BlobServiceClient } = await import("@azure/storage-blob");
  const credential: TokenCredential = azureCredential(provider);
  new BlobServiceClient(url, credential);
  new BlobServiceClient(url, azureCredential(provider, { perScope: true }));
  // @ts-expect-error the option is a boolean
  azureCredential(provider, { perScope: "https://storage.azure.com/.default" });
  // @ts-expect-error there is no such option
  azureCredential(provider, { scopes: [] });
}

export async function sqlServer(): Promise<void> {
  const { Connection } = await import("tedious");
  const { connect } = await import("mssql");
  const authentication = { type: "token-credential", options: { credential: azureCredential(provider) } } as const;
  new Connection({ server: host, authentication });
  await connect({ server: host, authentication });
}

export async function aws(): Promise<void> {
  const { BedrockClient } = await import("@aws-sdk/client-bedrock");
  const region = "eu-central-1";
  new BedrockClient({ region, token: awsToken(provider) });
  // @ts-expect-error a text is no identity
  new BedrockClient({ region, token: tokenFunction(provider) });
}

export async function google(): Promise<void> {
  const { OAuth2Client } = await import("google-auth-library");
  const client = new OAuth2Client({ forceRefreshOnFailure: true });
  client.refreshHandler = googleRefreshHandler(provider);
  // @ts-expect-error a text is no token of Google's
  client.refreshHandler = tokenFunction(provider);
}

export async function mongodb(): Promise<void> {
  const { MongoClient } = await import("mongodb");
  const authMechanism = "MONGODB-OIDC";
  new MongoClient(uri, { authMechanism, authMechanismProperties: { OIDC_CALLBACK: mongoOidc(provider) } });
  new MongoClient(uri, { authMechanism, authMechanismProperties: { OIDC_HUMAN_CALLBACK: mongoOidc(provider) } });
  // @ts-expect-error a text is no response of OIDC
  new MongoClient(uri, { authMechanism, authMechanismProperties: { OIDC_CALLBACK: tokenFunction(provider) } });
}

export async function kafkajs(): Promise<void> {
  const { Kafka } = await import("kafkajs");
  const brokers = ["broker.example:9092"];
  const sasl = { mechanism: "oauthbearer", oauthBearerProvider: kafkaOauthBearer(provider) } as const;
  new Kafka({ brokers, ssl: true, sasl });
  // @ts-expect-error a principal is a text
  kafkaOauthBearer(provider, { principal: 1 });
}

export async function confluent(): Promise<void> {
  const { KafkaJS } = await import("@confluentinc/kafka-javascript");
  const brokers = ["broker.example:9092"];
  const oauthBearerProvider = kafkaOauthBearer(provider, { principal: "reports", extensions });
  new KafkaJS.Kafka({ kafkaJS: { brokers, ssl: true, sasl: { mechanism: "oauthbearer", oauthBearerProvider } } });
  const wrong = tokenFunction(provider);
  // @ts-expect-error a text is no token of Kafka's
  new KafkaJS.Kafka({ kafkaJS: { brokers, sasl: { mechanism: "oauthbearer", oauthBearerProvider: wrong } } });
}

export async function platformatic(): Promise<void> {
  const { Consumer } = await import("@platformatic/kafka");
  const sasl = { mechanism: "OAUTHBEARER", token: tokenFunction(provider) } as const;
  new Consumer({ groupId: "g", clientId: "c", bootstrapBrokers: [host], sasl });
}

export async function smtp(): Promise<void> {
  const { createTransport } = await import("nodemailer");
  createTransport({ host, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2(provider) } });
  createTransport({ host, pool: true, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2(provider) } });
  createTransport({ host, auth: { type: "OAuth2", user } }).set("oauth2_provision_cb", smtpXoauth2(provider));
  // @ts-expect-error the adapter is made with a provider
  createTransport({ host, auth: { type: "OAuth2", user, provisionCallback: smtpXoauth2 } });
}

export async function salesforce(): Promise<void> {
  const { Connection } = await import("jsforce");
  new Connection({ instanceUrl: url, refreshFn: jsforceRefresh(provider) });
  // @ts-expect-error the adapter is made with a provider
  new Connection({ instanceUrl: url, refreshFn: jsforceRefresh });
}

export async function neo4jDriver(): Promise<void> {
  const { default: neo4j } = await import("neo4j-driver");
  neo4j.driver(url, neo4jTokenManager(provider));
  // @ts-expect-error a text is no manager
  neo4j.driver(url, tokenFunction(provider));
}

export async function redis(): Promise<void> {
  const { createClient, createClientPool } = await import("redis");
  const username = "reports";
  createClient({ url, credentialsProvider: redisCredentials(provider, { username }) });
  createClientPool({ url, credentialsProvider: redisCredentials(provider, { username }) });
  // @ts-expect-error a user name is a text
  redisCredentials(provider, { username: 1 });
  // @ts-expect-error a text is no provider of credentials
  createClient({ credentialsProvider: tokenFunction(provider) });
}

export async function amqp(): Promise<Disposable> {
  const { connect } = await import("amqplib");
  const options = { hostname: host, username: "", password: (await accessToken(provider)).token };
  const connection = await connect(options);
  onToken(provider, (token) => connection.updateSecret(Buffer.from(token), "renewed"));
  // @ts-expect-error what is given is a text
  return onToken(provider, (token: number) => token);
}

export async function mqttClient(): Promise<void> {
  const { default: mqtt } = await import("mqtt");
  const client = mqtt.connect(url, { username: user, password: (await accessToken(provider)).token });
  onToken(provider, (token) => Object.assign(client.options, { password: token }));
}

export async function nats(): Promise<void> {
  const { connect, tokenAuthenticator } = await import("nats");
  await connect({ servers: host, authenticator: tokenAuthenticator(await currentToken(provider)) });
}

export async function nats3(): Promise<void> {
  const { connect, tokenAuthenticator } = await import("@nats-io/transport-node");
  await connect({ servers: host, authenticator: tokenAuthenticator(await currentToken(provider)) });
  // @ts-expect-error a promise of the function, which has to be awaited
  tokenAuthenticator(currentToken(provider));
  // @ts-expect-error NATS does not wait for a promise
  tokenAuthenticator(tokenFunction(provider));
}

export async function temporal(): Promise<void> {
  const { Connection } = await import("@temporalio/client");
  await Connection.connect({ address: host, tls: true, apiKey: await currentToken(provider) });
}
