/** D9: one grant and its audiences, by issuers over one record, in a store and private alike. */

import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import { errorOf } from "../support/errors.js";
import { FlakyStore, invalidGrant, places, playedIdp, processOf, recordIn, redemption } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);
const refusedBy = (error: string) => new AuthError(`HTTP 400 ${error}`, { status: 400, error });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

/** An IdP that takes its time, and counts the requests that it had at once. */
function slowIdp(milliseconds: number) {
  const idp = { ...playedIdp(), atOnce: 0, mostAtOnce: 0 };
  const requestToken: typeof idp.requestToken = async (held) => {
    idp.presented.push(held.refreshToken);
    const n = idp.presented.length;
    idp.atOnce += 1;
    idp.mostAtOnce = Math.max(idp.mostAtOnce, idp.atOnce);
    await pause(milliseconds);
    idp.atOnce -= 1;
    return idp.answer(n, held);
  };
  return Object.assign(idp, { requestToken });
}

describe.each(places)("a record %s", (_where, open) => {
  test("D9 redemptions never overlap, whatever their audience, in one process and in many", async () => {
    const [idp, place] = [slowIdp(100), open()];
    const processes = [processOf(idp, place), processOf(idp, place)];
    const flights = processes.flatMap((grant) => ["a", "b", "c", "d"].map((name) => grant.of(name).refresh(initial)));
    await seconds(10);
    const tokens = (await Promise.all(flights)).map(({ credential }) => (credential as { token: string }).token);
    expect(idp.mostAtOnce).toBe(1);
    expect(idp.presented).toEqual(["r0", "r1", "r2", "r3"]);
    expect(new Set(tokens)).toEqual(new Set(["t1", "t2", "t3", "t4"]));
    expect(tokens.slice(0, 4).sort()).toEqual(tokens.slice(4).sort());
  });

  test("D9 audiences of one process take turns in the order in which they came, and wait by no timer", async () => {
    const [idp, place] = [playedIdp(), open()];
    const grant = processOf(idp, place);
    const names = ["a", "b", "c", "d"];
    const issued = await Promise.all(names.map((name) => grant.of(name).refresh(initial)));
    expect(issued.map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
  });

  test("D9 each audience has a token of its own, and is adopted for itself", async () => {
    const [idp, place] = [playedIdp(), open()];
    const grant = processOf(idp, place);
    await grant.of("a").refresh(initial);
    await grant.of("b").refresh(initial);
    const other = processOf(idp, place);
    expect(await other.of("b").refresh(initial)).toMatchObject({ credential: Credential.bearer("t2") });
    expect(await other.of("a").refresh(initial)).toMatchObject({ credential: Credential.bearer("t1") });
    // A report of one is none of the other.
    await other.of("a").refresh({ reason: "invalidated", held: 1, rejected: Credential.bearer("t1") });
    expect(await grant.of("b").refresh(initial)).toMatchObject({ revision: 2 });
    expect(idp.presented).toEqual(["r0", "r1", "r2"]);
  });

  test.each(["invalid_scope", "invalid_target", "invalid_request", "access_denied", "invalid_resource"])(
    "F4 D9 %s blocks the audience that it is about, in all processes, and no other",
    async (error) => {
      const [idp, place] = [playedIdp(), open()];
      const grant = processOf(idp, place, "r0", { random: () => 0 });
      await grant.of("good").refresh(initial);
      idp.answer = () => Promise.reject(refusedBy(error));
      expect(await errorOf(() => grant.of("bad").refresh(initial))).toMatchObject({ error, retryAt: undefined });
      idp.answer = (n) => redemption(n);
      // Neither a rotation nor a token of another audience changes anything about it.
      for (const held of [1, 3, 4]) await grant.of("good").refresh({ reason: "expired", held });
      const requests = idp.presented.length;
      for (const process of [grant, processOf(idp, place)]) {
        const blocked = await errorOf(() => process.of("bad").refresh(initial));
        expect(blocked).toMatchObject({ error, retryAt: Date.now() + 15_000 });
      }
      expect(idp.presented).toHaveLength(requests);
      await seconds(15);
      expect(await processOf(idp, place).of("bad").refresh(initial)).toMatchObject({ revision: expect.any(Number) });
      expect((await recordIn(place)).refusals).toEqual({});
    },
  );

  test.each(["invalid_grant", "invalid_client", "unauthorized_client", undefined])(
    "F4 D9 a refusal that is not about the audience (%s) blocks all of them",
    async (error) => {
      const [idp, place] = [playedIdp(), open()];
      const grant = processOf(idp, place);
      idp.answer = () => Promise.reject(new AuthError("no", { status: 400, error }));
      await errorOf(() => grant.of("a").refresh(initial));
      idp.answer = (n) => redemption(n);
      for (const process of [grant, processOf(idp, place)]) {
        expect(await errorOf(() => process.of("b").refresh(initial))).toMatchObject({ retryAt: expect.any(Number) });
      }
      expect(idp.presented).toHaveLength(1);
    },
  );

  test("F4 D9 an answer that is no usable token was none for its audience alone", async () => {
    const [idp, place] = [playedIdp(), open()];
    const grant = processOf(idp, place);
    idp.answer = () => ({ refreshToken: "r1", unusable: new AuthError("of type DPoP") });
    expect(await errorOf(() => grant.of("a").refresh(initial))).toMatchObject({ message: "of type DPoP" });
    idp.answer = (n) => redemption(n);
    expect(await grant.of("b").refresh(initial)).toMatchObject({ credential: Credential.bearer("t2") });
    expect(await errorOf(() => grant.of("a").refresh(initial))).toMatchObject({ retryAt: expect.any(Number) });
    expect(idp.presented).toEqual(["r0", "r1"]);
  });

  test("F4 D9 a second refusal blocks for longer, and the other gate does not shorten it", async () => {
    const [idp, place] = [playedIdp(), open()];
    const grant = processOf(idp, place, "r0", { random: () => 0, retries: 0 });
    idp.answer = () => Promise.reject(refusedBy("invalid_scope"));
    await errorOf(() => grant.of("bad").refresh(initial));
    await seconds(15);
    await errorOf(() => grant.of("bad").refresh(initial));
    const retryAt = Date.now() + 30_000;
    idp.answer = () => Promise.reject(new TransportError("down", { unsent: true }));
    for (let n = 0; n < 2; n += 1) await errorOf(() => grant.of("good").refresh(initial));
    expect(await errorOf(() => grant.of("bad").refresh(initial))).toMatchObject({ error: "invalid_scope", retryAt });
    expect(await errorOf(() => grant.of("good").refresh(initial))).toMatchObject({ code: "transport" });
  });

  test("D5 D9 a new consent ends the refusals, and the tokens, of the one before", async () => {
    const [idp, place] = [playedIdp(), open()];
    const grant = processOf(idp, place, "first");
    await grant.of("a").refresh(initial);
    idp.answer = () => Promise.reject(refusedBy("invalid_scope"));
    await errorOf(() => grant.of("b").refresh(initial));
    idp.answer = (n) => redemption(n);
    const after = processOf(idp, place, "second");
    expect(await after.of("b").refresh(initial)).toMatchObject({ credential: Credential.bearer("t3") });
    expect(await processOf(idp, place, "first").of("a").refresh(initial)).toMatchObject({
      credential: Credential.bearer("t4"),
    });
    expect(idp.presented).toEqual(["first", "r1", "second", "r3"]);
  });

  test("D7 D9 who waited while another audience was refused is not refused; while the grant failed, is", async () => {
    const [idp, place] = [slowIdp(100), open()];
    const grant = processOf(idp, place);
    idp.answer = (n) => (n === 1 ? Promise.reject(refusedBy("invalid_scope")) : redemption(n));
    const [refused, served] = [errorOf(() => grant.of("a").refresh(initial)), grant.of("b").refresh(initial)];
    await seconds(1);
    expect([await refused, await served]).toMatchObject([{ error: "invalid_scope" }, { revision: expect.any(Number) }]);
    idp.answer = () => Promise.reject(invalidGrant());
    const ended = ["c", "d"].map((name) => errorOf(() => grant.of(name).refresh(initial)));
    await seconds(1);
    expect(await Promise.all(ended)).toMatchObject([{ error: "invalid_grant" }, { error: "invalid_grant" }]);
    expect(idp.presented).toHaveLength(3);
  });

  test("D9 F1 an error that concerns all names the grant, one that concerns an audience is left to that to name", async () => {
    const [idp, place] = [playedIdp(), open()];
    idp.answer = () => Promise.reject(refusedBy("invalid_scope"));
    expect(await errorOf(() => processOf(idp, place).refresh(initial))).toMatchObject({ provider: undefined });
    idp.answer = () => Promise.reject(invalidGrant());
    for (const name of ["a", "b"]) {
      const error = await errorOf(() => processOf(idp, place).of(name).refresh(initial));
      expect(error).toMatchObject({ provider: "test", message: expect.stringMatching(/^test: /) });
    }
  });

  test("D9 a record has a hundred audiences at most: those that were last asked for", async () => {
    const [idp, place] = [playedIdp(), open()];
    idp.answer = (n) => ({
      ...redemption(n),
      token: { text: `t${n}`, credential: Credential.bearer(`t${n}`), expiresIn: undefined },
    });
    const grant = processOf(idp, place);
    for (let n = 0; n < 102; n += 1) await grant.of(`audience ${n}`).refresh(initial);
    const kept = Object.values((await recordIn(place)).tokens).map(({ revision }) => revision);
    expect(kept.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 3));
    idp.answer = () => Promise.reject(refusedBy("invalid_scope"));
    for (let n = 0; n < 102; n += 1) await errorOf(() => grant.of(`refused ${n}`).refresh(initial));
    expect(Object.keys((await recordIn(place)).refusals)).toHaveLength(100);
    await seconds(5000);
    await errorOf(() => grant.of("the last").refresh(initial));
    expect(Object.keys((await recordIn(place)).refusals)).toHaveLength(1);
  });

  test("D1 D9 close() waits for the flight that has its turn, and lets go of those that wait for it", async () => {
    const [idp, place] = [slowIdp(100), open()];
    const grant = processOf(idp, place);
    const [served, waiting] = [grant.of("a").refresh(initial), errorOf(() => grant.of("b").refresh(initial))];
    await seconds(0.05);
    let isClosed = false;
    grant.stopWaiting();
    const closed = grant.close().then(() => {
      isClosed = true;
    });
    await seconds(0.01);
    expect(isClosed).toBe(false);
    await seconds(1);
    await closed;
    expect(await served).toMatchObject({ credential: Credential.bearer("t1") });
    expect(await waiting).toMatchObject({ code: "closed" });
    expect(idp.presented).toEqual(["r0"]);
    expect(await recordIn(place)).toMatchObject({ refreshToken: "r1" });
  });

  test("D9 an audience that is closed waits no more, and the others go on", async () => {
    const [idp, place] = [slowIdp(100), open()];
    const grant = processOf(idp, place);
    let isClosing = false;
    const served = grant.of("a").refresh(initial);
    const waiting = errorOf(() => grant.of("b", () => isClosing).refresh(initial));
    const other = grant.of("c").refresh(initial);
    await seconds(0.05);
    isClosing = true;
    await seconds(1);
    expect(await waiting).toMatchObject({ code: "closed" });
    expect([await served, await other]).toMatchObject([{ revision: 1 }, { revision: 2 }]);
  });
});

test("S1 D9 what stands in a record for an audience is salted: two records of one audience have nothing in common", async () => {
  const audience = JSON.stringify([["https://graph.microsoft.com/.default"], []]);
  const marks = [];
  for (const store of [new MemoryTokenStore(), new MemoryTokenStore()]) {
    const idp = playedIdp();
    await processOf(idp, store).of(audience).refresh(initial);
    idp.answer = () => Promise.reject(refusedBy("invalid_scope"));
    await errorOf(() => processOf(idp, store).of(`${audience} `).refresh(initial));
    const text = (await store.read("test"))?.text ?? "";
    expect(text).not.toContain("graph.microsoft.com");
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      expect(text).not.toContain(createHash("sha256").update(audience).digest(encoding).slice(0, 16));
    }
    const { tokens, refusals } = JSON.parse(text);
    marks.push(...Object.keys(tokens), ...Object.keys(refusals));
  }
  expect(marks).toHaveLength(4);
  expect(new Set(marks).size).toBe(4);
});

test("D3 D9 what the store has not taken of one audience is saved before another redeems", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const [idp, store] = [playedIdp(), new FlakyStore()];
  const grant = processOf(idp, store);
  await grant.of("a").refresh(initial);
  store.failing.set("write", Object.assign(new Error("full"), { code: "ENOSPC" }));
  const renewed = grant.of("a").refresh({ reason: "expired", held: 1 });
  const other = errorOf(() => grant.of("b").refresh(initial));
  await seconds(6);
  await renewed;
  expect(await other).toMatchObject({ code: "store" });
  expect(idp.presented).toEqual(["r0", "r1"]);
  store.failing.clear();
  await grant.of("b").refresh(initial);
  expect(idp.presented).toEqual(["r0", "r1", "r2"]);
  expect(await recordIn(store)).toMatchObject({ refreshToken: "r3" });
});
