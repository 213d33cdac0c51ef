/** The store over PostgreSQL, against a server of the system (R1). */

import { Pool } from "pg";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { encryptedStore, type TokenStore } from "../../src/index.js";
import { PostgresTokenStore } from "../../src/postgres/index.js";
import { testConformance } from "../support/conformance.js";
import { startPgBouncer, withoutPgBouncer } from "../support/pgbouncer.js";
import { withoutPostgres } from "../support/postgres.js";
import { withPostgres } from "../support/with-server.js";

const postgres = withPostgres();

type Kind = readonly [
  kind: string,
  prepare: () => Promise<() => TokenStore>,
  /** Whether a process that waits is told of releases. */
  hears?: boolean,
];

const kinds: readonly Kind[] = [
  ["a connection string", async () => () => new PostgresTokenStore(postgres.server.url)],
  ["a pool", async () => over(pool())],
];

const otherKinds: readonly Kind[] = [
  ["a function that gives it", async () => () => new PostgresTokenStore(async () => postgres.server.url)],
  [
    "a connection string, encrypted",
    async () => () => encryptedStore(new PostgresTokenStore(postgres.server.url), { key: Buffer.alloc(32, 7) }),
  ],
  ["a pool of one connection", async () => over(pool({ max: 1 }))],
  [
    "a pool whose transactions are serializable, and whose encoding is another",
    async () => {
      await makeDatabase("latin", "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
      const options = "-c default_transaction_isolation=serializable";
      return over(pool({ database: "latin", options }));
    },
  ],
  [
    "a pool whose parsers give other types",
    async () => over(pool({ types: { getTypeParser: () => (text: string | Buffer) => `${text}` } as never })),
  ],
  [
    "a table in a schema",
    async () => {
      await run("CREATE SCHEMA IF NOT EXISTS pipelines");
      return () => new PostgresTokenStore(postgres.server.url, { table: "pipelines.Tokens_1" });
    },
  ],
  ["one that does not listen", async () => () => new PostgresTokenStore(postgres.server.url, { listen: false }), false],
];

function pool(options: object = {}): Pool {
  const { host, port, password } = postgres.server;
  const made = new Pool({ host, port, user: "postgres", password, database: "postgres", max: 4, ...options });
  made.on("error", () => {});
  postgres.atTheEnd(() => made.end());
  return made;
}

function over(given: Pool): () => TokenStore {
  return () => new PostgresTokenStore(given);
}

async function run(statement: string) {
  const admin = new Pool({ connectionString: postgres.server.url });
  await admin.query(statement).finally(() => admin.end());
}

const makeDatabase = (name: string, options: string) => run(`CREATE DATABASE ${name} ${options}`);

function suite([, prepare, hears = true]: Kind): void {
  let makeStore: () => TokenStore;
  beforeAll(async () => {
    if (withoutPostgres === undefined) makeStore = await prepare();
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

for (const kind of kinds) describe(`a PostgresTokenStore over ${kind[0]}`, () => suite(kind));
for (const kind of otherKinds) describe(`a PostgresTokenStore over ${kind[0]}`, { tags: ["slow"] }, () => suite(kind));

describe.each(["transaction", "session"] as const)("a PostgresTokenStore through PgBouncer in %s mode", (mode) => {
  let url = "";
  beforeEach(({ skip }) => skip(withoutPgBouncer !== undefined, withoutPgBouncer));
  beforeAll(async () => {
    if (withoutPgBouncer !== undefined || withoutPostgres !== undefined) return;
    const bouncer = await startPgBouncer(postgres.server, mode);
    postgres.atTheEnd(() => bouncer.remove());
    url = bouncer.url;
  });

  if (mode === "transaction") testConformance(() => new PostgresTokenStore(url));

  test("R1 whoever waits asks again and again: nothing can be heard through it", async () => {
    const store = new PostgresTokenStore(url);
    onTestFinished(() => store.close());
    await store.lock("k", 600_000);
    expect(await store.waitForRelease("k", 600_000, new AbortController().signal)).toBe(false);
  });

  test("R1 unless it is said that it can", async ({ skip }) => {
    skip(mode === "transaction", "a session of one's own is needed");
    const store = new PostgresTokenStore(url, { listen: true });
    onTestFinished(() => store.close());
    const lease = await store.lock("listen", 600_000);
    const told = store.waitForRelease("listen", 600_000, new AbortController().signal);
    setTimeout(() => lease?.release(), 50);
    expect(await told).toBe(true);
  });
});
