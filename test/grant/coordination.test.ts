/** Rules D1 to D7, one step at a time: several grants over one record, in a store and private alike. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import { errorOf } from "../support/errors.js";
import { invalidGrant, places, playedIdp, processOf, recordIn, redemption } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const bearer = Credential.bearer;
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

describe.each(places)("a record %s", (_where, place) => {
  describe("D1 look, adopt, or redeem under the lock", () => {
    test("D1 a fresh process adopts what is there, without a request, with the time that is left of it", async () => {
      const [idp, store] = [playedIdp(), place()];
      const began = Date.now();
      await processOf(idp, store).refresh(initial);
      await seconds(100);
      const onAttempt = vi.fn();
      const adopted = await processOf(idp, store).refresh({ ...initial, onAttempt });
      expect(adopted).toEqual({ credential: bearer("t1"), expiresIn: 3600, issuedAt: began, revision: 1 });
      expect(onAttempt).not.toHaveBeenCalled();
      expect(idp.presented).toEqual(["r0"]);
    });

    test("D1 many processes at once make one request, and all have its token", async () => {
      const [idp, store] = [playedIdp(), place()];
      const all = Promise.all(Array.from({ length: 50 }, () => processOf(idp, store).refresh(initial)));
      await seconds(2);
      expect(new Set((await all).map(({ revision }) => revision))).toEqual(new Set([1]));
      expect(idp.presented).toEqual(["r0"]);
    });

    test("D1 a process that reports A while the store holds A's successor adopts that, whatever its text", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => ({ ...redemption(1), refreshToken: "r" });
      const [late, early] = [processOf(idp, store), processOf(idp, store)];
      await late.refresh(initial);
      const report = { reason: "invalidated", rejected: bearer("t1"), held: 1 } as const;
      expect(await early.refresh(report)).toMatchObject({ credential: bearer("t1"), revision: 2 });
      expect(await late.refresh(report)).toMatchObject({ credential: bearer("t1"), revision: 2 });
      expect(idp.presented).toHaveLength(2);
    });

    test("D1 a credential of unknown revision is compared by its value", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store).refresh(initial);
      const grant = processOf(idp, store);
      expect(await grant.refresh({ reason: "invalidated", rejected: bearer("t0"), held: undefined })).toMatchObject({
        revision: 1,
      });
      expect(await grant.refresh({ reason: "invalidated", rejected: bearer("t1"), held: undefined })).toMatchObject({
        revision: 2,
      });
    });

    test("D1 what is stale or expired is not adopted, but redeemed", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store).refresh(initial);
      await seconds(3239);
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 1 });
      await seconds(1);
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 2 });
    });

    test("C10 a record from a clock that is ahead counts as issued now, and is not renewed by its holder", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store, "r0", { clock: () => Date.now() + 60_000 }).refresh(initial);
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 1 });
      // Its holder's clock has jumped back: the token counts as expired, not as fresh for longer.
      expect(await processOf(idp, store).refresh({ reason: "expired", held: 1 })).toMatchObject({ revision: 2 });
    });
  });

  describe("D4 invalid_grant", () => {
    test("D4 with nothing else there it is the error, and what is stored stays", async () => {
      const [idp, store] = [playedIdp(), place()];
      const grant = processOf(idp, store);
      await grant.refresh(initial);
      idp.answer = () => Promise.reject(invalidGrant());
      expect(await errorOf(() => grant.refresh({ reason: "expired", held: 1 }))).toMatchObject({
        error: "invalid_grant",
      });
      expect(idp.presented).toEqual(["r0", "r1"]);
      expect(await recordIn(store)).toMatchObject({ refreshToken: "r1", accessToken: "t1", revision: 1 });
    });
  });

  describe("D5 configured refresh tokens", () => {
    test("D5 one never seen wins over a record that is fresh; one that was superseded never again", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store, "old").refresh(initial);
      const adopted = await processOf(idp, store, "new").refresh(initial);
      expect(adopted).toMatchObject({ revision: 2 });
      for (const configured of ["old", "new", "old"]) {
        expect(await processOf(idp, store, configured).refresh(initial)).toMatchObject({ revision: 2 });
      }
      expect(await processOf(idp, store, "old").refresh({ reason: "expired", held: 2 })).toMatchObject({
        revision: 3,
      });
      expect(idp.presented).toEqual(["old", "new", "r2"]);
    });

    test("D4 D5 a new one that is refused leaves the stored grant at work, and is not tried again", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store, "old").refresh(initial);
      idp.answer = (n, { refreshToken }) => (refreshToken === "wrong" ? Promise.reject(invalidGrant()) : redemption(n));
      const grant = processOf(idp, store, "wrong");
      await grant.refresh(initial);
      await grant.refresh({ reason: "expired", held: 2 });
      expect(idp.presented).toEqual(["old", "wrong", "r1", "r3"]);
    });

    test("D5 two that fail before there is any record: the old one redeems, and the new one wins all the same", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(new TransportError("down"));
      for (const configured of ["old", "new"]) {
        await errorOf(() => processOf(idp, store, configured, { retries: 0 }).refresh(initial));
      }
      await seconds(60);
      idp.presented = [];
      idp.answer = (n) => redemption(n);
      for (const configured of ["old", "new", "old"]) await processOf(idp, store, configured).refresh(initial);
      expect(idp.presented).toEqual(["old", "new"]);
    });

    test("D5 a new one whose answer does not come is not yet seen: it is presented again", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store, "old").refresh(initial);
      idp.answer = () => Promise.reject(new AuthError("no", { status: 400, error: "invalid_client" }));
      await errorOf(() => processOf(idp, store, "new").refresh(initial));
      await seconds(60);
      idp.answer = (n) => redemption(n);
      await processOf(idp, store, "new").refresh(initial);
      expect(idp.presented).toEqual(["old", "new", "new"]);
    });
  });

  describe("D7 a failed flight", () => {
    const refused = () => new AuthError("refused", { status: 401, error: "invalid_client", errorDescription: "no" });

    test("D7 closes the gate for all processes, with its class, its codes and when to come again", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(refused());
      await errorOf(() => processOf(idp, store, "r0", { random: () => 0 }).refresh(initial));
      const error = await errorOf(() => processOf(idp, store).refresh(initial));
      expect(error).toMatchObject({ code: "auth", name: "AuthError", status: 401, error: "invalid_client" });
      expect(error).toMatchObject({ errorDescription: "no", retryAt: Date.now() + 15_000 });
      expect(error.cause).toMatchObject({ code: "auth", message: "test: refused" });
      expect(idp.presented).toHaveLength(1);
      idp.answer = (n) => redemption(n);
      await seconds(15);
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ credential: bearer("t2") });
      expect((await recordIn(store)).failure).toBeUndefined();
    });

    test("D7 those who waited for it have its error, not one of their own each", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => new Promise(() => {});
      const began = Date.now();
      const ended: number[] = [];
      const errors = Promise.all(
        Array.from({ length: 8 }, () =>
          errorOf(() => processOf(idp, store).refresh(initial)).finally(() => ended.push(Date.now() - began)),
        ),
      );
      await seconds(32);
      expect((await errors).map(({ code }) => code)).toEqual(Array(8).fill("transport"));
      expect(Math.max(...ended)).toBeLessThan(30_500);
      expect(idp.presented).toHaveLength(1);
    });

    test("F4 D7 the first retryable failure costs nothing, the second in a row closes the gate, wherever", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(new TransportError("down", { unsent: true }));
      const options = { retries: 0, random: () => 0 };
      for (let n = 0; n < 2; n += 1) await errorOf(() => processOf(idp, store, "r0", options).refresh(initial));
      expect(await errorOf(() => processOf(idp, store).refresh(initial))).toMatchObject({ retryAt: Date.now() + 500 });
      expect(idp.presented).toHaveLength(2);
    });

    test("F4 D7 a refresh token that is not the one that failed opens the gate", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(invalidGrant());
      await errorOf(() => processOf(idp, store, "dead").refresh(initial));
      idp.answer = (n) => redemption(n);
      expect(await processOf(idp, store, "alive").refresh(initial)).toMatchObject({ credential: bearer("t2") });
    });

    test("F4 D7 failures of one refresh token do not count for another", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(invalidGrant());
      const options = { random: () => 0 };
      await errorOf(() => processOf(idp, store, "a", options).refresh(initial));
      await errorOf(() => processOf(idp, store, "b", options).refresh(initial));
      expect(await errorOf(() => processOf(idp, store, "b").refresh(initial))).toMatchObject({
        retryAt: Date.now() + 15_000,
      });
    });

    test("F3 D7 a fresh process is served by a token that is good, though the next cannot be had", async () => {
      const [idp, store] = [playedIdp(), place()];
      await processOf(idp, store).refresh(initial);
      await seconds(3500);
      idp.answer = () => Promise.reject(refused());
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 1 });
      expect(await processOf(idp, store).refresh(initial)).toMatchObject({ revision: 1 });
      expect(idp.presented).toHaveLength(2);
      await seconds(100);
      expect(await errorOf(() => processOf(idp, store).refresh(initial))).toMatchObject({ code: "auth" });
    });

    test("A3 D7 one whose token is unusable is noted beside the refresh token that it brought", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => ({ refreshToken: "r1", unusable: refused() });
      await errorOf(() => processOf(idp, store).refresh(initial));
      expect(await recordIn(store)).toMatchObject({ refreshToken: "r1", refusal: { error: { status: 401 } } });
      expect(await errorOf(() => processOf(idp, store).refresh(initial))).toMatchObject({
        retryAt: expect.any(Number),
      });
      expect(idp.presented).toEqual(["r0"]);
    });

    test("S1 D7 there is no secret in what is left beside the record", async () => {
      const [idp, store] = [playedIdp(), place()];
      idp.answer = () => Promise.reject(new Error("r0 is a s3cr3t"));
      await errorOf(() => processOf(idp, store, "r0", { retries: 0 }).refresh(initial));
      expect(JSON.stringify((await recordIn(store)).failure)).not.toMatch(/s3cr3t|"r0"/);
    });
  });
});
