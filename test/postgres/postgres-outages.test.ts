/** A PostgreSQL that is away, slow, or behind a network that fails (R3). */

import { Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { PostgresTokenStore } from "../../src/postgres/index.js";
import { errorOf } from "../support/errors.js";
import { outages } from "../support/outages.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { withPostgres } from "../support/with-server.js";

const postgres = withPostgres();

describe("a PostgresTokenStore with connections of its own", () => {
  outages(postgres, (url) => new PostgresTokenStore(url));
});

describe("a PostgresTokenStore over a pool that was given", () => {
  /** With one connection, and nothing that would end one that hangs. */
  async function given() {
    const { server } = postgres;
    const proxy = await startTcpProxy(server);
    const pool = new Pool({ connectionString: server.url.replace(`:${server.port}`, `:${proxy.port}`), max: 1 });
    pool.on("error", () => {});
    onTestFinished(async () => {
      proxy.mend();
      await pool.end();
      proxy.close();
    });
    return { proxy, pool, store: new PostgresTokenStore(pool) };
  }

  test("R3 a connection that hangs does not stay in the pool", async () => {
    const { proxy, pool, store } = await given();
    expect(await store.write("k", { fencingToken: 1, text: "kept" })).toBe(true);
    proxy.cut();
    expect(await errorOf(() => store.read("k"))).toMatchObject({ code: "store", retryable: true });
    expect(pool.totalCount).toBe(0);
    proxy.mend();
    expect(await store.read("k")).toEqual({ fencingToken: 1, text: "kept" });
  });

  test("R3 whoever waits takes no connection from the pool", async () => {
    const { pool, store } = await given();
    const holder = new PostgresTokenStore(postgres.server.url);
    const lease = await holder.lock("waited for", 3_600_000);
    const waiting = store.waitForRelease("waited for", 3_600_000, new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await store.lock("waited for", 1000)).toBeUndefined();
    await lease?.release();
    expect(await waiting).toBe(true);
    expect(pool.totalCount).toBeLessThanOrEqual(1);
    await holder.close();
    await store.close();
  });

  test("R3 a server that ends all connections is noticed by nobody", async () => {
    const { pool, store } = await given();
    const admin = new Pool({ connectionString: postgres.server.url });
    onTestFinished(() => admin.end());
    for (let round = 1; round <= 3; round += 1) {
      expect(await store.write("ended", { fencingToken: round, text: "" })).toBe(true);
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
      );
      expect(await store.read("ended")).toMatchObject({ fencingToken: round });
    }
    expect(pool.totalCount).toBe(1);
  });

  test("its owner ends it, and nobody else", async () => {
    const { pool, store } = await given();
    await store.lock("owned", 3_600_000);
    await store.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    expect(await new PostgresTokenStore(pool).lock("owned", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("R3 a pool that was ended is an error of the store", async () => {
    const pool = new Pool({ connectionString: postgres.server.url });
    await pool.end();
    expect(await errorOf(() => new PostgresTokenStore(pool).read("k"))).toMatchObject({ code: "store" });
  });
});
