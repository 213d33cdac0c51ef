/** What a refusal does to the refresh tokens that there are, and whose failure is on record (D4, D5, D8, H2). */

import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { Grant } from "../../src/grant/grant.js";
import type { GrantOptions } from "../../src/grant/grant-options.js";
import { fingerprint, newRecord } from "../../src/grant/record.js";
import { StoredRepository } from "../../src/grant/stored-repository.js";
import { LiveInputs } from "../../src/live/live-inputs.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError } from "../../src/values/errors.js";
import { errorOf } from "../support/errors.js";
import { invalidGrant, playedIdp, processOf, recordIn, redemption } from "../support/fleet.js";

const initial: Refresh = { reason: "initial", held: undefined };
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => vi.useRealTimers());

test("D5 a refusal without a code, such as a firewall's, does not bury a new consent", async () => {
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  await processOf(idp, store, "first").refresh(initial);
  idp.answer = (n, { refreshToken }) =>
    refreshToken === "second" ? Promise.reject(new AuthError("HTTP 403", { status: 403 })) : redemption(n);
  const grant = processOf(idp, store, "second");
  expect(await grant.refresh(initial)).toMatchObject({ credential: Credential.bearer("t3") });
  idp.answer = (n) => redemption(n);
  await grant.refresh({ reason: "expired", held: 3 });
  expect(idp.presented).toEqual(["first", "second", "r1", "second"]);
});

test("D4 H2 another refresh token is not presented with less than a share of the time left, but by the next flight", async () => {
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  const grant = processOf(idp, store, "r0", { timeoutSecs: 9, random: () => 0 });
  await grant.refresh(initial);
  idp.answer = async (n, { refreshToken }) => {
    if (refreshToken !== "r1") return redemption(n);
    const stored = await store.read("test");
    const record = { ...JSON.parse(stored?.text ?? ""), refreshToken: "late" };
    await store.write("test", { fencingToken: 2, text: JSON.stringify(record) });
    await new Promise((resolve) => setTimeout(resolve, 8000));
    throw invalidGrant();
  };
  const failed = errorOf(() => grant.refresh({ reason: "expired", held: 1 }));
  await seconds(9);
  expect(await failed).toMatchObject({ error: "invalid_grant" });
  expect(idp.presented).toEqual(["r0", "r1"]);
  await seconds(60);
  await grant.refresh({ reason: "expired", held: 1 });
  expect(idp.presented).toEqual(["r0", "r1", "late"]);
});

/** A process of another account of the same name, without a refresh token. */
function accountOf(
  account: string,
  idp: ReturnType<typeof playedIdp>,
  store: MemoryTokenStore,
  options: Partial<GrantOptions> = {},
) {
  const name = { type: "test", name: "test", key: "test" };
  const place = { store, name, account, hasRefreshToken: false, strict: false, random: Math.random };
  const repository = new StoredRepository(place);
  const inputs = new LiveInputs([]);
  const base = { name, repository, isShared: true, strict: false, refreshToken: undefined };
  const rest = { expiryRatio: 0.9, defaultExpiresIn: undefined, retries: 0, timeoutSecs: 30, clock: () => Date.now() };
  const grant = new Grant({ ...base, ...rest, credential: Credential.bearer, inputs, random: Math.random, ...options });
  return grant.issuer({ audience: "", requestToken: idp.requestToken, isClosing: () => false });
}

test("D8 D7 one account's failure neither blocks another, nor takes the place of its record", async () => {
  const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => emit.mockRestore());
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  const refused = () => Promise.reject(new AuthError("HTTP 401", { status: 401 }));
  idp.answer = refused;
  await errorOf(() => accountOf("wrong password", idp, store).refresh(initial));
  idp.answer = (n) => redemption(n, undefined);
  expect(await accountOf("right password", idp, store).refresh(initial)).toMatchObject({
    revision: expect.any(Number),
  });
  const kept = await recordIn(store);
  idp.answer = refused;
  await errorOf(() => accountOf("another account", idp, store).refresh(initial));
  expect(await recordIn(store)).toEqual(kept);
  const requests = idp.presented.length;
  await accountOf("right password", idp, store).refresh(initial);
  expect(idp.presented).toHaveLength(requests);
});

test("D5 where what was inherited is refused, the configured refresh token has its turn", async () => {
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  idp.answer = (n, { refreshToken }) => (refreshToken === "dead" ? Promise.reject(invalidGrant()) : redemption(n));
  const name = { type: "test", name: "test", key: "test" };
  const blank = newRecord();
  const place = { store, name, account: undefined, hasRefreshToken: true, strict: false, random: Math.random };
  const inheriting = new StoredRepository({
    ...place,
    inherit: [async () => ({ ...blank, refreshToken: "dead", seen: [fingerprint(blank, "new consent")] })],
  });
  const grant = processOf(idp, store, "new consent", { repository: inheriting });
  await grant.refresh(initial);
  expect(idp.presented).toEqual(["dead", "new consent"]);
  await grant.refresh({ reason: "expired", held: 1 });
  expect(idp.presented.at(-1)).toBe("r2");
});

test("D8 D3 that a store has failed once does not hide that its record is another account's", async () => {
  const codes: unknown[] = [];
  const emit = vi.spyOn(process, "emitWarning").mockImplementation((_text, options) => {
    codes.push((options as { code?: string }).code);
  });
  onTestFinished(() => emit.mockRestore());
  const [idp, store] = [playedIdp(), new MemoryTokenStore()];
  await accountOf("first", idp, store).refresh(initial);
  vi.spyOn(store, "read").mockRejectedValueOnce(new Error("down"));
  const other = accountOf("second", idp, store);
  for (let n = 0; n < 2; n += 1) await other.refresh(initial);
  expect(codes).toEqual(["FAUCET_AUTH_STORE_UNAVAILABLE", "FAUCET_AUTH_OTHER_ACCOUNT"]);
});
