/** The token store over releases of the `redis` client that are older than the repository's (R1). */

import * as release4 from "redis-4";
import * as release5 from "redis-5";
import { describe, expect, onTestFinished, test } from "vitest";
import { databaseStore, type TokenStore } from "../../src/index.js";
import { RedisTokenStore } from "../../src/redis/index.js";
import { RedisConnection, type RedisModule } from "../../src/redis/redis-connection.js";
import { RedisDatabase } from "../../src/redis/redis-database.js";
import { testConformance } from "../support/conformance.js";
import { withoutRedis } from "../support/redis.js";
import { withRedis } from "../support/with-server.js";

const redis = withRedis();

/** A store with connections of its own, by that release in place of the one that is installed. */
const ownConnections = (release: RedisModule) => () =>
  databaseStore(() => new RedisDatabase(new RedisConnection(release, () => redis.server.url), "faucet-auth:"));

async function tellsWhoeverWaits(makeStore: () => TokenStore) {
  const [holder, waiter] = [makeStore(), makeStore()];
  onTestFinished(async () => void (await Promise.all([holder.close?.(), waiter.close?.()])));
  const lease = await holder.lock("who waits", 600_000);
  const told = waiter.waitForRelease?.("who waits", 600_000, new AbortController().signal);
  setTimeout(() => lease?.release(), 50);
  expect(await told).toBe(true);
}

describe.skipIf(withoutRedis)("the token store by redis 4", () => {
  testConformance(ownConnections(release4));

  test("R1 whoever waits is told", () => tellsWhoeverWaits(ownConnections(release4)));

  test("R1 over a client that was given", async () => {
    const client = release4.createClient({ url: redis.server.url });
    await client.connect();
    onTestFinished(() => client.disconnect());
    await tellsWhoeverWaits(() => new RedisTokenStore(client));
  });
});

describe.skipIf(withoutRedis)("the token store by redis 5", () => {
  testConformance(ownConnections(release5));

  test("R1 whoever waits is told", () => tellsWhoeverWaits(ownConnections(release5)));

  test("R1 over a client that was given", async () => {
    const client = release5.createClient({ url: redis.server.url });
    await client.connect();
    onTestFinished(() => client.destroy());
    await tellsWhoeverWaits(() => new RedisTokenStore(client));
  });
});
