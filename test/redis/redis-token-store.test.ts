/** The store over Redis, against a server of the system (R1, R2). */

import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from "redis";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { encryptedStore, type TokenStore } from "../../src/index.js";
import { type RedisClient, RedisTokenStore } from "../../src/redis/index.js";
import { testConformance } from "../support/conformance.js";
import { type RedisServer, startRedis, withoutRedis } from "../support/redis.js";
import { withRedis } from "../support/with-server.js";

/** In words that Redis 6.2 understands, too. */
const ALL_SLOTS = Array.from({ length: 16_384 }, (_, slot) => `${slot}`);

const redis = withRedis();

/** A client that lives as long as the tests of this file. */
async function connected<C extends { connect(): Promise<unknown>; on(event: "error", hear: () => void): unknown }>(
  client: C & { destroy(): unknown },
): Promise<C> {
  client.on("error", () => {});
  await client.connect();
  redis.atTheEnd(() => client.destroy());
  return client;
}

type Kind = readonly [
  kind: string,
  prepare: () => Promise<() => TokenStore>,
  /** Whether a process that waits is told of releases. */
  hears?: boolean,
];

const kinds: readonly Kind[] = [
  ["a URL", async () => () => new RedisTokenStore(redis.server.url)],
  ["a client", async () => over(await connected(createClient({ url: redis.server.url })))],
  ["a cluster", async () => over(await connected(createCluster({ rootNodes: [{ url: (await cluster()).url }] })))],
];

const otherKinds: readonly Kind[] = [
  ["a function that gives the URL", async () => () => new RedisTokenStore(async () => redis.server.url)],
  [
    "a URL, encrypted",
    async () => () => encryptedStore(new RedisTokenStore(redis.server.url), { key: Buffer.alloc(32, 7) }),
  ],
  ["a client that speaks RESP2", async () => over(await connected(createClient({ url: redis.server.url, RESP: 2 })))],
  [
    "a client that gives buffers and texts for numbers",
    async () => {
      const client = await connected(createClient({ url: redis.server.url }));
      return over(client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String }));
    },
  ],
  [
    "a client with a prefix of its own",
    async () => over(await connected(createClient({ url: redis.server.url, keyPrefix: "app:" }))),
  ],
  [
    "a pool of clients",
    async () => over(await connected(createClientPool({ url: redis.server.url }, { maximum: 3 }))),
    false,
  ],
  [
    "the URL of a node of a cluster",
    async () =>
      (
        (url) => () =>
          new RedisTokenStore(url)
      )((await cluster()).url),
  ],
  ["a sentinel", async () => over(await connected(await sentinel()))],
];

function over(client: RedisClient): () => TokenStore {
  return () => new RedisTokenStore(client);
}

let clusterServer: Promise<RedisServer> | undefined;

/** One node that has all hash slots: keys of two slots in one script are refused there as in any cluster. */
function cluster(): Promise<RedisServer> {
  clusterServer ??= (async () => {
    const node = await startRedis({ args: ["--cluster-enabled", "yes"] });
    redis.atTheEnd(() => node.remove());
    const client = await connected(createClient({ url: node.url }));
    await client.sendCommand(["CLUSTER", "ADDSLOTS", ...ALL_SLOTS]);
    await vi.waitFor(
      async () => expect(await client.sendCommand(["CLUSTER", "INFO"])).toContain("cluster_state:ok"),
      20_000,
    );
    return node;
  })();
  return clusterServer;
}

async function sentinel() {
  const guard = await startRedis({ isSentinel: true });
  redis.atTheEnd(() => guard.remove());
  const client = await connected(createClient({ url: guard.url }));
  await client.sendCommand(["SENTINEL", "MONITOR", "main", "127.0.0.1", `${redis.server.port}`, "1"]);
  return createSentinel({ name: "main", sentinelRootNodes: [{ host: guard.host, port: guard.port }] });
}

function suite([, prepare, hears = true]: Kind): void {
  let makeStore: () => TokenStore;
  beforeAll(async () => {
    if (withoutRedis === undefined) makeStore = await prepare();
  });

  testConformance(() => makeStore());

  test("R1 whoever waits is told, and does not ask again and again", async () => {
    const [holder, waiter] = [makeStore(), makeStore()];
    onTestFinished(async () => void (await Promise.all([holder.close?.(), waiter.close?.()])));
    const key = "who waits";
    const lease = await holder.lock(key, 600_000);
    const told = waiter.waitForRelease?.(key, 600_000, new AbortController().signal);
    setTimeout(() => lease?.release(), 50);
    expect(await told).toBe(hears);
  });
}

for (const kind of kinds) describe(`a RedisTokenStore over ${kind[0]}`, () => suite(kind));
for (const kind of otherKinds) describe(`a RedisTokenStore over ${kind[0]}`, { tags: ["slow"] }, () => suite(kind));
