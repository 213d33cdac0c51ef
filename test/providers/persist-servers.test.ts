/** `persist: { redis }` and `persist: { postgres }`, in code and in a pipeline (R1, V1, S1, G2). */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { AuthCatalog, Credential, MemoryTokenStore } from "../../src/index.js";
import { PostgresTokenStore } from "../../src/postgres/index.js";
import { RedisTokenStore } from "../../src/redis/index.js";
import { errorOf } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes } from "../support/providers.js";
import { hearWarnings } from "../support/warnings.js";
import { withPostgres, withRedis } from "../support/with-server.js";

const bearer = Credential.bearer;
const encryption_key = Buffer.alloc(32, 7).toString("base64");

describe("G2 faults of persist", () => {
  const faultsOf = (persist: object, runtime = {}) => {
    try {
      fetching.oauth2({ tokenUrl: "https://idp.example/token" }, { persist }, runtime);
      return [];
    } catch (error) {
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
      return (error as { issues?: { path: string; message: string }[] }).issues?.map(
        ({ path, message }) => `${path}: ${message}`,
      );
    }
  };
  const redis = "redis://u:s3cr3t@redis.example";
  const postgres = "postgres://u:s3cr3t@db.example/name";

  test.each([
    [{}, ["persist.path: is required: the path of a folder; or in its place redis or postgres, the URL of a server"]],
    [{ path: "a", redis }, ["persist.redis: cannot stand beside path: a grant has one store"]],
    [{ redis, postgres }, ["persist.postgres: cannot stand beside redis: a grant has one store"]],
    [
      { path: "a", redis, postgres },
      [
        "persist.redis: cannot stand beside path: a grant has one store",
        "persist.postgres: cannot stand beside path: a grant has one store",
      ],
    ],
    [{ path: "a", table: "t" }, ["persist.table: is the table of postgres, which is not given"]],
    [
      { redis: "http://u:s3cr3t@redis.example" },
      [expect.stringMatching(/^persist\.redis: must be the URL of a Redis/)],
    ],
    [{ redis: "redis://u:s3cr3t%zz@redis.example" }, [expect.stringMatching(/^persist\.redis: .*%25/)]],
    [{ redis: 6379 }, [expect.stringMatching(/^persist\.redis: must be the URL of a Redis/)]],
    [{ redis: "" }, ["persist.redis: must not be empty"]],
    [{ redis: { file: "nowhere/at/all" } }, [expect.stringMatching(/^persist\.redis\.file: /)]],
    [
      { postgres: "mysql://u:s3cr3t@db.example" },
      [expect.stringMatching(/^persist\.postgres: must be the URL of a PostgreSQL/)],
    ],
    [{ postgres, table: "a b" }, [expect.stringMatching(/^persist\.table: must be the name of a table/)]],
    [{ rediss: redis }, [expect.stringContaining('did you mean "redis"?'), expect.anything()]],
    [
      { redis, encrypt_existing: true },
      ["persist.encryption_key: is required beside previous_encryption_keys and encrypt_existing"],
    ],
  ])("G2 S1 %j", (persist, expected) => {
    expect(faultsOf(persist)).toEqual(expected);
  });

  test("G2 beside runtime.store none of them may stand", () => {
    const runtime = { store: new MemoryTokenStore() };
    expect(faultsOf({ redis }, runtime)).toEqual([
      "persist.redis: cannot stand beside runtime.store: a grant has one store",
    ]);
    expect(faultsOf({ postgres }, runtime)).toHaveLength(1);
    expect(faultsOf({ key: "k" }, runtime)).toEqual([]);
  });

  test("G2 null is absent", () => {
    expect(faultsOf({ path: null, redis, postgres: null, table: null })).toEqual([]);
  });
});

const kinds = [
  { kind: "redis", lend: withRedis, Store: RedisTokenStore },
  { kind: "postgres", lend: withPostgres, Store: PostgresTokenStore },
] as const;

describe.each(kinds)("persist: { $kind }", ({ kind, lend, Store }) => {
  const lent = lend();
  const url = () => lent.server.url;
  const open = () => new Store(url());
  const withUser = (userinfo: string) => url().replace(/\/\/(.*@)?/, `//${userinfo}@`);
  let keys = 0;
  const newKey = () => {
    keys += 1;
    return `persist-${keys}`;
  };
  const closing = <P extends { close(): Promise<void> }>(provider: P): P => {
    onTestFinished(() => provider.close());
    return provider;
  };

  test.each(fetchingTypes)(
    "R1 D1 %s: the next process starts with the token of the last, and reports cost one request",
    async (_type, make) => {
      const [idp, persist] = [await startIdp(), { [kind]: url(), key: newKey() }];
      const fleet = Array.from({ length: 3 }, () => closing(make(idp, { persist }, { name: "sf" })));
      const tokens = await Promise.all(fleet.map((provider) => provider.getToken()));
      expect(tokens).toEqual(Array(3).fill(bearer("token-1")));
      const next = await Promise.all(fleet.map((provider, n) => provider.invalidate(tokens[n] as Credential)));
      expect(next).toEqual(Array(3).fill(bearer("token-2")));
      expect(idp.seen).toHaveLength(2);
    },
  );

  test("R1 A3 a rotated refresh token is on record, and the next process presents it", async () => {
    const idp = await startIdp((request, response, n) => {
      json(response, {
        access_token: `t${n}`,
        refresh_token: `r${n}`,
        expires_in: 3600,
        seen: request.form.refresh_token,
      });
    });
    const persist = { [kind]: url(), key: newKey() };
    const first = fetching.oauth2_refresh(idp, { persist, refresh_token: "r0" });
    await first.getToken();
    await first.close();
    const second = closing(fetching.oauth2_refresh(idp, { persist, refresh_token: "r0" }));
    await second.invalidate(await second.invalidate(await second.getToken()));
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r1", "r2"]);
  });

  test("R1 S1 encryption_key works over it", async () => {
    const idp = await startIdp(numberedTokens({ refresh_token: "rot4ted" }));
    const persist = { [kind]: url(), key: newKey(), encryption_key };
    await closing(fetching.oauth2_refresh(idp, { persist })).getToken();
    const store = closing(open());
    expect((await store.read(persist.key))?.text).not.toMatch(/token-1|rot4ted|accessToken/);
    expect(await closing(fetching.oauth2_refresh(idp, { persist })).getToken()).toEqual(bearer("token-1"));
  });

  test("S1 neither the provider nor its errors print the password of the server", async () => {
    const idp = await startIdp();
    const persist = { [kind]: withUser("nobody:s3cr3t-of-nobody"), key: newKey() };
    const provider = closing(fetching.oauth2_refresh(idp, { persist }));
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "store", retryable: false });
    const printed = inspect([provider, error, provider.status()], { depth: null, showHidden: true });
    expect(printed + JSON.stringify([provider, error, provider.status()]) + String(error.stack)).not.toContain(
      "s3cr3t",
    );
    expect(idp.seen).toEqual([]);
  });

  test("D3 a grant without a refresh token warns, and does without a server that is not there", async () => {
    const [idp, warnings] = [await startIdp(), hearWarnings("FAUCET_AUTH_STORE_UNAVAILABLE")];
    const persist = { [kind]: url().replace(/:\d+(?=\/|$)/, ":1"), key: newKey() };
    expect(await closing(fetching.oauth2(idp, { persist })).getToken()).toEqual(bearer("token-1"));
    expect(await warnings.all()).toMatchObject([{ message: expect.stringContaining("ECONNREFUSED") }]);
    const strict = closing(fetching.oauth2(idp, { persist: { ...persist, strict: true } }));
    expect(await errorOf(() => strict.getToken())).toMatchObject({ code: "store", retryable: true });
  });

  test("V1 its address is a file of the document's folder, which is read again", async () => {
    const [idp, folder] = [await startIdp(), await newFolder()];
    await writeFile(join(folder, "address"), `${withUser("wrong:w0rd")}\n`);
    const document = join(folder, "pipeline.yaml");
    await writeFile(
      document,
      `auth:
  sf:
    type: oauth2_refresh
    config:
      token_url: ${idp.tokenUrl}
      client_id: c
      client_secret: s
      refresh_token: r0
      persist: { ${kind}: { file: ./address }, key: ${newKey()} }
`,
    );
    const catalog = closing(await AuthCatalog.load(document));
    const provider = catalog.get("sf");
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "store" });
    await writeFile(join(folder, "address"), url());
    expect(await provider.getToken()).toEqual(bearer("token-1"));
  });

  test("V1 V3 a function that gives no address is a store that cannot be read", async () => {
    const idp = await startIdp();
    const persist = { [kind]: () => Promise.reject(new Error("vault is sealed")), key: newKey() };
    const error = await errorOf(() => closing(fetching.oauth2_refresh(idp, { persist })).getToken());
    expect(error).toMatchObject({
      code: "store",
      retryable: true,
      message: expect.stringContaining("vault is sealed"),
    });
    expect(idp.seen).toEqual([]);
  });

  test("two providers with one record warn of nothing, whoever their user of the server is", async () => {
    const [idp, warnings] = [await startIdp(), hearWarnings("FAUCET_AUTH_GRANT_SHARED")];
    const config = { persist: { [kind]: url(), key: newKey() }, refresh_token: `one of ${kind}` };
    await closing(fetching.oauth2_refresh(idp, config, { name: "a" })).getToken();
    const other = closing(fetching.oauth2_refresh(idp, config, { name: "b" }));
    await other.invalidate(await other.getToken());
    expect(await warnings.all()).toEqual([]);
  });
});

describe("connections", () => {
  const redis = withRedis();

  test("C9 close() ends them", async () => {
    const [idp, url] = [await startIdp(), redis.server.url];
    const admin = createClient({ url });
    await admin.connect();
    onTestFinished(() => admin.destroy());
    const count = async () => (await admin.clientList()).length;
    const before = await count();
    const provider = fetching.oauth2(idp, { persist: { redis: url, key: "closing" } });
    await provider.getToken();
    expect(await count()).toBe(before + 1);
    await provider.close();
    await expect.poll(count).toBe(before);
  });
});

describe("a table", () => {
  const postgres = withPostgres();

  test("R1 of one's own is used", async () => {
    const [idp, url] = [await startIdp(), postgres.server.url];
    const provider = fetching.oauth2(idp, { persist: { postgres: url, table: "my_tokens", key: "k" } });
    await provider.getToken();
    await provider.close();
    const store = new PostgresTokenStore(url, { table: "my_tokens" });
    onTestFinished(() => store.close());
    expect((await store.read("k"))?.text).toContain("token-1");
  });
});
