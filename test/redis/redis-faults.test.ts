/** What is wrong with a configuration, a user or a server: said clearly, and without a secret (S1, G5). */

import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { createClient } from "redis";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { RedisTokenStore } from "../../src/redis/index.js";
import { redisErrorOf } from "../../src/redis/redis-error.js";
import { errorOf } from "../support/errors.js";
import { withRedis } from "../support/with-server.js";

describe("G5 a RedisTokenStore that cannot be", () => {
  test.each([
    ["http://redis.example", "url", /URL of a Redis/],
    ["redis.example:6379", "url", /URL of a Redis/],
    ["", "url", /URL of a Redis/],
    ["redis://", "url", /URL of a Redis|name a host/],
    ["redis:///3", "url", /name a host/],
    ["redis://u:s3cr3t@redis.example/three", "url", /number of a database/],
    ["redis://u:s3cr3t@redis.example?db=3", "url", /number of a database is its path/],
    ["redis://u:s3cr3t%zz@redis.example", "url", /%25/],
    ["redis://u:s3cr3t#a@redis.example", "url", /URL of a Redis/],
    [{}, "client", /connected client/],
    [null, "client", /connected client/],
    [undefined, "client", /connected client/],
    [{ url: "redis://u:s3cr3t@redis.example" }, "client", /connected client/],
  ])("G5 S1 %j is a fault", async (server, path, message) => {
    const error = await errorOf(() => new RedisTokenStore(server as never));
    expect(error).toMatchObject({ code: "config", issues: [{ path, message: expect.stringMatching(message) }] });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test.each([
    [{ prefx: "a" }, "options.prefx"],
    [{ prefix: "a{b}" }, "options.prefix"],
    [{ prefix: 5 }, "options.prefix"],
    [new Map([["prefix", "a"]]), "options"],
    [Promise.resolve({ prefix: "a" }), "options"],
    [null, "options"],
  ])("G5 the options %j are a fault", async (options, path) => {
    const error = await errorOf(() => new RedisTokenStore("redis://redis.example", options as never));
    expect(error).toMatchObject({ code: "config", issues: [{ path }] });
  });

  test.each([
    "redis://redis.example",
    "rediss://u:p%40ss@redis.example:6380/3",
    "redis://[::1]:6379",
    "unix:///run/redis.sock",
  ])("%s is none", (url) => {
    expect(new RedisTokenStore(url)).toBeInstanceOf(RedisTokenStore);
  });
});

describe("what an error of Redis means", () => {
  const in62 = "ERR Error running script (call to f_2183d17b558f0ca7728ea937bf9dccf10c04b607): @user_script:2: ";

  test.each([
    ["NOPERM this user has no permissions to access one of the keys used as arguments", "NOPERM"],
    ["ERR The user executing the script can't run this command or subcommand script: 2183d1", "NOPERM"],
    [`${in62}@user_script: 2: The user executing the script can't run this command or subcommand`, "NOPERM"],
    [`${in62}WRONGTYPE Operation against a key holding the wrong kind of value`, "WRONGTYPE"],
    [`${in62}@user_script: 2: -OOM command not allowed when used memory > 'maxmemory'.`, "OOM"],
    [`${in62}@user_script: 2: -READONLY You can't write against a read only replica.`, "READONLY"],
    ["ERR unknown command 'EVALSHA'", "ERR"],
    ["ERR Error running script (call to f_1): s3cr3t", "ERR"],
    ["ERR DB index is out of range", "ERR): it has no database of the number"],
    ["ERR SELECT is not allowed in cluster mode", "SELECT): it has no database of the number"],
  ])("R3 S1 %s", (message, code) => {
    const error = redisErrorOf("Redis", new Error(message));
    expect(error.message).toContain(`(${code}`);
    expect(error.message).not.toContain("s3cr3t");
  });
});

describe("a server that says no", () => {
  const redis = withRedis({ args: ["--requirepass", "s3cr3t-of-root"] });

  async function admin() {
    const client = createClient({ url: redis.server.url, password: "s3cr3t-of-root" });
    await client.connect();
    onTestFinished(() => client.destroy());
    return client;
  }

  function opened(userinfo: string) {
    const store = new RedisTokenStore(redis.server.url.replace("//", `//${userinfo}@`));
    onTestFinished(() => store.close());
    return store;
  }

  beforeEach(async () => {
    const client = await admin();
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "0"]);
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    await client.flushAll();
  });

  test("S1 no password, and a wrong one: a StoreError that names the server, and never the password", async () => {
    for (const [userinfo, code] of [
      [":wr0ng-s3cr3t", "WRONGPASS"],
      ["nobody:wr0ng-s3cr3t", "WRONGPASS"],
    ] as const) {
      const store = opened(userinfo);
      const error = await errorOf(() => store.read("k"));
      expect(error).toMatchObject({ code: "store", retryable: false });
      expect(error.message).toBe(
        `Redis at 127.0.0.1:${redis.server.port} cannot be used (${code}): it refuses the user name or the password`,
      );
      expect(inspect([error, store], { depth: null, showHidden: true })).not.toContain("s3cr3t");
    }
    const bare = new RedisTokenStore(redis.server.url);
    expect(await errorOf(() => bare.read("k"))).toMatchObject({ message: expect.stringContaining("NOAUTH") });
    await bare.close();
  });

  test("a database that is not there is told", async () => {
    const store = new RedisTokenStore(`${redis.server.url.replace("//", "//:s3cr3t-of-root@")}/99`);
    onTestFinished(() => store.close());
    expect(await errorOf(() => store.read("k"))).toMatchObject({
      retryable: false,
      message: expect.stringContaining("it has no database of the number that its URL names"),
    });
  });

  test("a user with the permissions that the guide names, and no other, can do all of it", async () => {
    const client = await admin();
    const guide = await readFile(new URL("../../docs/many-machines.md", import.meta.url), "utf8");
    const [, rights = ""] = /^ACL SETUSER pipeline on >password (.*)$/m.exec(guide) ?? [];
    await client.sendCommand(["ACL", "SETUSER", "pipeline", "reset", "on", ">pw", ...rights.split(" ")]);
    const [store, other] = [opened("pipeline:pw"), opened("pipeline:pw")];
    const lease = await store.lock("k", 60_000);
    expect(await store.write("k", { fencingToken: 1, text: "t" })).toBe(true);
    const told = other.waitForRelease("k", 60_000, new AbortController().signal);
    setTimeout(() => lease?.release(), 50);
    expect(await told).toBe(true);
    expect(await other.lock("k", 60_000)).toMatchObject({ fencingToken: 2 });
  });

  test("a user without channels releases all the same, and whoever waits asks again", async () => {
    const client = await admin();
    const rights = "~faucet-auth:* resetchannels +eval +evalsha +get +set +del +pttl +hget +hmget +hset";
    await client.sendCommand(["ACL", "SETUSER", "mute", "reset", "on", ">pw", ...rights.split(" ")]);
    const [store, other] = [opened("mute:pw"), opened("mute:pw")];
    const lease = await store.lock("k", 60_000);
    expect(await other.waitForRelease("k", 60_000, new AbortController().signal)).toBe(false);
    await lease?.release();
    expect(await other.lock("k", 60_000)).toMatchObject({ fencingToken: 2 });
  });

  test("a permission that is missing, a full memory, a replica, and a key of somebody else are told", async () => {
    const client = await admin();
    await client.sendCommand(["ACL", "SETUSER", "poor", "reset", "on", ">pw", "~*", "+eval", "+evalsha"]);
    expect(await errorOf(() => opened("poor:pw").read("k"))).toMatchObject({
      code: "store",
      retryable: false,
      message: expect.stringContaining("NOPERM"),
    });
    await client.sendCommand(["ACL", "SETUSER", "none", "reset", "on", ">pw"]);
    expect(await errorOf(() => opened("none:pw").read("k"))).toMatchObject({
      retryable: false,
      message: expect.stringContaining("NOPERM): its user lacks a permission"),
    });

    const store = opened(":s3cr3t-of-root");
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
    expect(await errorOf(() => store.lock("k", 1000))).toMatchObject({
      retryable: true,
      message: expect.stringContaining("(OOM): its memory is full"),
    });
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "0"]);

    await client.set("faucet-auth:{k}:record", "of somebody else");
    expect(await errorOf(() => store.read("k"))).toMatchObject({
      retryable: false,
      message: expect.stringContaining("a key of the record is something else"),
    });

    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    expect(await errorOf(() => store.lock("other", 1000))).toMatchObject({
      retryable: true,
      message: expect.stringContaining("it is a replica"),
    });
  });

  test("S1 V1 a URL that cannot be read is told without what went wrong in it", async () => {
    for (const url of [
      () => Promise.reject(new Error("s3cr3t")),
      () => "redis://u:s3cr3t@",
      () => undefined as never,
      () => {
        throw new Error("s3cr3t");
      },
    ]) {
      const store = new RedisTokenStore(url);
      const error = await errorOf(() => store.read("k"));
      expect(error).toMatchObject({ code: "store" });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
      await store.close();
    }
  });

  test("V1 a URL is read for each connection: a password that has changed is used from the next one on", async () => {
    let password = "old";
    const client = await admin();
    const setPassword = (text: string) =>
      client.sendCommand(["ACL", "SETUSER", "live", "on", "allkeys", "allcommands", "resetpass", `>${text}`]);
    await setPassword("old");
    const store = new RedisTokenStore(() => redis.server.url.replace("//", `//live:${password}@`));
    onTestFinished(() => store.close());
    expect(await store.read("k")).toBeUndefined();
    await setPassword("new");
    await client.sendCommand(["CLIENT", "KILL", "USER", "live"]);
    expect(await errorOf(() => store.read("k"))).toMatchObject({ message: expect.stringContaining("WRONGPASS") });
    password = "new";
    expect(await store.read("k")).toBeUndefined();
  });
});
