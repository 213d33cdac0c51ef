/** What is wrong with a configuration, a user, a table or a server: said clearly, and without a secret (S1, G5). */

import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { Client, Pool } from "pg";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { PostgresTokenStore, type PostgresTokenStoreOptions } from "../../src/postgres/index.js";
import { postgresErrorOf } from "../../src/postgres/postgres-error.js";
import { errorOf } from "../support/errors.js";
import { withPostgres } from "../support/with-server.js";

describe("G5 a PostgresTokenStore that cannot be", () => {
  test.each([
    ["http://db.example", "url", /URL of a PostgreSQL/],
    ["host=db.example password=s3cr3t", "url", /URL of a PostgreSQL/],
    ["", "url", /URL of a PostgreSQL/],
    ["postgres://u:s3cr3t%zz@db.example/x", "url", /%25/],
    ["postgres://u:s3cr3t#a@db.example/x", "url", /URL of a PostgreSQL/],
    [{}, "pool", /a Pool of the pg package/],
    [null, "pool", /a Pool of the pg package/],
    [undefined, "pool", /a Pool of the pg package/],
    [new Client({ password: "s3cr3t" }), "pool", /a Pool of the pg package/],
    [{ connectionString: "postgres://u:s3cr3t@db.example" }, "pool", /a Pool of the pg package/],
  ])("G5 S1 %s is a fault", async (server, path, message) => {
    const error = await errorOf(() => new PostgresTokenStore(server as never));
    expect(error).toMatchObject({ code: "config", issues: [{ path, message: expect.stringMatching(message) }] });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test.each([
    [{ tabel: "a" }, "options.tabel"],
    [{ table: "" }, "options.table"],
    [{ table: 'a"; DROP TABLE x; --' }, "options.table"],
    [{ table: "a.b.c" }, "options.table"],
    [{ table: "a." }, "options.table"],
    [{ table: "a".repeat(64) }, "options.table"],
    [{ table: 5 }, "options.table"],
    [{ create: "no" }, "options.create"],
    [{ listen: 1 }, "options.listen"],
    [null, "options"],
    [new Map([["table", "a"]]), "options"],
    [Promise.resolve({ table: "a" }), "options"],
  ])("G5 the options %j are a fault", async (options, path) => {
    const error = await errorOf(() => new PostgresTokenStore("postgres://db.example", options as never));
    expect(error).toMatchObject({ code: "config", issues: [{ path }] });
  });

  test.each([
    "postgres://db.example",
    "postgresql://u:p%40ss@db.example:5433/name?sslmode=disable",
    "postgres:///name",
    "postgres://u@/name?host=/run/postgresql",
    "postgres://%2Frun%2Fpostgresql/name",
  ])("%s is none", (url) => {
    expect(new PostgresTokenStore(url)).toBeInstanceOf(PostgresTokenStore);
  });
});

describe("a server that says no", () => {
  const postgres = withPostgres({ password: "s3cr3t-of-root" });

  async function sql(...statements: string[]) {
    const client = new Client({ connectionString: postgres.server.url });
    await client.connect();
    try {
      const results = [];
      for (const statement of statements) results.push((await client.query(statement)).rows);
      return results.flat();
    } finally {
      await client.end();
    }
  }

  function opened(url: ConstructorParameters<typeof PostgresTokenStore>[0], options?: PostgresTokenStoreOptions) {
    const store = new PostgresTokenStore(url, options);
    onTestFinished(() => store.close());
    return store;
  }

  const urlOf = (userinfo: string, database = "postgres") =>
    `postgres://${userinfo}@127.0.0.1:${postgres.server.port}/${database}`;

  beforeEach(async () => {
    await sql(
      "DROP TABLE IF EXISTS faucet_auth",
      "DROP SCHEMA IF EXISTS pipelines CASCADE",
      "DROP OWNED BY pipeline",
      "DROP ROLE pipeline",
    ).catch(() => {});
    await sql("CREATE ROLE pipeline LOGIN PASSWORD 's3cr3t-of-role'").catch(() => {});
  });

  test("S1 a wrong password: a StoreError that names the server, and never the password", async () => {
    const store = opened(urlOf("postgres:wr0ng-s3cr3t"));
    const error = await errorOf(() => store.read("k"));
    expect(error).toMatchObject({ code: "store", retryable: false });
    expect(error.message).toBe(
      `PostgreSQL at 127.0.0.1:${postgres.server.port} cannot be used (28P01): it refuses the user name or the password`,
    );
    expect(inspect([error, store], { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test.each([
    ["postgres:s3cr3t-of-root", "sslmode=require", "cannot be used: it has no TLS: turn that on there"],
    [
      "postgres:s3cr3t-of-root",
      "sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
      "(ENOENT): the file /nowhere/ca.pem in its",
    ],
    [
      "postgres:s3cr3t-of-root",
      `sslmode=verify-full&sslkey=${encodeURIComponent("-----BEGIN PRIVATE KEY-----\ns3cr3t")}`,
      "(ENOENT): what stands for a file in its",
    ],
    ["postgres", "", "cannot be used: it wants a password, and the connection string has none"],
  ])("S1 what the driver says without a code, and of a file, is told: %s %s", async (user, query, message) => {
    const error = await errorOf(() => opened(`${urlOf(user)}?${query}`).read("k"));
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining(message) });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test.each([
    ["timeout exceeded when trying to connect", "there was no connection in time"],
    ["Connection terminated unexpectedly", "the connection was lost"],
    ["of another kind: s3cr3t", "gives no code"],
  ])("S1 %s: that may pass by itself", (words, message) => {
    const error = postgresErrorOf("PostgreSQL", new Error(words));
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining(message) });
    expect(error.message).not.toContain("s3cr3t");
  });

  test("S1 a row that the table does not take is quoted nowhere", async () => {
    const store = opened(postgres.server.url);
    await store.read("k");
    await sql("ALTER TABLE faucet_auth ADD CONSTRAINT small CHECK (length(record) < 5)");
    const error = await errorOf(() => store.write("k", { fencingToken: 1, text: "s3cr3t-t0ken" }));
    expect(error).toMatchObject({ code: "store", message: expect.stringContaining("23514") });
    const printed = inspect(error, { depth: null, showHidden: true });
    for (const form of ["s3cr3t-t0ken", Buffer.from("s3cr3t-t0ken").toString("hex")])
      expect(printed).not.toContain(form);
  });

  test("S1 V1 a connection string that cannot be read is told without what went wrong in it", async () => {
    for (const url of [
      () => Promise.reject(new Error("s3cr3t")),
      () => "postgres://u:s3cr3t%zz@127.0.0.1:1/x",
      () => undefined as never,
      () => {
        throw new Error("s3cr3t");
      },
    ]) {
      const error = await errorOf(() => opened(url).read("k"));
      expect(error).toMatchObject({ code: "store" });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
    }
  });

  test("V1 a connection string is read for each use: a password that has changed gets connections of its own", async () => {
    let password = "s3cr3t-of-role";
    await sql(
      "CREATE TABLE faucet_auth (key text PRIMARY KEY, last_lease bigint NOT NULL DEFAULT 0, holder text, held_until timestamptz, fencing_token bigint, record bytea)",
      "GRANT SELECT, INSERT, UPDATE ON faucet_auth TO pipeline",
    );
    const store = opened(() => urlOf(`pipeline:${password}`));
    expect(await store.read("k")).toBeUndefined();
    await sql("ALTER ROLE pipeline PASSWORD 'n3w'");
    password = "n3w";
    expect(await store.write("k", { fencingToken: 1, text: "t" })).toBe(true);
    await expect
      .poll(() => sql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'pipeline'"))
      .toEqual([{ n: 1 }]);
  });

  test("many who find no table make it, and none of them hears of the others", async () => {
    for (let round = 0; round < 5; round += 1) {
      await sql("DROP TABLE IF EXISTS faucet_auth");
      const stores = Array.from({ length: 12 }, () => opened(postgres.server.url));
      const leases = await Promise.all(stores.map((store) => store.lock("k", 60_000)));
      expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
      await Promise.all(stores.map((store) => store.close()));
    }
  });

  test("create: false makes none; the guide has the statement, and the rights that a user needs then", async () => {
    const guide = await readFile(new URL("../../docs/many-machines.md", import.meta.url), "utf8");
    const [, create = "", grant = ""] = /^```sql\n(CREATE TABLE.*?;)\n+(GRANT.*?;)\n```$/ms.exec(guide) ?? [];
    const store = opened(urlOf("pipeline:s3cr3t-of-role"), { create: false });
    expect(await errorOf(() => store.read("k"))).toMatchObject({
      code: "store",
      retryable: false,
      message: expect.stringContaining("(42P01): there is no such table, and create is false"),
    });
    await sql(create);
    expect(await errorOf(() => store.read("k"))).toMatchObject({
      retryable: false,
      message: expect.stringContaining("(42501): its user lacks a permission"),
    });
    await sql(grant);
    const lease = await store.lock("k", 60_000);
    expect(await store.write("k", { fencingToken: 1, text: "t" })).toBe(true);
    const other = opened(urlOf("pipeline:s3cr3t-of-role"), { create: false });
    const told = other.waitForRelease("k", 60_000, new AbortController().signal);
    setTimeout(() => lease?.release(), 50);
    expect(await told).toBe(true);
    expect(await other.read("k")).toEqual({ fencingToken: 1, text: "t" });
    // It is the table that would have been made.
    const columns =
      "SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_name = 'faucet_auth' ORDER BY 1";
    const [byHand] = [await sql(columns)];
    await sql("DROP TABLE faucet_auth");
    await opened(postgres.server.url).read("k");
    expect(await sql(columns)).toEqual(byHand);
  });

  test.each([
    ["a schema that is not there", { table: "nowhere.tokens" }, undefined, "(3F000): there is no such schema"],
    ["a table of somebody else", {}, "CREATE TABLE faucet_auth (id int)", "(42703): the table is not as it should be"],
    [
      "one without its key",
      {},
      "CREATE TABLE faucet_auth (key text, last_lease bigint, holder text, held_until timestamptz, fencing_token bigint, record bytea)",
      "(42P10): the table is not as it should be",
    ],
  ])("%s is told", async (_what, options, statement, message) => {
    if (statement !== undefined) await sql(statement);
    const error = await errorOf(() => opened(postgres.server.url, options).lock("k", 1000));
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining(message) });
  });

  test("a server that can only be read, and one that has no room for another, may pass by themselves", async () => {
    const store = opened(postgres.server.url);
    await store.read("k");
    const readOnly = new Pool({
      connectionString: postgres.server.url,
      options: "-c default_transaction_read_only=on",
    });
    onTestFinished(() => readOnly.end());
    expect(await errorOf(() => new PostgresTokenStore(readOnly).lock("k", 1000))).toMatchObject({
      retryable: true,
      message: expect.stringContaining("(25006): it can only be read"),
    });
    await sql("ALTER ROLE pipeline CONNECTION LIMIT 0");
    expect(await errorOf(() => opened(urlOf("pipeline:s3cr3t-of-role")).read("k"))).toMatchObject({
      retryable: true,
      message: expect.stringContaining("(53300): it has too many connections"),
    });
    expect(await errorOf(() => opened(urlOf("postgres:s3cr3t-of-root", "nowhere")).read("k"))).toMatchObject({
      retryable: false,
      message: expect.stringContaining("(3D000): there is no such database"),
    });
  });

  test("R2 keys of any length and in any characters are rows of their own", async () => {
    const store = opened(postgres.server.url);
    const keys = [
      "",
      "%",
      "%25;",
      "é",
      "漢",
      "\0",
      "\ud800",
      "\udc00",
      "x".repeat(501),
      "x".repeat(20_000),
      `${"x".repeat(20_000)}y`,
    ];
    for (const [index, key] of keys.entries()) await store.write(key, { fencingToken: 1, text: `${index}` });
    for (const [index, key] of keys.entries()) expect((await store.read(key))?.text).toBe(`${index}`);
    const [{ longest }] = (await sql("SELECT max(length(key)) AS longest FROM faucet_auth")) as [{ longest: number }];
    expect(longest).toBeLessThan(600);
    expect(await sql("SELECT key FROM faucet_auth WHERE key ~ '[^ -~]'")).toEqual([]);
  });
});
