/** A Redis that is away, slow, or behind a network that fails (R3). */

import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { RedisTokenStore } from "../../src/redis/index.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { outages } from "../support/outages.js";
import { withRedis } from "../support/with-server.js";

const redis = withRedis();

describe("a RedisTokenStore with connections of its own", () => {
  outages(redis, (url) => new RedisTokenStore(url));
});

describe("a RedisTokenStore over a client that was given", () => {
  test("R3 D2 what the client has queued for a server that is away leaves no lease when it comes back", async () => {
    const client = createClient({ url: redis.server.url });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const store = new RedisTokenStore(client);
    expect(await store.read("queued")).toBeUndefined();
    await redis.server.stop();
    await eventually(() => expect(client.isReady).toBe(false));
    expect(await errorOf(() => store.lock("queued", 3_600_000))).toMatchObject({ code: "store", retryable: true });
    await redis.server.start();
    const other = new RedisTokenStore(redis.server.url);
    onTestFinished(() => other.close());
    await eventually(async () => expect((await other.lock("queued", 1000))?.fencingToken).toBe(2));
    expect(await store.read("queued")).toBeUndefined();
  });

  test("R3 one that is not connected is an error of the store", async () => {
    const store = new RedisTokenStore(createClient({ url: redis.server.url }));
    expect(await errorOf(() => store.read("k"))).toMatchObject({
      code: "store",
      message: expect.stringContaining("is not connected"),
    });
  });

  test("its owner closes it, and nobody else", async () => {
    const client = createClient({ url: redis.server.url });
    await client.connect();
    onTestFinished(() => client.destroy());
    const store = new RedisTokenStore(client);
    await store.lock("owned", 3_600_000);
    await store.close();
    expect(await client.ping()).toBe("PONG");
    expect(await new RedisTokenStore(client).lock("owned", 1000)).toMatchObject({ fencingToken: 2 });
  });
});
