/** Rules D1 to D7 where the store matters: locks that are held, writes that fail, records that others have changed. */

import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { encryptedStore } from "../../src/store/encrypted-store.js";
import { LeasedStore } from "../../src/store/leased-store.js";
import { MemoryMedium, MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import type { Redemption } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";
import { FlakyStore, invalidGrant, playedIdp, processOf, recordIn, redemption } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const bearer = Credential.bearer;
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

/** The warnings and the events of a grant at risk, from now on. */
function heard() {
  const warnings: unknown[] = [];
  const events: unknown[] = [];
  const emit = vi.spyOn(process, "emitWarning").mockImplementation((text, options) => {
    warnings.push([(options as { code?: string }).code, text]);
  });
  const hear = (event: unknown) => events.push(event);
  channel("faucet-auth:grant-at-risk").subscribe(hear);
  onTestFinished(() => {
    emit.mockRestore();
    channel("faucet-auth:grant-at-risk").unsubscribe(hear);
  });
  return { warnings, events };
}
describe("D1 look, adopt, or redeem under the lock", () => {
  test("D1 never without the lock, and the token is on record before it is handed out", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const held = await store.lock("test", 60_000);
    let isLocked: unknown;
    idp.answer = async (n) => {
      isLocked = (await store.lock("test", 1000)) === undefined;
      return redemption(n);
    };
    const issued = processOf(idp, store).refresh(initial);
    await seconds(5);
    expect(idp.presented).toEqual([]);
    await held?.release();
    await seconds(1);
    expect(await issued).toMatchObject({ credential: bearer("t1") });
    expect(isLocked).toBe(true);
    expect(await recordIn(store)).toMatchObject({ accessToken: "t1", refreshToken: "r1" });
    expect(await store.lock("test", 1000)).toMatchObject({ fencingToken: 3 });
  });

  test("D1 under the lock the record is read again: another may have redeemed meanwhile", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const lock = store.lock.bind(store);
    vi.spyOn(store, "lock").mockImplementationOnce(async (...given) => {
      await processOf(idp, store).refresh(initial);
      return lock(...given);
    });
    expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 1 });
    expect(idp.presented).toEqual(["r0"]);
  });

  test("D1 a lock that nobody gives up ends the wait with a StoreError", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    vi.spyOn(store, "lock").mockResolvedValue(undefined);
    const error = errorOf(() => processOf(idp, store).refresh(initial));
    await seconds(81);
    expect(await error).toMatchObject({ code: "store", retryable: true, message: expect.stringContaining("80 s") });
    expect(idp.presented).toEqual([]);
  });
});

describe("D2 leases", () => {
  test("D2 a lease that would not outlast the request is given up, and all is read again", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const elsewhere = playedIdp();
    const lock = store.lock.bind(store);
    let released = 0;
    vi.spyOn(store, "lock").mockImplementationOnce(async (key, milliseconds) => {
      const lease = await lock(key, milliseconds);
      return (
        lease && {
          fencingToken: lease.fencingToken,
          timeLeft: () => 29_000,
          release: async () => {
            released += 1;
            await lease.release();
            // Meanwhile another has redeemed.
            await processOf(elsewhere, store).refresh(initial);
          },
        }
      );
    });
    const issued = processOf(idp, store).refresh(initial);
    await seconds(1);
    expect(await issued).toMatchObject({ credential: bearer("t1") });
    expect({ released, presented: idp.presented }).toEqual({ released: 1, presented: [] });
    expect(elsewhere.presented).toEqual(["r0"]);
  });

  test("D2 no two tokens have one revision, though one of them was never stored", async () => {
    heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    await processOf(idp, store).refresh(initial);
    store.failing.set("write", Object.assign(new Error("full"), { code: "ENOSPC" }));
    const grant = processOf(idp, store);
    const unsaved = grant.refresh({ reason: "expired", held: 1 });
    await seconds(6);
    store.failing.clear();
    const other = await processOf(idp, store).refresh({ reason: "expired", held: 1 });
    expect((await unsaved).revision).not.toBe(other.revision);
    const report = { reason: "invalidated", rejected: (await unsaved).credential } as const;
    expect(await grant.refresh({ ...report, held: (await unsaved).revision })).toEqual(other);
    expect(idp.presented).toHaveLength(3);
  });

  test("D2 D1 a token is handed out though another has written, and the store does not tell what", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    vi.spyOn(store, "write").mockImplementationOnce(async () => {
      store.failing.set("read", new Error("down"));
      return false;
    });
    expect(await processOf(idp, store).refresh(initial)).toMatchObject({ credential: bearer("t1") });
  });

  /** A process that has sent its request, and lost its lease to the next: it slept. */
  async function overtaken(next: (n: number) => Redemption | Promise<Redemption>) {
    const [idp, medium] = [playedIdp(), new MemoryMedium()];
    const store = new LeasedStore(medium);
    // By a clock that is hours ahead, every lease is over.
    const later = new LeasedStore(medium, { monotonicClock: () => Number(process.hrtime.bigint()) / 1e6 + 7_200_000 });
    const arrivals: (() => void)[] = [];
    idp.answer = (n) => {
      if (n > 1) return next(n);
      return new Promise((resolve) => arrivals.push(() => resolve(redemption(1))));
    };
    const slept = processOf(idp, store, "r0", { timeoutSecs: 3600 });
    const asleep = slept.refresh(initial).catch((error: unknown) => error);
    await seconds(1);
    const other = processOf(idp, later, "r0");
    const overtaker = other.refresh(initial).catch((error: unknown) => error);
    await seconds(1);
    return { idp, store, overtaker, asleep, wake: () => arrivals[0]?.() };
  }

  test("D2 a holder that lost its lease never overwrites a later lease's record: it adopts it", async () => {
    const { idp, store, overtaker, asleep, wake } = await overtaken((n) => redemption(n));
    expect(await overtaker).toMatchObject({ credential: bearer("t2") });
    wake();
    await seconds(1);
    expect(await asleep).toMatchObject({ credential: bearer("t2") });
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r2" });
    expect(idp.presented).toEqual(["r0", "r0"]);
  });

  test("D2 its answer is kept where the later lease has written none, whose failure it takes back", async () => {
    const { store, overtaker, asleep, wake } = await overtaken(() => Promise.reject(invalidGrant()));
    expect(await overtaker).toMatchObject({ error: "invalid_grant" });
    expect(await recordIn(store)).toMatchObject({ failure: { error: { error: "invalid_grant" } } });
    wake();
    await seconds(1);
    expect(await asleep).toMatchObject({ credential: bearer("t1") });
    const record = await recordIn(store);
    expect(record).toMatchObject({ refreshToken: "r1", revision: 1 });
    expect(record.failure).toBeUndefined();
  });
});

describe("D3 a store that fails", () => {
  const down = () => Object.assign(new Error("SET s3cr3t"), { code: "ECONNREFUSED" });

  test.each([["read"], ["lock"]] as const)("D3 a grant with a refresh token: no %s, no request", async (method) => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    const grant = processOf(idp, store);
    await grant.refresh(initial);
    store.failing.set(method, down());
    const error = await errorOf(() => grant.refresh({ reason: "expired", held: 1 }));
    expect(error).toMatchObject({ code: "store", retryable: true, message: expect.stringContaining("ECONNREFUSED") });
    expect(error.message + error.cause).not.toContain("s3cr3t");
    expect(idp.presented).toEqual(["r0"]);
    store.failing.clear();
    await grant.refresh({ reason: "expired", held: 1 });
    expect(idp.presented).toEqual(["r0", "r1"]);
  });

  test("D3 one that never answers is given up", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    vi.spyOn(store, "read").mockReturnValue(new Promise(() => {}));
    const error = errorOf(() => processOf(idp, store).refresh(initial));
    await seconds(5);
    expect(await error).toMatchObject({ code: "store", message: expect.stringContaining("no answer within 5 s") });
  });

  test("D3 a lease that comes after nobody waits for it any more is released", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    const lock = store.lock.bind(store);
    vi.spyOn(store, "lock").mockImplementationOnce(async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      return lock(...given);
    });
    const error = errorOf(() => processOf(idp, store).refresh(initial));
    await seconds(11);
    expect(await error).toMatchObject({ code: "store" });
    expect(await store.inner.lock("test", 1000)).toBeDefined();
  });

  test.each([["read"], ["lock"], ["write"]] as const)(
    "D3 a grant without a refresh token warns once, and does without %s",
    async (method) => {
      const { warnings } = heard();
      const [idp, store] = [playedIdp(), new FlakyStore()];
      store.failing.set(method, down());
      const grant = processOf(idp, store, undefined, { refreshToken: undefined });
      for (const token of ["t1", "t2"]) {
        const issued = grant.refresh(initial);
        await seconds(6);
        expect(await issued).toMatchObject({ credential: bearer(token), expiresIn: 3600 });
        await store.inner.write("test", { fencingToken: 99, text: JSON.stringify(emptyRecord) });
      }
      expect(warnings).toEqual([["FAUCET_AUTH_STORE_UNAVAILABLE", expect.stringContaining("without the store")]]);
    },
  );
  const emptyRecord = { version: 2, revision: 0, salt: "", seen: [], tokens: {} };

  describe("a store of a user's own that gives", () => {
    /** As clients of databases do it. */
    class NullStore extends FlakyStore {
      override async read(key: string) {
        return (await super.read(key)) ?? (null as unknown as undefined);
      }
      override async lock(key: string, milliseconds: number) {
        return (await super.lock(key, milliseconds)) ?? (null as unknown as undefined);
      }
    }

    test("D3 null where there is none is as good as any", async () => {
      const [idp, store] = [playedIdp(), new NullStore()];
      const held = await store.inner.lock("test", 60_000);
      const issued = processOf(idp, store).refresh(initial);
      await seconds(2);
      expect(idp.presented).toEqual([]);
      await held?.release();
      await seconds(2);
      expect(await issued).toMatchObject({ credential: bearer("t1") });
      expect(await encryptedStore(new NullStore(), { key: Buffer.alloc(32) }).read("test")).toBeUndefined();
    });

    const record = { fencingToken: 1, text: JSON.stringify({ version: 2, revision: 0, salt: "", seen: [] }) };
    const lease = { fencingToken: 1, timeLeft: () => 60_000, release: async () => {} };
    test.each([
      ["read", "text", "s3cr3t"],
      ["read", "a record without a number", { ...record, fencingToken: undefined }],
      ["read", "a record without text", { ...record, text: { s3cr3t: 1 } }],
      ["lock", "true", true],
      ["lock", "a lease without timeLeft()", { ...lease, timeLeft: 60_000 }],
      ["lock", "a lease without release()", { ...lease, release: undefined }],
      ["lock", "a lease without a number", { ...lease, fencingToken: "1" }],
      ["write", "nothing", undefined],
    ] as const)(
      "D3 by %s() %s is told by a StoreError, and a grant that needs none does without",
      async (method, _what, given) => {
        const { warnings } = heard();
        const [idp, store] = [playedIdp(), new FlakyStore()];
        vi.spyOn(store, method).mockResolvedValue(given as never);
        const error = errorOf(() => processOf(idp, store, "r0", { strict: true }).refresh(initial));
        await seconds(10);
        expect(await error).toMatchObject({ code: "store", retryable: false });
        expect(`${await error}`).toContain(`FlakyStore.${method}() must give `);
        expect(`${await error}`).not.toContain("s3cr3t");
        const issued = processOf(idp, store, undefined, { refreshToken: undefined }).refresh(initial);
        await seconds(10);
        expect((await issued).credential).toMatchObject({ type: "bearer" });
        expect(warnings).toContainEqual(["FAUCET_AUTH_STORE_UNAVAILABLE", expect.stringContaining(method)]);
      },
    );
  });

  test("F4 D3 without the store the gate is the process's own", async () => {
    heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("read", down());
    idp.answer = () => Promise.reject(invalidGrant());
    const grant = processOf(idp, store, undefined, { refreshToken: undefined, random: () => 0 });
    await errorOf(() => grant.refresh(initial));
    expect(await errorOf(() => grant.refresh(initial))).toMatchObject({ retryAt: Date.now() + 15_000 });
    expect(idp.presented).toHaveLength(1);
    idp.answer = (n) => redemption(n);
    await seconds(15);
    expect(await grant.refresh(initial)).toMatchObject({ credential: bearer("t2") });
  });

  test("F4 D7 a failure that cannot be noted closes the gate of this process", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    idp.answer = () => Promise.reject(invalidGrant());
    store.failing.set("write", down());
    const grant = processOf(idp, store, "r0", { random: () => 0 });
    await errorOf(() => grant.refresh(initial));
    expect(await errorOf(() => grant.refresh(initial))).toMatchObject({ retryAt: Date.now() + 15_000 });
    expect(idp.presented).toHaveLength(1);
  });

  test("D3 strict turns that off", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("read", down());
    const grant = processOf(idp, store, undefined, { refreshToken: undefined, strict: true });
    expect(await errorOf(() => grant.refresh(initial))).toMatchObject({ code: "store" });
    expect(idp.presented).toEqual([]);
  });

  test("D3 a store that was emptied brings no spent token back", async () => {
    const [idp, store] = [playedIdp(), new FlakyStore()];
    const grant = processOf(idp, store);
    await grant.refresh(initial);
    vi.spyOn(store, "read").mockResolvedValueOnce(undefined).mockResolvedValueOnce(undefined);
    await grant.refresh({ reason: "expired", held: 1 });
    expect(idp.presented).toEqual(["r0", "r1"]);
  });

  test("D3 a record that is encrypted, read without a key, is told as that", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    await encryptedStore(store, { key: Buffer.alloc(32) }).write("test", { fencingToken: 1, text: "s3cr3t" });
    expect(await errorOf(() => processOf(idp, store).refresh(initial))).toMatchObject({
      code: "store",
      retryable: false,
      message: expect.stringMatching(
        /what is stored for test is encrypted, and no key is given: persist\.encryption_key/,
      ),
    });
    expect(idp.presented).toEqual([]);
  });

  test("D3 a record that cannot be understood is left as it is, and quoted nowhere", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    for (const text of ['{"version":3,"refreshToken":"s3cr3t"}', "s3cr3t"]) {
      await store.write("test", { fencingToken: 1, text });
      const error = await errorOf(() => processOf(idp, store).refresh(initial));
      expect(error).toMatchObject({ code: "store", retryable: false });
      expect(String(error.message) + error.cause).not.toContain("s3cr3t");
      expect((await store.read("test"))?.text).toBe(text);
    }
    expect(idp.presented).toEqual([]);
  });
});

describe("an answer that the store does not take", () => {
  const full = () => Object.assign(new Error("full"), { code: "ENOSPC" });

  test("it is written again within the lease, and nobody hears of it", async () => {
    const { warnings, events } = heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("write", full());
    const issued = processOf(idp, store).refresh(initial);
    await seconds(2);
    store.failing.clear();
    await seconds(2);
    expect(await issued).toMatchObject({ revision: 1 });
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
    expect([...warnings, ...events]).toEqual([]);
    expect(store.writes).toBeGreaterThan(3);
  });

  test("then its callers are served, a warning and an event tell of it, and the next flight writes first", async () => {
    const { warnings, events } = heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("write", full());
    const grant = processOf(idp, store);
    const issued = grant.refresh(initial);
    await seconds(6);
    expect(await issued).toMatchObject({ credential: bearer("t1") });
    expect(warnings).toEqual([["FAUCET_AUTH_GRANT_AT_RISK", expect.stringContaining("ENOSPC")]]);
    expect(events).toMatchObject([{ state: "at-risk", name: "test", key: "test", error: { code: "store" } }]);
    expect(await errorOf(() => grant.refresh({ reason: "expired", held: 1 }))).toMatchObject({ code: "store" });
    expect(idp.presented).toEqual(["r0"]);

    store.failing.clear();
    await grant.refresh({ reason: "expired", held: 1 });
    expect(events).toMatchObject([{ state: "at-risk" }, { state: "safe" }]);
    expect(idp.presented).toEqual(["r0", "r1"]);
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r2", revision: 2 });
  });

  test("close() writes it, or says that it could not", async () => {
    heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("write", full());
    const grant = processOf(idp, store);
    const issued = grant.refresh(initial);
    await seconds(6);
    await issued;
    expect(await errorOf(() => grant.close())).toMatchObject({ code: "store" });
    store.failing.clear();
    await grant.close();
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
  });

  test("strict: its callers get the error, and the next flight the token", async () => {
    heard();
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("write", full());
    const grant = processOf(idp, store, "r0", { strict: true });
    const error = errorOf(() => grant.refresh(initial));
    await seconds(6);
    expect(await error).toMatchObject({ code: "store" });
    store.failing.clear();
    expect(await grant.refresh(initial)).toMatchObject({ credential: bearer("t1") });
    expect(idp.presented).toEqual(["r0"]);
  });
});

describe("D4 invalid_grant", () => {
  test("D4 another refresh token in the store is tried, once", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const grant = processOf(idp, store);
    await grant.refresh(initial);
    const record = JSON.parse((await store.read("test"))?.text ?? "");
    /** Somebody saves a late answer. */
    const saveLate = (refreshToken: string, revision: number, fencingToken: number) => {
      const tokens = { "": { ...record.tokens[""], revision } };
      return store.write("test", { fencingToken, text: JSON.stringify({ ...record, refreshToken, revision, tokens }) });
    };
    idp.answer = async (n) => {
      await saveLate(`late${n}`, n, 2);
      if (n < 3) throw invalidGrant();
      return redemption(n);
    };
    const retried = vi.fn();
    const issued = await grant.refresh({ reason: "expired", held: 1, onRetry: retried });
    expect(idp.presented).toEqual(["r0", "r1", "late2"]);
    expect(retried).toHaveBeenCalledOnce();
    expect(issued.revision).toBe(3);

    idp.answer = async (n) => {
      await saveLate(`late${n}`, 3, 9);
      throw invalidGrant();
    };
    await errorOf(() => grant.refresh({ reason: "expired", held: 3 }));
    expect(idp.presented).toHaveLength(5);
  });
});

describe("D5 configured refresh tokens", () => {
  test("D5 S1 the record has fingerprints, salted, and not the values", async () => {
    const stores = [new MemoryTokenStore(), new MemoryTokenStore()];
    for (const store of stores) await processOf(playedIdp(), store, "c0nfigured").refresh(initial);
    const [a, b] = await Promise.all(stores.map(recordIn));
    expect(a?.seen).toHaveLength(1);
    expect(a?.seen).not.toEqual(b?.seen);
    expect(JSON.stringify(a)).not.toContain("c0nfigured");
  });
});

describe("D7 a failed flight", () => {
  test("D7 a failure that makes no sense does not make the refresh token unreadable", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    await processOf(idp, store).refresh(initial);
    const record = await recordIn(store);
    const text = JSON.stringify({ ...record, failure: { fencingToken: null }, refreshTokenExpiresAt: "x" });
    await store.write("test", { fencingToken: 9, text });
    await processOf(idp, store).refresh({ reason: "expired", held: 1 });
    expect(idp.presented).toEqual(["r0", "r1"]);
  });
});
