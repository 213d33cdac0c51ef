/**
 * Kafka's clients. No broker can be had here: kafkajs logs in at one that plays the protocol; what
 * @confluentinc/kafka-javascript does with a token is run without librdkafka, whose binary its installation would download;
 * @platformatic/kafka's login is given a connection that plays the broker.
 */

import { createRequire } from "node:module";
import { saslOAuthBearer } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, onTestFinished, test } from "vitest";
import { kafkaOauthBearer, tokenFunction } from "../../src/adapters/index.js";
import { type AuthProvider, Credential } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";
import { startKafkaBroker } from "./kafka-broker.js";

describe("kafkajs", () => {
  /** It asks for a new login ten seconds before a session ends: at once. */
  const SHORT_SESSION_MS = 10_001;

  function connect(brokers: string[], provider: AuthProvider) {
    const oauthBearerProvider = kafkaOauthBearer(provider, { extensions: { logicalCluster: "lkc-1" } });
    const kafka = new Kafka({
      brokers,
      sasl: { mechanism: "oauthbearer", oauthBearerProvider },
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });
    const admin = kafka.admin();
    onTestFinished(() => admin.disconnect());
    return admin;
  }

  test("each login, also one that a broker asks for in an open connection, has the token that is current then", async () => {
    const broker = await startKafkaBroker(SHORT_SESSION_MS);
    const { provider, rotate, issued } = await liveProvider();
    const admin = connect([broker.address], provider);
    await admin.connect();
    expect(await admin.listTopics()).toEqual([]);
    expect(new Set(broker.logins)).toEqual(new Set(["n,, auth=Bearer token-1 logicalCluster=lkc-1"]));

    const before = broker.logins.length;
    await rotate();
    broker.accept("token-2");
    expect(await admin.listTopics()).toEqual([]);
    expect(new Set(broker.logins.slice(before))).toEqual(new Set(["n,, auth=Bearer token-2 logicalCluster=lkc-1"]));
    expect(issued()).toBe(2);
  });

  test("a wrong token does not connect", async () => {
    const broker = await startKafkaBroker(0);
    broker.accept("another");
    const { provider } = await liveProvider();
    const error = await errorOf(() => connect([broker.address], provider).connect());
    expect(error.message).toMatch(/SASL/);
  });
});

describe("@confluentinc/kafka-javascript", () => {
  /** Its client, with what librdkafka is told of tokens. */
  function startClient(provider: AuthProvider) {
    const load = createRequire(import.meta.url);
    withoutBinary(createRequire(load.resolve("@confluentinc/kafka-javascript/package.json")));
    const { kafkaJSToRdKafkaConfig } = load("@confluentinc/kafka-javascript/lib/kafkajs/_common.js");
    const Client = load("@confluentinc/kafka-javascript/lib/client.js");
    const told: unknown[][] = [];
    class Librdkafka {
      setOAuthBearerToken = (...token: unknown[]) => told.push(token);
      setOAuthBearerTokenFailure = (message: string) => told.push([message]);
    }
    const oauthBearerProvider = kafkaOauthBearer(provider, {
      principal: "reports",
      extensions: { logicalCluster: "lkc-1" },
    });
    const sasl = { mechanism: "oauthbearer", oauthBearerProvider };
    const client = new Client(kafkaJSToRdKafkaConfig({ brokers: ["b.example:9092"], ssl: true, sasl }), Librdkafka, {});
    client.on("error", () => {});
    return { told, refresh: () => client._cb_configs.global.oauthbearer_token_refresh_cb("") };
  }

  test("librdkafka is told of the token, when it expires, whom it is for, and of extensions", async () => {
    const { provider, rotate } = await liveProvider();
    const { told, refresh } = startClient(provider);
    refresh();
    await expect.poll(() => told).toHaveLength(1);
    const expiresAt = Math.floor(Credential.expiresAt(await provider.getToken()) ?? Number.NaN);
    expect(told[0]).toEqual(["token-1", expiresAt, "reports", ["logicalCluster", "lkc-1"]]);
    await rotate();
    refresh();
    await expect.poll(() => told).toHaveLength(2);
    expect(told[1]?.[0]).toBe("token-2");
  });

  test("librdkafka is told why there is no token, and asks again", async () => {
    const { provider } = await liveProvider();
    const { told, refresh } = startClient(provider);
    await provider.close();
    refresh();
    await expect.poll(() => told).toHaveLength(1);
    expect(told[0]?.[0]).toMatch(/^oauthbearer_token_refresh_cb: .*closed/);
  });

  /** In place of its native module, one that knows nothing. */
  function withoutBinary(load: NodeJS.Require): void {
    const id = load.resolve("bindings");
    const native: unknown = new Proxy(function native() {}, {
      get: (target, key) => (key === "prototype" ? target.prototype : native),
      construct: () => ({}),
    });
    load.cache[id] = { id, filename: id, loaded: true, exports: () => native } as unknown as NodeJS.Module;
  }
});

test("@platformatic/kafka logs in with the token that is current then", async () => {
  const { provider, rotate } = await liveProvider();
  const sent: string[] = [];
  const authenticate = (_connection: unknown, message: Buffer, done: (error: null, response: object) => void): void => {
    sent.push(message.toString());
    done(null, {});
  };
  const login = () =>
    saslOAuthBearer.authenticate(authenticate as never, {} as never, tokenFunction(provider), {
      logicalCluster: "lkc-1",
    });
  await login();
  await rotate();
  await login();
  expect(sent).toEqual(
    ["token-1", "token-2"].map((token) => `n,,\u0001auth=Bearer ${token}\u0001logicalCluster=lkc-1\u0001\u0001`),
  );
});
