/** Issuers of a user's own over a record (D10), with all of D. */

import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  Credential,
  type DurableOptions,
  durable,
  encryptedStore,
  FileTokenStore,
  type Issue,
  type IssueContext,
  type Issued,
  MemoryTokenStore,
  retrying,
  TokenCache,
  type TokenStore,
} from "../../src/index.js";
import { AuthError } from "../../src/values/errors.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { FlakyStore } from "../support/fleet.js";
import { newFolder } from "../support/folder.js";
import { hearWarnings } from "../support/warnings.js";

const bearer = Credential.bearer;
const START = 1_700_000_000_000;
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => vi.useRealTimers());

interface RotatingIdp {
  /** The one refresh token that it takes; at first any. */
  good: string | undefined;
  readonly calls: IssueContext[];
  readonly presented: (string | undefined)[];
  answer(n: number): Issued | Promise<Issued>;
  readonly issue: Issue;
}

/** An IdP whose refresh tokens can be used once; its n-th answer has t<n> and r<n>, for an hour. */
function rotating(good?: string): RotatingIdp {
  const idp: RotatingIdp = {
    good,
    calls: [],
    presented: [],
    answer: (n) => ({ credential: bearer(`t${n}`), refreshToken: `r${n}`, expiresIn: 3600 }),
    async issue(why) {
      idp.calls.push(why);
      idp.presented.push(why.refreshToken);
      if (idp.good !== undefined && why.refreshToken !== idp.good) {
        throw new AuthError("refused", { status: 400, error: "invalid_grant" });
      }
      const issued = await idp.answer(idp.calls.length);
      idp.good = issued.refreshToken || idp.good;
      return issued;
    },
  };
  return idp;
}

/** A cache in a process of its own. */
function processOf(idp: { issue: Issue }, store: TokenStore, options: Partial<DurableOptions> = {}): TokenCache {
  return new TokenCache(durable(idp.issue, { store, key: "my_idp", ...options }), { name: "mine", random: () => 0.5 });
}

async function recordIn(store: TokenStore): Promise<Record<string, unknown>> {
  return JSON.parse((await store.read("my_idp"))?.text ?? "{}");
}

describe("the refresh token", () => {
  test("D10 holds in why.refreshToken: none, the one that came, its successor; without one, the former holds on", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    const cache = processOf(idp, store);
    let token = await cache.getToken();
    expect(token).toEqual(bearer("t1"));
    token = await cache.invalidate(token);
    idp.answer = (n) => ({ credential: bearer(`t${n}`), refreshToken: n === 3 ? "" : undefined });
    token = await cache.invalidate(token);
    await seconds(10);
    await cache.invalidate(token);
    expect(idp.presented).toEqual([undefined, "r1", "r2", "r2"]);
    expect(idp.calls.map(({ reason }) => reason)).toEqual(["initial", "invalidated", "invalidated", "invalidated"]);
    expect(idp.calls[1]).toMatchObject({ rejected: bearer("t1"), signal: expect.any(AbortSignal) });
    expect(idp.calls[1]?.timeLeft?.()).toBeLessThanOrEqual(30_000);
  });

  test("D10 is on record, and the lock held, before the token is handed out", async () => {
    const [idp, store] = [rotating("r0"), new MemoryTokenStore()];
    const events: string[] = [];
    const write = store.write.bind(store);
    vi.spyOn(store, "write").mockImplementation(async (key, record) => {
      await seconds(1);
      events.push(`written ${JSON.parse(record.text).refreshToken}`);
      return write(key, record);
    });
    idp.answer = async () => {
      events.push(`locked ${(await store.lock("my_idp", 1000)) === undefined}`);
      return { credential: bearer("t1"), refreshToken: "r1" };
    };
    const cache = processOf(idp, store, { refreshToken: "r0" });
    await cache.getToken().then(() => events.push("handed out"));
    expect(events).toEqual(["locked true", "written r1", "handed out"]);
  });

  test("D10 D5 the configured one comes first, once; a new consent goes before the record, an old one never again", async () => {
    const [idp, store] = [rotating("r0"), new MemoryTokenStore()];
    const first = processOf(idp, store, { refreshToken: "r0" });
    await first.invalidate(await first.getToken());
    expect(idp.presented).toEqual(["r0", "r1"]);
    const again = processOf(idp, store, { refreshToken: "r0" });
    await again.invalidate(await again.getToken());
    expect(idp.presented).toEqual(["r0", "r1", "r2"]);
    idp.good = "consent";
    const consented = processOf(idp, store, { refreshToken: "consent" });
    await consented.getToken();
    expect(idp.presented.at(-1)).toBe("consent");
    // That of the old consent adopts what the new one has brought, and goes on with it.
    const adopted = await again.invalidate(await again.getToken());
    await again.invalidate(adopted);
    expect(idp.presented.slice(3)).toEqual(["consent", "r4"]);
  });

  test("D10 A3 counts even where the credential cannot be used, and where the answer comes too late", async () => {
    const [idp, store] = [rotating("r0"), new MemoryTokenStore()];
    idp.answer = () => ({ credential: undefined as never, refreshToken: "r1" });
    const cache = processOf(idp, store, { refreshToken: "r0" });
    expect(await errorOf(() => cache.getToken())).toMatchObject({
      name: "AuthError",
      message: expect.stringMatching(/^mine: the issuer gave no usable credential/),
    });
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
    await seconds(31);
    idp.answer = async () => {
      await seconds(40);
      return { credential: bearer("late"), refreshToken: "r2", expiresIn: 3600 };
    };
    expect(await errorOf(() => cache.getToken())).toMatchObject({ name: "TransportError", retryable: true });
    await seconds(0);
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r2" });
    expect(await cache.getToken()).toEqual(bearer("late"));
    expect(idp.presented).toEqual(["r0", "r1"]);
  });

  test.each([
    ["by its code", new AuthError("no", { status: 400, error: "invalid_grant" })],
    ["of an error without a code", Object.assign(new Error("no"), { retryable: false })],
  ])("D10 D4 after a refusal, %s, the one that another process has saved is tried", async (_what, refusal) => {
    const store = new MemoryTokenStore();
    const presented: (string | undefined)[] = [];
    const cache = processOf(
      {
        async issue({ refreshToken }) {
          presented.push(refreshToken);
          if (refreshToken === "late") return { credential: bearer("t"), refreshToken: "next" };
          const record = { version: 2, revision: 1, tokens: {}, salt: "s", seen: [], refreshToken: "late" };
          await store.write("my_idp", { fencingToken: 1, text: JSON.stringify(record) });
          throw refusal;
        },
      },
      store,
      { refreshToken: "r0" },
    );
    expect(await cache.getToken()).toEqual(bearer("t"));
    expect(presented).toEqual(["r0", "late"]);
    expect(await recordIn(store)).toMatchObject({ refreshToken: "next" });
  });
});

describe("the record", () => {
  test("D10 D1 many processes: one call, the others adopt, also after a report", async () => {
    const [idp, path] = [rotating(), await newFolder()];
    vi.useRealTimers();
    const fleet = Array.from({ length: 4 }, () => processOf(idp, new FileTokenStore(path)));
    const tokens = await Promise.all(fleet.map((cache) => cache.getToken()));
    expect(tokens).toEqual(Array(4).fill(bearer("t1")));
    const next = await Promise.all(fleet.map((cache, n) => cache.invalidate(tokens[n] as Credential)));
    expect(next).toEqual(Array(4).fill(bearer("t2")));
    expect(idp.presented).toEqual([undefined, "r1"]);
    await Promise.all(fleet.map((cache) => cache.close()));
  });

  test.each([
    [bearer("s3cr3t")],
    [Credential.token("s3cr3t")],
    [Credential.header("X-Key", "s3cr3t")],
    [Credential.headers({ "X-Key": "s3cr3t", "X-Tenant": "acme" })],
    [Credential.basic("ann", "s3cr3t")],
    [Credential.query("key", "s3cr3t")],
    [Credential.cookie("sid", "s3cr3t")],
    [Credential.body("key", "s3cr3t")],
    [Credential.composite([bearer("s3cr3t"), Credential.header("X-Tenant", "acme")])],
  ])("D10 keeps every kind of credential, its expiry and its base URL: %j", async (credential) => {
    const store = new MemoryTokenStore();
    const issued = {
      credential,
      expiresIn: "3600" as never,
      issuedAt: START - 60_000,
      baseUrl: "https://eu.api.example",
    };
    const first = processOf({ issue: async () => issued }, store);
    const second = processOf({ issue: () => Promise.reject(new Error("not asked")) }, store);
    for (const cache of [first, second]) {
      const token = await cache.getToken();
      expect(Credential.equals(token, credential)).toBe(true);
      expect(Credential.expiresAt(token)).toBe(START + 3_540_000);
      expect(Credential.baseUrl(token)).toBe("https://eu.api.example");
      expect(inspect(token, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
    }
    expect(second.status().counts.tokenRequests).toBe(0);
  });

  test.each([
    [
      "a signer",
      Credential.signer({ scheme: "X", secret: "s3cr3t", sign: () => Credential.bearer("t") }),
      /a signer has a function/,
    ],
    [
      "a composite with a signer",
      Credential.composite([Credential.signer({ scheme: "X", secret: "s3cr3t", sign: () => Credential.bearer("t") })]),
      /a signer has a function/,
    ],
    ["nothing", undefined, /not a credential/],
    ["an empty token", { type: "bearer", token: "" }, /the token is empty/],
  ])("D10 what cannot be kept is an error that says so: %s", async (_what, credential, message) => {
    const cache = processOf({ issue: async () => ({ credential: credential as Credential }) }, new MemoryTokenStore());
    const error = await errorOf(() => cache.getToken());
    expect(error).toMatchObject({ code: "auth", message: expect.stringMatching(message) });
    expect(inspect(error)).not.toContain("s3cr3t");
  });

  test.each([[undefined], [null]])("D10 an issuer that gives %s is an AuthError, and ends nothing", async (issued) => {
    const cache = processOf({ issue: async () => issued as never }, new MemoryTokenStore());
    expect(await errorOf(() => cache.getToken())).toMatchObject({ code: "auth" });
  });

  test("D10 a refresh token that is no text is an error, and not a lost one", async () => {
    const cache = processOf(
      { issue: async () => ({ credential: bearer("t"), refreshToken: 5 as never }) },
      new MemoryTokenStore(),
    );
    expect((await errorOf(() => cache.getToken())).message).toMatch(/its refreshToken is no string/);
  });

  test("D10 S1 no secret of it is printed, and an encrypted store has none in it", async () => {
    const inner = new MemoryTokenStore();
    const store = encryptedStore(inner, { key: Buffer.alloc(32, 7).toString("base64") });
    const idp = rotating("s3cr3t-r0");
    idp.answer = () => ({ credential: bearer("s3cr3t-t1"), refreshToken: "s3cr3t-r1" });
    const issue = durable(idp.issue, { store, key: "my_idp", refreshToken: "s3cr3t-r0" });
    const cache = new TokenCache(issue);
    await cache.getToken();
    expect(inspect([issue, cache], { depth: 9, showHidden: true })).not.toContain("s3cr3t");
    expect((await inner.read("my_idp"))?.text).not.toContain("s3cr3t");
    expect(await recordIn(store)).toMatchObject({ refreshToken: "s3cr3t-r1" });
  });
});

describe("failures", () => {
  test("D10 D7 stand beside the record: all processes leave the IdP alone together, until it may be asked", async () => {
    const store = new MemoryTokenStore();
    const refused = new AuthError("refused", { status: 400, error: "invalid_grant" });
    let calls = 0;
    const issue: Issue = async () => {
      calls += 1;
      throw refused;
    };
    const [one, other] = [processOf({ issue }, store), processOf({ issue }, store)];
    expect(await errorOf(() => one.getToken())).toBe(refused);
    expect(await errorOf(() => other.getToken())).toMatchObject({ code: "auth", retryAt: START + 22_500 });
    expect(calls).toBe(1);
    await seconds(22.5);
    expect(await errorOf(() => other.getToken())).toBe(refused);
    expect(calls).toBe(2);
  });

  test("D10 what issue throws reaches its callers as it is, and its secrets no record", async () => {
    const store = new MemoryTokenStore();
    const mine = new Error("s3cr3t");
    const cache = processOf(
      {
        issue: () => {
          throw mine;
        },
      },
      store,
    );
    expect(await errorOf(() => cache.getToken())).toBe(mine);
    expect((await store.read("my_idp"))?.text).toContain("the flight of another process failed");
    expect((await store.read("my_idp"))?.text).not.toContain("s3cr3t");
  });

  test("D10 D3 a store that cannot be read is an error, and issue is not called", async () => {
    const [idp, store] = [rotating(), new FlakyStore()];
    store.failing.set("read", Object.assign(new Error("s3cr3t"), { code: "ECONNREFUSED" }));
    const cache = processOf(idp, store);
    expect(await errorOf(() => cache.getToken())).toMatchObject({
      code: "store",
      message: expect.stringMatching(/^mine: .*ECONNREFUSED/),
    });
    expect(idp.calls).toEqual([]);
    store.failing.clear();
    expect(await cache.getToken()).toEqual(bearer("t1"));
  });

  test("D10 D3 what the store does not take is handed out, published, and saved later; with strict it is an error", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_GRANT_AT_RISK");
    for (const strict of [false, true]) {
      const [idp, store] = [rotating("r0"), new FlakyStore()];
      const cache = processOf(idp, store, { refreshToken: "r0", strict, name: "the grant" });
      idp.answer = (n) => {
        store.failing.set("write", new Error("full"));
        return { credential: bearer(`t${n}`), refreshToken: `r${n}` };
      };
      const asked = cache.getToken().then(
        () => "handed out",
        ({ code }) => code,
      );
      await seconds(6);
      expect(await asked).toBe(strict ? "store" : "handed out");
      expect(await errorOf(() => cache.close())).toMatchObject({ code: "store" });
      store.failing.clear();
      await cache.close();
      expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
    }
    expect((await warnings.all()).map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringMatching(/^the grant: .*my_idp/)),
    );
  });

  test("D10 a call that hangs is given up at the cache's deadline, and the lease with it", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    const hanging = new TokenCache(
      durable(() => new Promise(() => {}), { store, key: "my_idp" }),
      { timeoutSecs: 2 },
    );
    const asked = errorOf(() => hanging.getToken());
    await seconds(2);
    expect(await asked).toMatchObject({ code: "transport", message: "token_cache: no token within 2 s" });
    expect(await processOf(idp, store).getToken()).toEqual(bearer("t1"));
  });

  test("D10 retrying within it asks again in the same flight, with the same refresh token", async () => {
    const [idp, store] = [rotating("r0"), new MemoryTokenStore()];
    let failures = 2;
    const flaky: Issue = async (why) => {
      if (failures > 0) {
        failures -= 1;
        idp.presented.push(why.refreshToken);
        throw new Error("reset");
      }
      return idp.issue(why);
    };
    const issue = retrying(flaky, { presentsRefreshToken: true, random: () => 0 });
    const cache = processOf({ issue }, store, { refreshToken: "r0" });
    const asked = cache.getToken();
    await seconds(1);
    expect(await asked).toEqual(bearer("t1"));
    expect(idp.presented).toEqual(["r0", "r0", "r0"]);
    expect(cache.status().counts).toMatchObject({ flights: 1, tokenRequests: 3 });
  });
});

describe("caches", () => {
  test("D10 two caches of one issuer are as two processes: one call, and each closes for itself", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    const issue = durable(idp.issue, { store, key: "my_idp" });
    const [one, other] = [new TokenCache(issue), new TokenCache(issue)];
    expect(await one.getToken()).toEqual(bearer("t1"));
    expect(await other.getToken()).toEqual(bearer("t1"));
    const second = await one.invalidate(await one.getToken());
    // The other adopts the successor of what it reports.
    expect(await other.invalidate(await other.getToken())).toEqual(second);
    expect(idp.presented).toHaveLength(2);
    await one.close();
    expect(await other.invalidate(second)).toEqual(bearer("t3"));
  });

  test("D10 C1 an issuer that calls back into its cache joins its own flight", async () => {
    let inner: Promise<Credential> | undefined;
    const cache: TokenCache = new TokenCache(
      durable(
        async () => {
          inner = cache.getToken();
          return { credential: bearer("t") };
        },
        { store: new MemoryTokenStore(), key: "my_idp" },
      ),
    );
    expect(await cache.getToken()).toBe(await inner);
    expect(cache.status().counts).toMatchObject({ flights: 1, joined: 1 });
  });

  test("D10 close() waits for no lease that another holds, and nothing is asked", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    await store.lock("my_idp", 3_600_000);
    const cache = processOf(idp, store);
    const waiting = errorOf(() => cache.getToken());
    await seconds(1);
    const closed = cache.close();
    await seconds(1);
    await closed;
    expect(await waiting).toMatchObject({ code: "closed" });
    expect(idp.calls).toEqual([]);
  });

  test("D10 close() leaves the store open: whoever gives it closes it", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    const cache = processOf(idp, store);
    await cache.getToken();
    await cache.close();
    await cache.close();
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
  });

  test("D10 C14 who watches hears of what another process has fetched", async () => {
    const [idp, store] = [rotating(), new MemoryTokenStore()];
    const [watched, other] = [processOf(idp, store), processOf(idp, store)];
    const heard: (string | undefined)[] = [];
    using _watch = watched.watch((credential) => void heard.push(Credential.authorizationValue(credential)));
    await seconds(1000);
    await other.invalidate(await other.getToken());
    await seconds(2500);
    expect(heard).toEqual(["Bearer t1", "Bearer t2"]);
    expect(idp.presented).toHaveLength(2);
  });

  test("D10 it works without a cache too, and in a clock of its own", async () => {
    const [idp, store, clock] = [rotating(), new MemoryTokenStore(), testClock(START)];
    const issue = durable(idp.issue, { store, key: "my_idp" });
    const { signal } = new AbortController();
    expect(await issue({ reason: "initial", signal })).toMatchObject({ credential: bearer("t1"), expiresIn: 3600 });
    const cache = new TokenCache(durable(idp.issue, { store, key: "my_idp" }), { clock });
    expect(await cache.getToken()).toEqual(bearer("t1"));
    clock.advance(3300);
    expect(await cache.getToken()).toEqual(bearer("t2"));
  });
});

describe("options", () => {
  const store = new MemoryTokenStore();
  const issue: Issue = async () => ({ credential: bearer("t") });

  test.each([
    [undefined, { store, key: "k" }, "issue"],
    [issue, undefined, "options.store, options.key"],
    [issue, null, "options, options.store, options.key"],
    [issue, { store, key: "" }, "options.key"],
    [issue, { store, key: 5 }, "options.key"],
    [issue, { store, key: "k\n" }, "options.key"],
    [issue, { key: "k" }, "options.store"],
    [issue, { store: {}, key: "k" }, "options.store"],
    [issue, { store: "./state", key: "k" }, "options.store"],
    [issue, { store, key: "k", name: "" }, "options.name"],
    [issue, { store, key: "k", refreshToken: "" }, "options.refreshToken"],
    [issue, { store, key: "k", refreshToken: null }, "options.refreshToken"],
    [issue, { store, key: "k", refreshToken: "r\n" }, "options.refreshToken"],
    [issue, { store, key: "k", strict: "yes" }, "options.strict"],
    [issue, { store, key: "k", refresh_token: "s3cr3t" }, "options.refresh_token"],
    [durable(issue, { store, key: "k" }), { store, key: "k" }, "issue"],
  ])("G5 case %#", async (given, options, paths) => {
    const error = await errorOf(() => durable(given as Issue, options as never));
    expect(error).toMatchObject({ name: "ConfigError" });
    expect((error.issues as { path: string }[]).map(({ path }) => path).join(", ")).toBe(paths);
    expect(error.message).not.toContain("s3cr3t");
  });

  test("G5 an unknown one names the nearest", async () => {
    const error = await errorOf(() => durable(issue, { store, key: "k", refreshtoken: "r" } as never));
    expect(error.message).toContain('did you mean "refreshToken"?');
  });
});
