/** pg against a real PostgreSQL, whose role has one password after the other: its tokens. */

import { Client, Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { tokenFunction } from "../../src/adapters/index.js";
import { accessToken } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";
import { startPostgres, withoutPostgres } from "../support/postgres.js";

/** A server whose role `reports` logs in with `token-1`. */
async function startDatabase() {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  const admin = new Client(server.url);
  await admin.connect();
  onTestFinished(() => admin.end());
  await admin.query("CREATE ROLE reports LOGIN PASSWORD 'token-1'");
  return {
    options: { host: server.host, port: server.port, database: "postgres", user: "reports" },
    /** From now on the role logs in with another token, and its connections are cut. */
    async rotate(token: string) {
      await admin.query(`ALTER ROLE reports PASSWORD '${token}'`);
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reports'");
    },
  };
}

const WHO = "SELECT current_user AS who";

describe.skipIf(withoutPostgres)("pg", () => {
  test("each connection logs in with the token that is current then", async () => {
    const database = await startDatabase();
    const { provider, rotate, issued } = await liveProvider();
    const pool = new Pool({ ...database.options, max: 4, password: tokenFunction(provider) });
    onTestFinished(() => pool.end());
    pool.on("error", () => {}); // an idle connection is cut
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.query(WHO)));
    expect(all.map(({ rows }) => rows[0].who)).toEqual(Array.from({ length: 20 }, () => "reports"));
    expect(issued()).toBe(1);

    await rotate();
    await database.rotate("token-2");
    await expect.poll(() => pool.totalCount).toBe(0);
    expect((await pool.query(WHO)).rows).toEqual([{ who: "reports" }]);
    expect(issued()).toBe(2);
  });

  test("what the server refuses is reported by who connects, and the next connection has another token", async () => {
    const database = await startDatabase();
    const { provider, issued } = await liveProvider();
    await database.rotate("token-2");
    const connect = async () => {
      const client = new Client({ ...database.options, password: tokenFunction(provider) });
      onTestFinished(() => client.end());
      await client.connect();
      return (await client.query(WHO)).rows;
    };
    const { credential: sent } = await accessToken(provider);
    expect(await errorOf(connect)).toMatchObject({ code: "28P01" });
    await provider.invalidate(sent);
    expect(await connect()).toEqual([{ who: "reports" }]);
    expect(issued()).toBe(2);
  });
});
