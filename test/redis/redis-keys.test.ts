/** What stands in Redis: which keys, in which slots, and for how long (R2). */

import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { RedisTokenStore } from "../../src/redis/index.js";
import { eventually } from "../support/eventually.js";
import { withRedis } from "../support/with-server.js";

/** In words that Redis 6.2 understands, too. */
const ALL_SLOTS = Array.from({ length: 16_384 }, (_, slot) => `${slot}`);

const redis = withRedis({ args: ["--cluster-enabled", "yes"] });

async function setUp(options?: ConstructorParameters<typeof RedisTokenStore>[1]) {
  const client = createClient({ url: redis.server.url });
  await client.connect();
  onTestFinished(() => client.destroy());
  await client.flushAll();
  await client.sendCommand(["CLUSTER", "ADDSLOTS", ...ALL_SLOTS]).catch(() => {});
  await eventually(async () => expect(await client.sendCommand(["CLUSTER", "INFO"])).toContain("cluster_state:ok"));
  const store = new RedisTokenStore(redis.server.url, options);
  onTestFinished(() => store.close());
  return { client, store };
}

describe("R2 keys of a record", () => {
  test.each([
    ["", "{%}"],
    ["%", "{%25}"],
    ["crm-1", "{crm-1}"],
    ["a}b", "{a%7db}"],
    ["{a}{b}", "{%7ba%7d%7bb%7d}"],
    ["}", "{%7d}"],
    ["{}", "{%7b%7d}"],
    ["\ud800", "{%d800}"],
    ["漢字 🔑", "{漢字 🔑}"],
  ])("R2 %j: all in one hash slot, under a tag that is its own", async (key, tag) => {
    const { client, store } = await setUp();
    await store.lock(key, 60_000);
    await store.write(key, { fencingToken: 1, text: "t" });
    const keys = (await client.keys("*")).sort();
    expect(keys).toEqual([`faucet-auth:${tag}:lease`, `faucet-auth:${tag}:record`]);
    const slots = await Promise.all(keys.map((name) => client.sendCommand(["CLUSTER", "KEYSLOT", name])));
    expect(new Set(slots).size).toBe(1);
  });

  test("R2 nothing but a lease has a time to live, and its number outlives it", async () => {
    const { client, store } = await setUp();
    const lease = await store.lock("k", 60_000);
    await store.write("k", { fencingToken: 1, text: "t" });
    const keys = { lease: "faucet-auth:{k}:lease", record: "faucet-auth:{k}:record" };
    expect(await client.pTTL(keys.lease)).toBeGreaterThan(0);
    expect(await client.pTTL(keys.lease)).toBeLessThanOrEqual(60_000);
    expect(await client.pTTL(keys.record)).toBe(-1);
    expect(await client.get(keys.lease)).toMatch(/^[\w-]{36} 1$/);
    await lease?.release();
    expect(await client.keys("*")).toEqual([keys.record]);
    expect(await client.hGetAll(keys.record)).toEqual({ last_lease: "1", fencing_token: "1", text: "t" });
    await client.del(keys.record);
    await store.lock("k", 1);
    expect(await client.hGetAll(keys.record)).toEqual({ last_lease: "1" });
  });

  test("R2 numbers stay whole where Lua would write them short", async () => {
    const { store } = await setUp();
    const fencingToken = 2 ** 53 - 2;
    await store.write("k", { fencingToken, text: "t" });
    expect(await store.lock("k", 60_000)).toMatchObject({ fencingToken: fencingToken + 1 });
    expect(await store.write("k", { fencingToken: fencingToken - 1, text: "earlier" })).toBe(false);
    expect(await store.read("k")).toEqual({ fencingToken, text: "t" });
  });

  test("R2 a prefix keeps the records of two stores apart", async () => {
    const { client, store } = await setUp({ prefix: "pipeline-7:" });
    await store.lock("k", 60_000);
    expect((await client.keys("*")).sort()).toEqual(["pipeline-7:{k}:lease", "pipeline-7:{k}:record"]);
    const other = new RedisTokenStore(redis.server.url);
    onTestFinished(() => other.close());
    expect(await other.lock("k", 60_000)).toMatchObject({ fencingToken: 1 });
  });
});
