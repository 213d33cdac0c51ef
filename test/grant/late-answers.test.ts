import { afterEach, describe, expect, test, vi } from "vitest";
import type { Refresh } from "../../src/grant/adoption.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError } from "../../src/values/errors.js";
import type { Redemption } from "../../src/values/issued.js";
import { places, recordIn } from "../support/fleet.js";
import { grantIn } from "../support/grants.js";

const refresh: Refresh = { reason: "initial", held: undefined };
const token = (text: string) => ({ text, credential: Credential.bearer(text), expiresIn: undefined });

afterEach(() => vi.useRealTimers());

describe.each(places)("a record %s", (_where, open) => {
  test("A3 an answer that arrives after its exchange was given up still rotates the grant", async () => {
    vi.useFakeTimers();
    const place = open();
    const redemptions: { presented: string | undefined; answer(refreshToken: string): void }[] = [];
    const grant = grantIn(place, "r0", ({ refreshToken: presented }) => {
      return new Promise((resolve) => {
        redemptions.push({ presented, answer: (refreshToken) => resolve({ refreshToken, token: token("t") }) });
      });
    });
    const givenUp = expect(grant.refresh(refresh)).rejects.toThrow("no token within 30 s");
    await vi.advanceTimersByTimeAsync(30_000);
    await givenUp;
    expect((await recordIn(place)).revision).toBe(0);
    redemptions[0]?.answer("r1");
    await vi.advanceTimersByTimeAsync(0);
    expect(await recordIn(place)).toMatchObject({ revision: 1, refreshToken: "r1" });
    grant.refresh({ reason: "invalidated", rejected: Credential.bearer("t"), held: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect(redemptions.map(({ presented }) => presented)).toEqual(["r0", "r1"]);
  });

  test("A3 a late answer does not overwrite what a later attempt has recorded", async () => {
    vi.useFakeTimers();
    const place = open();
    const answers: ((token: string) => void)[] = [];
    const redeem = () =>
      new Promise<Redemption>((resolve) => {
        answers.push((accessToken) => resolve({ token: token(accessToken) }));
      });
    // The second attempt begins beside the first when that has used up its share of the time, half of it.
    const served = grantIn(place, undefined, redeem, { retries: 1, random: () => 0 }).refresh(refresh);
    await vi.advanceTimersByTimeAsync(15_001);
    answers[1]?.("new");
    await served;
    answers[0]?.("old");
    await vi.advanceTimersByTimeAsync(1);
    expect(await recordIn(place)).toMatchObject({ accessToken: "new" });
  });

  test("A3 a rotated refresh token is recorded even where the token beside it is unusable", async () => {
    const place = open();
    const presented: unknown[] = [];
    let now = 0;
    const grant = grantIn(
      place,
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
    await expect(grant.refresh(refresh)).rejects.toThrow("unusable");
    now += 60_000;
    await expect(grant.refresh(refresh)).rejects.toThrow("unusable");
    expect(presented).toEqual(["r0", "r1"]);
  });
});
