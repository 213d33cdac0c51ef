/** A grant that begins with a login, with which a refresh token may come (A3, D3, D4, D8). */

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { Grant } from "../../src/grant/grant.js";
import { StoredRepository } from "../../src/grant/stored-repository.js";
import { LiveInputs } from "../../src/live/live-inputs.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import type { Redemption, Retry } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";
import { FlakyStore, type PlayedIdp, places, playedIdp, recordIn, redemption } from "../support/fleet.js";
import { grantIn, type Place } from "../support/grants.js";

const initial: Refresh = { reason: "initial", held: undefined };
const bearer = Credential.bearer;
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

/** The next flight of the cache that holds the token of that revision. */
const expired = (held: number | undefined): Refresh => ({ reason: "expired", held });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

function loginIn(place: Place, idp: PlayedIdp, options: object = {}) {
  return grantIn(place, undefined, idp.requestToken, { logsIn: true, random: () => 0, ...options });
}

/** Refuses refresh tokens by `refusal`, and logins not at all. */
function refusing(idp: PlayedIdp, refusal: () => Redemption | Promise<Redemption>) {
  idp.answer = (n, { refreshToken }) => (refreshToken === undefined ? redemption(n) : refusal());
}

const refusals: [string, () => Redemption | Promise<Redemption>][] = [
  ["an error code", () => Promise.reject(new AuthError("gone", { status: 400, error: "invalid_grant" }))],
  ["a 401 without a code", () => Promise.reject(new AuthError("HTTP 401", { status: 401 }))],
  ["a redirect to a login page", () => Promise.reject(new AuthError("HTTP 302", { status: 302 }))],
  [
    "a success without a token",
    () => ({ refreshToken: undefined, unusable: new AuthError("no token", { status: 200 }) }),
  ],
];

describe.each(places)("a login %s", (_where, newPlace) => {
  test("A3 its refresh token is presented next, and so is each that follows", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    let { revision } = await grant.refresh(initial);
    for (const token of ["t2", "t3"]) {
      const next = await grant.refresh(expired(revision));
      expect(next.credential).toEqual(bearer(token));
      ({ revision } = next);
    }
    expect(idp.presented).toEqual([undefined, "r1", "r2"]);
    expect(await recordIn(place)).toMatchObject({ refreshToken: "r3", cameByLogin: true });
  });

  test("A3 one that does not rotate stays; a login that brings none leaves none", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    const bare = (n: number) => ({ ...redemption(n), refreshToken: undefined });
    idp.answer = (n) => (n === 1 ? { ...redemption(n), refreshTokenExpiresIn: 1000 } : bare(n));
    let { revision } = await grant.refresh(initial);
    ({ revision } = await grant.refresh(expired(revision)));
    ({ revision } = await grant.refresh(expired(revision)));
    expect(idp.presented).toEqual([undefined, "r1", "r1"]);
    expect((await recordIn(place)).refreshTokenLifetime).toBe(1000);
    idp.answer = (n, { refreshToken }) =>
      refreshToken === undefined ? bare(n) : Promise.reject(new AuthError("gone"));
    ({ revision } = await grant.refresh(expired(revision)));
    await grant.refresh(expired(revision));
    expect(idp.presented.slice(3)).toEqual(["r1", undefined, undefined]);
    const { refreshToken, refreshTokenLifetime } = await recordIn(place);
    expect({ refreshToken, refreshTokenLifetime }).toEqual({});
  });

  test("F2 H2 a lost answer is asked for again at once, and no other attempt runs beside one that takes long", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp, { random: () => 0.99 });
    const { revision } = await grant.refresh(initial);
    let answer = () => {};
    idp.answer = (n) =>
      n === 2
        ? Promise.reject(new TransportError("reset"))
        : new Promise((resolve) => {
            answer = () => resolve(redemption(n));
          });
    const flight = grant.refresh(expired(revision));
    await seconds(0);
    expect(idp.presented).toEqual([undefined, "r1", "r1"]);
    await seconds(25);
    expect(idp.presented).toHaveLength(3);
    answer();
    expect(await flight).toMatchObject({ credential: bearer("t3") });
  });

  test.each(refusals)(
    "D4 where it is refused by %s, the login is made again, within the flight",
    async (_how, refusal) => {
      const [idp, place] = [playedIdp(), newPlace()];
      const grant = loginIn(place, idp);
      const { revision } = await grant.refresh(initial);
      refusing(idp, refusal);
      const retries: Retry[] = [];
      const flight = { ...expired(revision), onRetry: (retry: Retry) => retries.push(retry) };
      expect(await grant.refresh(flight)).toMatchObject({ credential: bearer("t3") });
      expect(idp.presented).toEqual([undefined, "r1", undefined]);
      expect(retries).toMatchObject([{ attempt: 3, delay: 0 }]);
      expect(await recordIn(place)).toMatchObject({ refreshToken: "r3", accessToken: "t3" });
    },
  );

  test("D4 what cannot be read is a login page, once its retries are over", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    const { revision } = await grant.refresh(initial);
    refusing(idp, () => Promise.reject(new AuthError("a page", { status: 200, unreadable: true, retryable: true })));
    const flight = grant.refresh(expired(revision));
    await seconds(10);
    expect(await flight).toMatchObject({ credential: bearer("t5") });
    expect(idp.presented).toEqual([undefined, "r1", "r1", "r1", undefined]);
  });

  test.each([
    ["no answer", new TransportError("reset")],
    ["a busy server", new AuthError("HTTP 503", { status: 503, retryable: true })],
    ["a client that is refused", new AuthError("no", { status: 401, error: "invalid_client" })],
  ])("D4 %s says nothing of the refresh token, and no login follows", async (_how, failure) => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    const { revision } = await grant.refresh(initial);
    idp.answer = () => Promise.reject(failure);
    const flight = errorOf(() => grant.refresh(expired(revision)));
    await seconds(30);
    expect(await flight).toMatchObject({ message: expect.stringContaining(failure.message) });
    expect(idp.presented.slice(1).every((presented) => presented === "r1")).toBe(true);
    expect((await recordIn(place)).refreshToken).toBe("r1");
  });

  test("F2 D4 the login has its retries, and is made once: its error names the refusal", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    const { revision } = await grant.refresh(initial);
    const gone = new AuthError("gone", { status: 400, error: "invalid_grant" });
    idp.answer = (_n, { refreshToken }) =>
      Promise.reject(refreshToken === undefined ? new AuthError("HTTP 503", { status: 503, retryable: true }) : gone);
    const retries: Retry[] = [];
    const flight = errorOf(() => grant.refresh({ ...expired(revision), onRetry: (retry) => retries.push(retry) }));
    await seconds(30);
    expect(await flight).toMatchObject({ status: 503, cause: gone });
    expect(idp.presented.slice(1)).toEqual(["r1", undefined, undefined, undefined]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([3, 4, 5]);
    // What is on record is never deleted on failure.
    expect((await recordIn(place)).refreshToken).toBe("r1");
  });

  test("A3 a refresh token beside an unusable token has replaced the other, and no login follows", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = loginIn(place, idp);
    const { revision } = await grant.refresh(initial);
    idp.answer = () => ({ refreshToken: "r2", unusable: new AuthError("no token", { status: 200 }) });
    expect(await errorOf(() => grant.refresh(expired(revision)))).toMatchObject({ message: "no token" });
    expect(idp.presented).toEqual([undefined, "r1"]);
    expect((await recordIn(place)).refreshToken).toBe("r2");
  });

  test("A3 a grant that does not log in keeps no refresh token", async () => {
    const [idp, place] = [playedIdp(), newPlace()];
    const grant = grantIn(place, undefined, idp.requestToken);
    const { revision } = await grant.refresh(initial);
    await grant.refresh(expired(revision));
    expect(idp.presented).toEqual([undefined, undefined]);
    expect((await recordIn(place)).refreshToken).toBeUndefined();
  });
});

/** As another process leaves it that has saved a late answer. */
async function putRefreshToken(store: MemoryTokenStore, refreshToken: string): Promise<void> {
  const { text = "", fencingToken = 0 } = (await store.read("test")) ?? {};
  await store.write("test", { fencingToken, text: JSON.stringify({ ...JSON.parse(text), refreshToken }) });
}

describe("of many processes", () => {
  test("D1 the next process presents what the last has kept, instead of logging in", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const { revision } = await loginIn(store, idp).refresh(initial);
    expect(await loginIn(store, idp).refresh(expired(revision))).toMatchObject({ credential: bearer("t2") });
    expect(idp.presented).toEqual([undefined, "r1"]);
  });

  test("D4 where another has rotated it meanwhile, its refresh token is tried before the login", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    const { revision } = await loginIn(store, idp).refresh(initial);
    const gone = new AuthError("gone", { error: "invalid_grant" });
    let isLateGood = true;
    idp.answer = async (n, { refreshToken }) => {
      if (refreshToken === "r1") await putRefreshToken(store, "late");
      if (refreshToken === "r1" || (refreshToken !== undefined && !isLateGood)) throw gone;
      return redemption(n);
    };
    const next = await loginIn(store, idp).refresh(expired(revision));
    expect(idp.presented).toEqual([undefined, "r1", "late"]);
    await putRefreshToken(store, "r1");
    isLateGood = false;
    await loginIn(store, idp).refresh(expired(next.revision));
    expect(idp.presented.slice(3)).toEqual(["r1", "late", undefined]);
  });

  test("D3 a store that cannot be read costs a login, with a warning; strict turns that off", async () => {
    const warned: unknown[] = [];
    const emit = vi.spyOn(process, "emitWarning").mockImplementation((_text, options) => {
      warned.push((options as { code?: string }).code);
    });
    onTestFinished(() => emit.mockRestore());
    const [idp, store] = [playedIdp(), new FlakyStore()];
    const { revision } = await loginIn(store, idp).refresh(initial);
    store.failing.set("read", new Error("down"));
    expect(await loginIn(store, idp).refresh(expired(revision))).toMatchObject({ credential: bearer("t2") });
    expect(idp.presented).toEqual([undefined, undefined]);
    expect(warned).toEqual(["FAUCET_AUTH_STORE_UNAVAILABLE"]);
    const strict = loginIn(store, idp, { strict: true });
    expect(await errorOf(() => strict.refresh(expired(revision)))).toMatchObject({ code: "store" });
    store.failing.clear();
    expect((await recordIn(store.inner)).refreshToken).toBe("r1");
  });

  test("D3 a rotation that the store does not take warns of the store, not of a grant at risk", async () => {
    const warned: unknown[] = [];
    const emit = vi.spyOn(process, "emitWarning").mockImplementation((_text, options) => {
      warned.push((options as { code?: string }).code);
    });
    onTestFinished(() => emit.mockRestore());
    const [idp, store] = [playedIdp(), new FlakyStore()];
    store.failing.set("write", new Error("full"));
    const flight = loginIn(store, idp).refresh(initial);
    await seconds(6);
    expect(await flight).toMatchObject({ credential: bearer("t1") });
    expect(warned).toEqual(["FAUCET_AUTH_STORE_UNAVAILABLE"]);
  });

  /** A login of that account, or another provider's grant, under the same key. */
  function accountIn(store: MemoryTokenStore, idp: PlayedIdp, account: string, kind: object) {
    const name = { type: "test", name: "test", key: "test" };
    const parts = { store, name, account, hasRefreshToken: false, strict: false, random: Math.random };
    const grant = new Grant({
      ...{ name, repository: new StoredRepository(parts), isShared: true, strict: false, refreshToken: undefined },
      ...{ credential: bearer, expiryRatio: 0.9, defaultExpiresIn: undefined, retries: 0, timeoutSecs: 30 },
      ...{ clock: () => Date.now(), random: Math.random, inputs: new LiveInputs([]), ...kind },
    });
    return grant.issuer({ audience: "", requestToken: idp.requestToken, isClosing: () => false });
  }

  test("D8 another login takes the place of a login's record, refresh token and all, with a warning", async () => {
    const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => emit.mockRestore());
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    await accountIn(store, idp, "old password", { logsIn: true }).refresh(initial);
    expect((await recordIn(store)).refreshToken).toBe("r1");
    await accountIn(store, idp, "new password", { logsIn: true }).refresh(initial);
    expect(idp.presented).toEqual([undefined, undefined]);
    expect(await recordIn(store)).toMatchObject({ refreshToken: "r2", accessToken: "t2" });
    expect(emit.mock.calls.map(([, options]) => options)).toEqual([{ code: "FAUCET_AUTH_OTHER_ACCOUNT" }]);
  });

  test("D8 a refresh token that came with a consent is never replaced by a login", async () => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    await accountIn(store, idp, "consent", { refreshToken: "r0" }).refresh(initial);
    const login = accountIn(store, idp, "login", { logsIn: true });
    expect(await errorOf(() => login.refresh(initial))).toMatchObject({
      code: "config",
      message: expect.stringContaining("the refresh token of another account"),
    });
    expect(idp.presented).toEqual(["r0"]);
    expect((await recordIn(store)).refreshToken).toBe("r1");
  });

  test("a refresh token that ends warns nobody: the provider logs in again", async () => {
    const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => emit.mockRestore());
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    idp.answer = (n) => ({ ...redemption(n), refreshTokenExpiresIn: 1000 });
    const grant = loginIn(store, idp);
    await grant.refresh(initial);
    expect(grant.refreshTokenEnd.at).toBe(Date.now() + 1_000_000);
    vi.setSystemTime(Date.now() + 950_000);
    await loginIn(store, idp).refresh(initial);
    await grant.refresh(initial);
    expect(emit).not.toHaveBeenCalled();
  });
});
