/** node-redis against a real Redis, a user of whose ACL has one password after the other: its tokens. */

import { createClient, createClientPool } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisCredentials } from "../../src/adapters/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";
import { startRedis, withoutRedis } from "../support/redis.js";

/** A server whose user `reports` logs in with `token-1`. */
async function startCache() {
  const server = await startRedis();
  onTestFinished(() => server.remove());
  const admin = await createClient({ url: server.url }).connect();
  onTestFinished(() => admin.destroy());
  const accept = (token: string) =>
    admin.sendCommand(["ACL", "SETUSER", "reports", "reset", "on", `>${token}`, "~*", "&*", "+@all"]);
  await accept("token-1");
  return {
    url: server.url,
    accept,
    /** Cuts the connections of `reports`. */
    cut: () => admin.sendCommand(["CLIENT", "KILL", "USER", "reports"]),
    /** How often clients have logged in by AUTH, and how often that was refused. */
    async logins(): Promise<[all: number, refused: number]> {
      const info = await admin.info("commandstats");
      const [, calls = 0, rejected = 0, failed = 0] =
        /cmdstat_auth:calls=(\d+),.*rejected_calls=(\d+),failed_calls=(\d+)/.exec(info)?.map(Number) ?? [];
      return [calls, rejected + failed];
    },
  };
}

describe.skipIf(withoutRedis).each([2, 3] as const)("node-redis by RESP%d", (RESP) => {
  test("an open connection logs in anew with each new token, and with it when it reconnects", async () => {
    const cache = await startCache();
    const { provider, rotate, issued } = await liveProvider();
    const credentialsProvider = redisCredentials(provider, { username: "reports" });
    const client = await createClient({ url: cache.url, RESP, credentialsProvider }).connect();
    onTestFinished(() => client.destroy());
    client.on("error", () => {}); // it is cut
    expect(await client.aclWhoAmI()).toBe("reports");
    const [before] = await cache.logins();

    await cache.accept("token-2");
    await rotate();
    await expect.poll(cache.logins).toEqual([before + 1, 0]);
    expect(await client.ping()).toBe("PONG");

    await cache.cut();
    expect(await client.aclWhoAmI()).toBe("reports");
    expect(issued()).toBe(2);
  });

  test("C3 a token that the server refuses is replaced, once for all connections", async () => {
    const cache = await startCache();
    const { provider, rotate, issued } = await liveProvider();
    const errors: unknown[] = [];
    const credentialsProvider = redisCredentials(provider, {
      username: "reports",
      onError: (error) => errors.push(error),
    });
    const clients = await Promise.all(
      [1, 2, 3].map(() => createClient({ url: cache.url, RESP, credentialsProvider }).connect()),
    );
    onTestFinished(() => clients.forEach((client) => void client.destroy()));
    const [before] = await cache.logins();

    await cache.accept("token-3");
    await rotate(); // to token-2, which is refused
    await expect.poll(cache.logins).toEqual([before + 6, 3]);
    await expect.poll(() => errors).toHaveLength(3);
    expect(String(errors[0])).toContain("WRONGPASS");
    expect(issued()).toBe(3);
    for (const client of clients) expect(await client.aclWhoAmI()).toBe("reports");
  });

  test("a client that was closed is told of nothing any more, also if it had reconnected", async () => {
    const cache = await startCache();
    const { provider, rotate } = await liveProvider();
    const errors: unknown[] = [];
    const credentialsProvider = redisCredentials(provider, {
      username: "reports",
      onError: (error) => errors.push(error),
    });
    const client = await createClient({ url: cache.url, RESP, credentialsProvider }).connect();
    client.on("error", () => {});
    await cache.cut();
    expect(await client.aclWhoAmI()).toBe("reports");
    await client.close();
    await rotate(); // what is left of the first connection is let go of
    await rotate();
    await rotate();
    await new Promise(setImmediate);
    expect(errors).toEqual([]);
  });
});

describe.skipIf(withoutRedis)("node-redis", () => {
  test("a pool's connections share the token", async () => {
    const cache = await startCache();
    const { provider, issued } = await liveProvider();
    const credentialsProvider = redisCredentials(provider, { username: "reports" });
    const pool = createClientPool({ url: cache.url, credentialsProvider }, { minimum: 5 });
    await pool.connect();
    onTestFinished(() => pool.destroy());
    const all = await Promise.all(Array.from({ length: 50 }, () => pool.aclWhoAmI()));
    expect(new Set(all)).toEqual(new Set(["reports"]));
    expect(issued()).toBe(1);
  });

  test("a wrong token does not connect", async () => {
    const cache = await startCache();
    await cache.accept("another");
    const { provider } = await liveProvider();
    const credentialsProvider = redisCredentials(provider, { username: "reports" });
    const client = createClient({ url: cache.url, credentialsProvider, socket: { reconnectStrategy: false } });
    client.on("error", () => {});
    expect((await errorOf(() => client.connect())).message).toContain("WRONGPASS");
    client.destroy();
  });
});
