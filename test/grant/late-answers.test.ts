import { afterEach, expect, test, vi } from "vitest";
import type { UntimedContext } from "../../src/failure/deadline.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError } from "../../src/values/errors.js";
import type { Redemption } from "../../src/values/issued.js";
import { privateGrant } from "../support/grants.js";

const why: UntimedContext = { reason: "initial" };
const token = (text: string) => ({ text, credential: Credential.bearer(text), expiresIn: undefined });

afterEach(() => vi.useRealTimers());

test("A3 an answer that arrives after its exchange was given up still rotates the grant", async () => {
  vi.useFakeTimers();
  const redemptions: { presented: string | undefined; answer(refreshToken: string): void }[] = [];
  const grant = privateGrant("r0", ({ refreshToken: presented }) => {
    return new Promise((resolve) => {
      redemptions.push({ presented, answer: (refreshToken) => resolve({ refreshToken, token: token("t") }) });
    });
  });
  const givenUp = expect(grant.issue(why)).rejects.toThrow("no token within 30 s");
  await vi.advanceTimersByTimeAsync(30_000);
  await givenUp;
  expect(grant.generation).toBe(0);
  redemptions[0]?.answer("r1");
  await vi.advanceTimersByTimeAsync(0);
  expect(grant.generation).toBe(1);
  grant.issue({ reason: "invalidated", rejected: Credential.bearer("t"), generation: 1 });
  await vi.advanceTimersByTimeAsync(0);
  expect(redemptions.map(({ presented }) => presented)).toEqual(["r0", "r1"]);
});

test("A3 a late answer does not overwrite what a later attempt has recorded", async () => {
  vi.useFakeTimers();
  const answers: ((token: string) => void)[] = [];
  const store = new MemoryTokenStore();
  const redeem = () =>
    new Promise<Redemption>((resolve) => {
      answers.push((accessToken) => resolve({ token: token(accessToken) }));
    });
  // The first attempt is given up after its share of the deadline, half of it.
  const served = privateGrant(undefined, redeem, { store, retries: 1, random: () => 0 }).issue(why);
  await vi.advanceTimersByTimeAsync(15_001);
  answers[1]?.("new");
  await served;
  answers[0]?.("old");
  await vi.advanceTimersByTimeAsync(1);
  expect((await store.read("test"))?.text).toContain('"accessToken":"new"');
});

test("A3 a rotated refresh token is recorded even where the token beside it is unusable", async () => {
  const presented: unknown[] = [];
  let now = 0;
  const grant = privateGrant(
    "r0",
    async ({ refreshToken }) => {
      presented.push(refreshToken);
      return {
        refreshToken: "r1",
        unusable: new AuthError("unusable"),
      };
    },
    { clock: () => now },
  );
  await expect(grant.issue(why)).rejects.toThrow("unusable");
  now += 60_000;
  await expect(grant.issue(why)).rejects.toThrow("unusable");
  expect(presented).toEqual(["r0", "r1"]);
});
