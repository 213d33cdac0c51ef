/** What a grant does at its end, and what it knows of its refresh token's. */

import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import type { Refresh } from "../../src/grant/adoption.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { errorOf } from "../support/errors.js";
import { FlakyStore, playedIdp, processOf, recordIn, redemption } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

function heardWarnings(): unknown[] {
  const codes: unknown[] = [];
  const emit = vi.spyOn(process, "emitWarning").mockImplementation((_text, options) => {
    codes.push((options as { code?: string }).code);
  });
  onTestFinished(() => emit.mockRestore());
  return codes;
}

test.each([["r0"], [undefined]])(
  "D1 close() waits for no lease that another holds, and nothing is sent (refresh token %s)",
  async (refreshToken) => {
    const [idp, store] = [playedIdp(), new MemoryTokenStore()];
    await store.lock("test", 3_600_000);
    const grant = processOf(idp, store, refreshToken, { refreshToken });
    const cache = new TokenCache(grant.issue);
    const waiting = errorOf(() => cache.getToken());
    await seconds(1);
    grant.stopWaiting();
    const closed = cache.close().then(() => grant.close());
    await seconds(1);
    await closed;
    expect(await waiting).toMatchObject({ code: "closed" });
    expect(idp.presented).toEqual([]);
  },
);

test("D3 a close() that failed may be called again, once the store takes what is missing", async () => {
  heardWarnings();
  const [idp, store] = [playedIdp(), new FlakyStore()];
  store.failing.set("write", Object.assign(new Error("full"), { code: "ENOSPC" }));
  const grant = processOf(idp, store);
  const issued = grant.refresh(initial);
  await seconds(6);
  await issued;
  for (let n = 0; n < 2; n += 1) expect(await errorOf(() => grant.close())).toMatchObject({ code: "store" });
  store.failing.clear();
  await grant.close();
  expect(await recordIn(store)).toMatchObject({ refreshToken: "r1" });
});

test("the end of the refresh token is known, to the next process too, and warned of once when a tenth is left", async () => {
  const codes = heardWarnings();
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  const began = Date.now();
  idp.answer = (n) => ({
    ...redemption(n),
    refreshToken: undefined,
    refreshTokenExpiresIn: 1000 - (Date.now() - began) / 1000,
  });
  const grant = processOf(idp, store);
  await grant.refresh(initial);
  expect(grant.refreshTokenEnd.at).toBe(began + 1_000_000);
  const other = processOf(idp, store);
  await other.refresh(initial);
  expect(other.refreshTokenEnd.at).toBe(began + 1_000_000);
  await seconds(890);
  await grant.refresh({ reason: "expired", held: 1 });
  expect(codes).toEqual([]);
  await seconds(20);
  for (const held of [2, 3]) await grant.refresh({ reason: "expired", held });
  expect(codes).toEqual(["FAUCET_AUTH_REFRESH_TOKEN_EXPIRY"]);
  expect(grant.refreshTokenEnd.at).toBe(began + 1_000_000);
});
