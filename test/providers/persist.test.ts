import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  AuthCatalog,
  Credential,
  FileTokenStore,
  fromConfig,
  MemoryTokenStore,
  OAuth2RefreshProvider,
  StaticProvider,
} from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes, SECRETS } from "../support/providers.js";

const bearer = Credential.bearer;
const encryption_key = Buffer.alloc(32, 7).toString("base64");

describe.each(fetchingTypes)("%s", (type, make) => {
  test("D1 the next process starts with the token of the last, without a request", async () => {
    const [idp, path] = [await startIdp(), await newFolder()];
    const first = make(idp, { persist: { path } }, { name: "sf" });
    await first.getToken();
    await first.close();
    const second = make(idp, { persist: { path } }, { name: "sf" });
    expect(await second.getToken()).toEqual(bearer("token-1"));
    expect(second.status()).toMatchObject({ state: "fresh", counts: { flights: 1, tokenRequests: 0 } });
    expect(idp.seen).toHaveLength(1);
  });

  test("C13 an adopted token expires when it would have expired where it came from", async () => {
    const [idp, path, clock] = [await startIdp(), await newFolder(), testClock()];
    const first = await make(idp, { persist: { path } }, { name: "sf", clock }).getToken();
    clock.advance(600);
    const adopted = await make(idp, { persist: { path } }, { name: "sf", clock }).getToken();
    expect([first, adopted].map(Credential.expiresAt)).toEqual(Array(2).fill(clock.now + 3_000_000));
    expect(idp.seen).toHaveLength(1);
  });

  test("D1 reports of one token in many processes cause one request", async () => {
    const [idp, path] = [await startIdp(), await newFolder()];
    const fleet = Array.from({ length: 4 }, () => make(idp, { persist: { path } }, { name: "sf" }));
    const tokens = await Promise.all(fleet.map((provider) => provider.getToken()));
    const next = await Promise.all(fleet.map((provider, n) => provider.invalidate(tokens[n] as Credential)));
    expect(next).toEqual(Array(4).fill(bearer("token-2")));
    expect(idp.seen).toHaveLength(2);
  });

  test("D1 providers of one process share by a MemoryTokenStore", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const shared = Array.from({ length: 4 }, () => make(idp, {}, { name: "sf", store }));
    await Promise.all(shared.map((provider) => provider.getToken()));
    expect(idp.seen).toHaveLength(1);
  });

  test("S1 an encrypted store has no secret in it, and the next process reads it", async () => {
    const [idp, path] = [await startIdp(numberedTokens({ refresh_token: "rot4ted" })), await newFolder()];
    const persist = { path, key: "sf", encryption_key };
    await make(idp, { persist }).getToken();
    const stored = await new FileTokenStore(path).read("sf");
    expect(stored?.text).not.toMatch(/token-1|rot4ted|accessToken/);
    expect(await make(idp, { persist }).getToken()).toEqual(bearer("token-1"));
    const rekeyed = { ...persist, encryption_key: Buffer.alloc(32, 8).toString("base64") };
    const withPrevious = { ...rekeyed, previous_encryption_keys: [encryption_key] };
    expect(await make(idp, { persist: withPrevious }).getToken()).toEqual(bearer("token-1"));
    const strict = make(idp, { persist: { ...rekeyed, strict: true } });
    expect(await errorOf(() => strict.getToken())).toMatchObject({ code: "store", retryable: false });
  });

  test("G2 faults of persist are told with their path", () => {
    const faults = (config: object, runtime = {}) => {
      try {
        make({ tokenUrl: "https://idp.example/token" }, config, runtime);
        return [];
      } catch (error) {
        return (error as { issues: { path: string }[] }).issues.map(({ path }) => path);
      }
    };
    expect(faults({ persist: {} }, { name: "sf" })).toEqual(["persist.path"]);
    expect(faults({ persist: "x" })).toEqual(["persist"]);
    expect(faults({ persist: { path: "x" } })).toEqual([]);
    expect(faults({}, { store: new MemoryTokenStore() })).toEqual([]);
    expect(faults({ persist: { path: "x", encrypt_existing: true } })).toEqual(["persist.encryption_key"]);
    expect(faults({ persist: { path: "x" } }, { name: "sf", store: new MemoryTokenStore() })).toEqual(["persist.path"]);
    expect(faults({ persist: { path: "x", pth: 1, strict: "no" } }, { name: "sf" })).toEqual([
      "persist.strict",
      "persist.pth",
    ]);
    expect(faults({ persist: { path: "x", encryption_key: "short" } }, { name: "sf" })).toEqual([
      "persist.encryption_key",
    ]);
    expect(faults({ persist: { path: "x", previous_encryption_keys: [encryption_key] } }, { name: "sf" })).toEqual([
      "persist.encryption_key",
    ]);
    expect(faults({}, { name: "sf", store: {} as MemoryTokenStore })).toEqual(["runtime.store"]);
  });

  test("close() finishes the flight in progress; getToken() afterwards is an error", async () => {
    let answer = () => {};
    const idp = await startIdp((request, response, n) => {
      answer = () => numberedTokens()(request, response, n);
    });
    const provider = make(idp, { refresh: "background" });
    const waiting = provider.getToken();
    while (idp.seen.length === 0) await new Promise(setImmediate);
    const closed = provider.close();
    const late = errorOf(() => provider.getToken());
    answer();
    expect(await waiting).toEqual(bearer("token-1"));
    await closed;
    expect(await late).toMatchObject({ code: "closed", retryable: false, message: `${type} is closed` });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
    expect(await errorOf(() => provider.invalidate(bearer("token-1")))).toMatchObject({ code: "closed" });
    await provider.close();
  });

  test("close() closes the store that was opened, not one that was given", async () => {
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const given = make(idp, {}, { name: "sf", store });
    await given.getToken();
    await given.close();
    expect(await store.read("nothing")).toBeUndefined();
  });

  test("Symbol.asyncDispose closes", async () => {
    const provider = make(await startIdp());
    await provider.getToken();
    await provider[Symbol.asyncDispose]();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
  });

  test("S1 a provider with a store prints its key, and no secret", async () => {
    const [idp, path] = [await startIdp(), await newFolder()];
    const provider = make(idp, { persist: { path, encryption_key } }, { name: "My Warehouse" });
    await provider.getToken();
    const printed = inspect(provider, { depth: null, showHidden: true }) + JSON.stringify(provider);
    expect(printed).toMatch(type === "oauth2_refresh" ? /oauth2-refresh-[0-9a-f]{16}/ : /my-warehouse-[0-9a-f]{16}/);
    for (const secret of [...Object.values(SECRETS), "token-1", encryption_key]) expect(printed).not.toContain(secret);
  });
});

describe("the default key", () => {
  const idp = { tokenUrl: "https://idp.example/token" };
  const keyOf = (make: keyof typeof fetching, config: object, name = "Data Lake") => {
    const provider = fetching[make](idp, config, { name, store: new MemoryTokenStore() });
    return (provider.toJSON().persist as { key: string }).key;
  };

  test("D8 of a grant without a refresh token is its name's, endpoint's and client's; the record tells the account", () => {
    const key = keyOf("oauth2", {});
    expect(key).toMatch(/^data-lake-[0-9a-f]{16}$/);
    for (const same of [
      { client_secret: "another" },
      { token_url: `${idp.tokenUrl.replace("//", "//user:pw@")}?key=s3cr3t` },
      { scopes: "a" },
      { params: { audience: "a" } },
    ]) {
      expect(keyOf("oauth2", same)).toBe(key);
    }
    const others = [
      keyOf("oauth2", { client_id: "b" }),
      keyOf("oauth2", { token_url: "https://idp.example/other" }),
      keyOf("oauth2", {}, "data lake"),
      keyOf("token_endpoint", {}),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });

  test("D5 of a grant with one is its endpoint's, client's and refresh token's: harmless changes do not move it", () => {
    const key = keyOf("oauth2_refresh", {});
    expect(key).toMatch(/^oauth2-refresh-[0-9a-f]{16}$/);
    for (const same of [
      { client_secret: "another" },
      { scopes: "b a" },
      { params: { audience: "a" } },
      { headers: { a: "b" } },
    ]) {
      expect(keyOf("oauth2_refresh", same)).toBe(key);
    }
    expect(keyOf("oauth2_refresh", {}, "renamed")).toBe(key);
    const others = [
      { client_id: "b" },
      { token_url: "https://idp.example/other" },
      { refresh_token: "another consent" },
    ];
    expect(new Set([key, ...others.map((config) => keyOf("oauth2_refresh", config))]).size).toBe(4);
  });
});

describe("D8 accounts", () => {
  const warned = () => {
    const codes: unknown[] = [];
    const emit = vi.spyOn(process, "emitWarning").mockImplementation((_text, options) => {
      codes.push((options as { code?: string }).code);
    });
    onTestFinished(() => emit.mockRestore());
    return codes;
  };

  test.each([
    ["a field of the body", (url: string, who: string) => ({ url, body: { user: who } })],
    ["the query", (url: string, who: string) => ({ url: `${url}?tenant=${who}` })],
    ["user info in the URL", (url: string, who: string) => ({ url: url.replace("//", `//${who}:pw@`) })],
    ["a header", (url: string, who: string) => ({ url, headers: { "x-account": who } })],
    ["a number in the body", (url: string, who: string) => ({ url, body: { tenant: who.length } })],
  ])(
    "D8 another account by %s never gets the first one's token; its own takes the place, with a warning",
    async (_what, config) => {
      const codes = warned();
      const [idp, path] = [await startIdp(), await newFolder()];
      const tokenOf = async (who: string) =>
        fetching.token_endpoint(idp, { ...config(idp.tokenUrl, who), persist: { path } }, { name: "login" }).getToken();
      expect(await tokenOf("a")).toEqual(bearer("token-1"));
      expect(await tokenOf("a")).toEqual(bearer("token-1"));
      expect(codes).toEqual([]);
      expect(await tokenOf("bcd")).toEqual(bearer("token-2"));
      expect(codes).toEqual(["FAUCET_AUTH_OTHER_ACCOUNT"]);
      expect(await tokenOf("bcd")).toEqual(bearer("token-2"));
    },
  );

  const forms = { encoding: "form" };
  test.each([
    [
      "body",
      { body: { user: "a", at: { b: [{ c: 1, d: 2 }], e: 3 } } },
      { body: { at: { e: 3, b: [{ d: 2, c: 1 }] }, user: "a" } },
    ],
    ["a form", { ...forms, body: { user: "a", at: [1, 2] } }, { ...forms, body: { at: [1, 2], user: "a" } }],
    ["query", { query: { user: "a", at: "b" } }, { query: { at: "b", user: "a" } }],
    ["the query of the URL", { url: "?user=a%20b&at=1&at=2" }, { url: "?at=1&user=a%20b&at=2" }],
    ["headers", { headers: { user: "a", at: "b" } }, { headers: { at: "b", user: "a" } }],
  ])("D8 D5 another order within %s is the same account: its refresh token is kept", async (_what, first, second) => {
    const codes = warned();
    const [idp, store, clock] = [
      await startIdp(numberedTokens({ refresh_token: "r", expires_in: 3600 })),
      new MemoryTokenStore(),
      testClock(),
    ];
    const refresh_request = { body: { refresh: "{refresh_token}" } };
    for (const [n, config] of [first, second, first, second].entries()) {
      const url = `${idp.tokenUrl}${(config as { url?: string }).url ?? ""}`;
      const login = fetching.token_endpoint(idp, { ...config, url, refresh_request }, { name: "login", store, clock });
      expect(await login.getToken()).toEqual(bearer(`token-${Math.trunc(n / 2) + 1}`));
      if (n % 2 === 1) clock.advance(3600);
    }
    expect(codes).toEqual([]);
    expect(idp.seen[1]?.body).toContain("refresh");
  });

  test("D8 nor does another order in the steps of a flow tell another account", async () => {
    const codes = warned();
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    for (const json of [
      { user: "a", at: { b: 1, c: 2 } },
      { at: { c: 2, b: 1 }, user: "a" },
    ]) {
      const request = { method: "POST", url: idp.tokenUrl, json };
      const steps = [{ request, capture: { token: "$.access_token" } }];
      const config = { steps, apply: [{ into: "header", name: "authorization", value: "Bearer ${token}" }] };
      const login = fromConfig({ type: "flow", config }, { name: "login", store });
      await login.getToken();
    }
    expect(codes).toEqual([]);
  });

  test("D8 the order of a list tells another account", async () => {
    const codes = warned();
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    for (const at of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      await fetching.token_endpoint(idp, { body: { at } }, { name: "login", store }).getToken();
    }
    expect(codes).toEqual(["FAUCET_AUTH_OTHER_ACCOUNT"]);
  });

  test("D8 D5 the record of a login that an earlier release has kept, which took the order as it was given, is taken over", async () => {
    const codes = warned();
    const [idp, store] = [await startIdp(), new MemoryTokenStore()];
    const body = { user: "a", password: "b" };
    const headers = [
      ["accept", "application/json"],
      ["content-type", "application/json"],
    ];
    const account = JSON.stringify(["POST", idp.tokenUrl, headers, JSON.stringify(body)]);
    const fingerprint = createHash("sha256").update("salt").update(account).digest("base64url");
    const record = {
      version: 2,
      revision: 1,
      salt: "salt",
      seen: [],
      account: fingerprint,
      cameByLogin: true,
      refreshToken: "kept",
    };
    await store.write("login", { fencingToken: 1, text: JSON.stringify(record) });
    const config = {
      body,
      headers: {},
      persist: { key: "login" },
      refresh_request: { body: { refresh: "{refresh_token}" } },
    };
    await fetching.token_endpoint(idp, config, { name: "login", store }).getToken();
    expect(idp.seen.map(({ body }) => body)).toEqual(['{"refresh":"kept"}']);
    expect(codes).toEqual([]);
  });

  test("D8 where the record holds a refresh token, another account is a ConfigError before any request", async () => {
    const [idp, store] = [await startIdp(numberedTokens({ refresh_token: "r" })), new MemoryTokenStore()];
    const persist = { key: "shared" };
    await fetching.oauth2_refresh(idp, { persist }, { store }).getToken();
    const other = fetching.oauth2(idp, { client_id: "another", persist }, { name: "other", store });
    expect(await errorOf(() => other.getToken())).toMatchObject({
      code: "config",
      message: expect.stringMatching(/other: .*another account.*persist\.key.*persist\.path/),
    });
    expect(idp.seen).toHaveLength(1);
  });

  test("D5 another account's refresh token under the same name and client is another record", async () => {
    const [idp, path] = [await startIdp(numberedTokens({ refresh_token: "rot4ted" })), await newFolder()];
    for (const [refresh_token, token] of [
      ["a", "token-1"],
      ["b", "token-2"],
      ["a", "token-1"],
    ] as const) {
      const provider = fetching.oauth2_refresh(idp, { refresh_token, persist: { path } }, { name: "crm" });
      expect(await provider.getToken()).toEqual(bearer(token));
    }
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["a", "b"]);
  });

  test("D9 a scope that is added gets a token of its own from the same grant, and its order is no matter", async () => {
    const [idp, path] = [await startIdp(), await newFolder()];
    idp.answerWith((_request, response, n) =>
      json(response, { access_token: `token-${n}`, refresh_token: `r${n}`, expires_in: 3600 }),
    );
    const tokenOf = (scopes: string, name: string) =>
      fetching.oauth2_refresh(idp, { scopes, persist: { path } }, { name }).getToken();
    expect(await tokenOf("a b", "crm")).toEqual(bearer("token-1"));
    expect(await tokenOf("b a", "renamed")).toEqual(bearer("token-1"));
    expect(await tokenOf("a b c", "crm")).toEqual(bearer("token-2"));
    expect(await tokenOf("a b", "crm")).toEqual(bearer("token-1"));
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual([SECRETS.refresh_token, "r1"]);
  });
});

describe("D5 what was kept before there is a record", () => {
  const rotating = async () => {
    const idp = await startIdp();
    idp.answerWith((_request, response, n) =>
      json(response, { access_token: `token-${n}`, refresh_token: `r${n}`, expires_in: 3600 }),
    );
    return idp;
  };
  const presented = (idp: { seen: readonly { form: Record<string, string> }[] }) =>
    idp.seen.map(({ form }) => form.refresh_token);
  /** FNV-1a, as the crate names its files. */
  const fnv = (text: string) => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return hash.toString(16).padStart(16, "0");
  };

  test.each([
    ["{ refresh_token, seed }", JSON.stringify({ refresh_token: "kept", seed: fnv("seed") })],
    ["{ refresh_token }", JSON.stringify({ refresh_token: "kept" })],
    ["a JSON string", JSON.stringify("kept")],
    ["the text alone", "kept\n"],
  ])("G7 D5 the crate's file under persist.key, %s, is where we start", async (_what, text) => {
    const [idp, path] = [await rotating(), await newFolder()];
    await writeFile(join(path, "wh%3Amain.json"), text);
    const config = { refresh_token: "seed", persist: { path, key: "wh:main" } };
    await fetching.oauth2_refresh(idp, config).getToken();
    expect(presented(idp)).toEqual(["kept"]);
    const next = fetching.oauth2_refresh(idp, config);
    await next.invalidate(await next.getToken());
    expect(presented(idp)).toEqual(["kept", "r1"]);
  });

  test.each([
    ["1.5", (url: string) => `${url}\0the-client\0${fnv("seed")}`],
    ["1.1 to 1.4", (url: string) => `${url}\0the-client`],
  ])("G7 so is the file under the default key of the crate %s", async (_version, name) => {
    const [idp, path] = [await rotating(), await newFolder()];
    await writeFile(
      join(path, `oauth2_refresh_${fnv(name(idp.tokenUrl))}.json`),
      JSON.stringify({ refresh_token: "kept" }),
    );
    await fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path } }).getToken();
    expect(presented(idp)).toEqual(["kept"]);
  });

  test.each(["1000123456", "true", '["x"]', "123456789012345678901234", "-", "null"])(
    "G7 D5 the crate's file with the text alone, %s, is that text, though JSON could say so too",
    async (text) => {
      const [idp, path] = [await rotating(), await newFolder()];
      await writeFile(join(path, "crm.json"), text);
      await fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path, key: "crm" } }).getToken();
      expect(presented(idp)).toEqual([text]);
    },
  );

  test.each([
    ["empty", ""],
    ["cut off", '{"refresh_token":"s3cr'],
    ["a text without its end", '"s3cr3t'],
    ["a text of nothing", '""'],
    ["a number where the text stood", '{"refresh_token":12345,"seed":"seed"}'],
    ["a page", "<html>\n</html>"],
    ["written as UTF-16", Buffer.from("s3cr3t", "utf16le")],
  ])("G7 D5 a file of the crate that is %s is a StoreError, and nothing is presented", async (_what, text) => {
    const [idp, path] = [await rotating(), await newFolder()];
    await writeFile(join(path, "crm.json"), text);
    const provider = fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path, key: "crm" } });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "store", message: expect.stringContaining(join(path, "crm.json")) });
    expect(`${error}`).not.toContain("s3cr");
    expect(presented(idp)).toEqual([]);
  });

  test.each([
    ["in capital letters", "CRM", "%43%52%4D.json"],
    ["in capital letters, by older releases", "CRM", "CRM.json"],
    ["with an owner", "acme/erp::Main", "acme%2Ferp%3A%3A%4Dain.json"],
    [
      "that is long",
      `p:${"aB".repeat(100)}`,
      `p%3A${"a%42".repeat(22)}a~${createHash("sha256")
        .update(`p:${"aB".repeat(100)}`)
        .digest("hex")}.json`,
    ],
  ])("G7 the crate's file under a persist.key %s has the name that the crate gives it", async (_what, key, name) => {
    const [idp, path] = [await rotating(), await newFolder()];
    await writeFile(join(path, name), JSON.stringify({ refresh_token: "kept" }));
    await fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path, key } }).getToken();
    expect(presented(idp)).toEqual(["kept"]);
  });

  test.each([
    ["of 300 characters", "k".repeat(300)],
    ["of 300 characters that the crate cannot have", "é".repeat(300)],
    ["that is a path", "../outside"],
    ["that is a path of Windows", "..\\outside"],
  ])("G7 D5 a persist.key %s names no file of the crate, and works", async (_what, key) => {
    const [idp, parent] = [await rotating(), await newFolder()];
    const path = join(parent, "state");
    await mkdir(path);
    for (const name of ["../outside.json", "..\\outside.json"]) await writeFile(join(path, name), "none of ours");
    await fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path, key } }).getToken();
    expect(presented(idp)).toEqual(["seed"]);
  });

  test("G7 a file of the crate that holds no refresh token is passed over, as the crate does", async () => {
    const [idp, path] = [await rotating(), await newFolder()];
    for (const [key, text] of Object.entries({ a: "{}", b: '{"refresh_token":""}', c: '{"refresh_token":null}' })) {
      await writeFile(join(path, `${key}.json`), text);
      await fetching.oauth2_refresh(idp, { refresh_token: `seed ${key}`, persist: { path, key } }).getToken();
    }
    expect(presented(idp)).toEqual(["seed a", "seed b", "seed c"]);
  });

  test("G7 D8 a file of another seed is not ours; nor is one that cannot be read", async () => {
    const [idp, path] = [await rotating(), await newFolder()];
    await writeFile(join(path, "k.json"), JSON.stringify({ refresh_token: "theirs", seed: fnv("another") }));
    await fetching.oauth2_refresh(idp, { refresh_token: "seed", persist: { path, key: "k" } }).getToken();
    await mkdir(join(path, "l.json"));
    await fetching.oauth2_refresh(idp, { refresh_token: "seed2", persist: { path, key: "l" } }).getToken();
    expect(presented(idp)).toEqual(["seed", "seed2"]);
  });

  test("D5 a record under a default key of the old kind is taken over, once", async () => {
    const [idp, store] = [await rotating(), new MemoryTokenStore()];
    const origin = ["oauth2_refresh", "Data Lake", idp.tokenUrl, "the-client", [], null];
    const old = `data-lake-${createHash("sha256").update(JSON.stringify(origin)).digest("hex").slice(0, 16)}`;
    const seen = createHash("sha256").update("salt").update(SECRETS.refresh_token).digest("base64url");
    const record = { version: 1, generation: 7, refreshToken: "kept", salt: "salt", seen: [seen], accessToken: "old" };
    await store.write(old, { fencingToken: 7, text: JSON.stringify(record) });
    const make = () => fetching.oauth2_refresh(idp, {}, { name: "Data Lake", store });
    const first = await make().getToken();
    expect(await make().getToken()).toEqual(first);
    const next = make();
    await next.invalidate(await next.getToken());
    await fetching.oauth2_refresh(idp, { refresh_token: "another account" }, { name: "Data Lake", store }).getToken();
    expect(presented(idp)).toEqual(["kept", "r1", "another account"]);
  });
});

describe("rotation", () => {
  test("D1 the rotated refresh token outlives the process", async () => {
    const [idp, path, clock] = [await startIdp(), await newFolder(), testClock()];
    idp.answerWith((_request, response, n) =>
      json(response, { access_token: `t${n}`, refresh_token: `r${n}`, expires_in: 60 }),
    );
    for (let run = 0; run < 3; run += 1) {
      const provider = fetching.oauth2_refresh(idp, { persist: { path, key: "sf" } }, { clock });
      await provider.getToken();
      await provider.close();
      clock.advance(3600);
    }
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual([SECRETS.refresh_token, "r1", "r2"]);
  });

  test("D3 a store that cannot be used is an error, and the configured refresh token is not presented", async () => {
    const [idp, path] = [await startIdp(), await newFolder()];
    const store = new FileTokenStore(path);
    await store.write("blocker", { fencingToken: 1, text: "" });
    const [file = ""] = await readdir(join(path, "blocker"));
    const persist = { path: join(path, "blocker", file, "below"), key: "sf" };
    const provider = fetching.oauth2_refresh(idp, { persist });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "store", name: "StoreError" });
    expect(idp.seen).toHaveLength(0);
  });

  test("F4 D7 a closed gate lets a process look, each second, whether another has got a token", async () => {
    const [idp, store, clock] = [await startIdp(), new MemoryTokenStore(), testClock()];
    idp.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    const persist = { key: "sf" };
    const config = { refresh_token: "a", persist };
    const provider = fetching.oauth2_refresh(idp, config, { name: "sf", store, clock, random: () => 0 });
    await errorOf(() => provider.getToken());
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: clock.now + 15_000 });
    clock.advance(1);
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      error: "invalid_client",
      retryAt: clock.now + 14_000,
    });
    expect(provider.status()).toMatchObject({
      consecutiveFailures: 1,
      retryAt: clock.now + 14_000,
      counts: { tokenRequests: 1 },
    });
    idp.answerWith(numberedTokens());
    await fetching.oauth2_refresh(idp, { refresh_token: "b", persist }, { name: "sf", store, clock }).getToken();
    clock.advance(1);
    expect(await provider.getToken()).toEqual(bearer("token-2"));
    expect(idp.seen).toHaveLength(2);
  });
});

describe("close()", () => {
  test("of a static provider, and of a catalog, which closes all that it has made", async () => {
    const catalog = AuthCatalog.fromConfig({ a: { type: "static", config: { token: "t" } } });
    const named = catalog.get("a");
    const own = catalog.resolve({ type: "static", config: { token: "u" } });
    const custom = fromConfig({ type: "mine" }, { types: { mine: () => new StaticProvider({ token: "t" }) } });
    await catalog.close();
    await catalog[Symbol.asyncDispose]();
    expect(() => catalog.resolve({ type: "static", config: { token: "v" } })).toThrow("auth catalog is closed");
    for (const provider of [named, own]) {
      expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
    }
    expect(await custom.getToken()).toEqual(bearer("t"));
  });

  test("of a catalog with a type of the user's own that has no close()", async () => {
    const provider = new StaticProvider({ token: "t" });
    const bare = {
      type: "bare",
      name: "bare",
      getToken: () => provider.getToken(),
      invalidate: () => provider.getToken(),
    };
    const catalog = AuthCatalog.fromConfig({ a: { type: "bare" } }, { types: { bare: () => bare } });
    await catalog.close();
  });

  test("a grant with a closed store is an error", async () => {
    const store = new MemoryTokenStore();
    const config = { token_url: "https://idp.example/token", client_id: "c", client_secret: "s", refresh_token: "r" };
    const provider = new OAuth2RefreshProvider(config, { name: "sf", store });
    await store.close();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
  });
});
