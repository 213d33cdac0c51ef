/** The expiry of the very credential that a cache has handed out (C13). */

import { describe, expect, test } from "vitest";
import { Credential, type Issued, StaticProvider, TokenCache } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { manualIssuer, numberedIssuer } from "../support/issuers.js";

async function expiryOfIssued(issued: Omit<Issued, "credential">): Promise<number | undefined> {
  const cache = new TokenCache(async () => ({ credential: Credential.bearer("t"), ...issued }), {
    clock: testClock(NOW),
  });
  return Credential.expiresAt(await cache.getToken());
}

const NOW = 1_700_000_000_000;

describe("C13 is what the issuer says", () => {
  test.each([
    [{ expiresIn: 3600 }, NOW + 3_600_000],
    [{ expiresIn: 0.5 }, NOW + 500],
    [{ expiresIn: "60" as never }, NOW + 60_000],
    [{ expiresIn: 0 }, NOW + 1000],
    [{ expiresIn: -5 }, NOW + 1000],
    [{ expiresIn: 3600, issuedAt: NOW - 60_000 }, NOW + 3_540_000],
    [{ expiresIn: 3600, issuedAt: NOW + 60_000 }, NOW + 3_600_000],
    [{ expiresIn: 10, issuedAt: NOW - 60_000 }, NOW - 50_000],
    [{ expiresIn: 1e12 }, NOW + 1e15],
    [{}, undefined],
    [{ expiresIn: undefined }, undefined],
    [{ expiresIn: null as never }, undefined],
    [{ expiresIn: Number.POSITIVE_INFINITY }, undefined],
    [{ expiresIn: Number.NaN }, undefined],
    [{ expiresIn: Number.MAX_VALUE }, undefined],
  ])("C13 %o", async (issued, expiresAt) => {
    expect(await expiryOfIssued(issued)).toBe(expiresAt);
  });
});

test("C13 each generation has its own, and an old object keeps its", async () => {
  const clock = testClock(NOW);
  const cache = new TokenCache(numberedIssuer(60).issue, { clock });
  const first = await cache.getToken();
  clock.advance(61);
  const second = await cache.getToken();
  const third = await cache.invalidate(second);
  expect([first, second, third].map(Credential.expiresAt)).toEqual([NOW + 60_000, NOW + 121_000, NOW + 121_000]);
  expect(cache.status().expiresAt).toBe(Credential.expiresAt(third));
});

test("C13 an issuer that gives one object twice changes nothing of the first", async () => {
  const clock = testClock(NOW);
  const credential = Credential.bearer("same");
  const cache = new TokenCache(async () => ({ credential, expiresIn: 60 }), { clock });
  const first = await cache.getToken();
  clock.advance(61);
  const second = await cache.getToken();
  expect(second).not.toBe(first);
  expect([first, second].map(Credential.expiresAt)).toEqual([NOW + 60_000, NOW + 121_000]);
  expect(Credential.expiresAt(credential)).toBeUndefined();
  expect(await cache.invalidate(first)).toBe(second);
});

test("C13 a credential of another cache keeps its expiry, and lends it to nobody", async () => {
  const clock = testClock(NOW);
  const inner = new TokenCache(numberedIssuer(60).issue, { clock });
  const outer = new TokenCache(async () => ({ credential: await inner.getToken() }), { clock });
  const given = await outer.getToken();
  expect(Credential.expiresAt(given)).toBeUndefined();
  expect(Credential.expiresAt(await inner.getToken())).toBe(NOW + 60_000);
  // The report stays exact: the outer cache knows its own objects, the inner one knows its own.
  const next = await outer.invalidate(given);
  expect(next).not.toBe(given);
  expect(await outer.invalidate(given)).toBe(next);
});

test("C13 of a token that comes when it has expired, it lies in the past", async () => {
  const clock = testClock(NOW);
  const { issue, exchanges } = manualIssuer();
  const cache = new TokenCache((why) => issue(why).then((issued) => ({ ...issued, issuedAt: NOW })), { clock });
  const asked = cache.getToken();
  clock.advance(20);
  exchanges[0]?.issue("late", 10);
  expect(Credential.expiresAt(await asked)).toBe(NOW + 10_000);
});

test("C13 a fixed credential has none", async () => {
  const provider = new StaticProvider({ token: "t" });
  expect(Credential.expiresAt(await provider.getToken())).toBeUndefined();
});
