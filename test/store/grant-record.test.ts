import { afterEach, expect, test, vi } from "vitest";
import { Credential } from "../../src/credential.js";
import { AuthError } from "../../src/errors.js";
import { withDeadline } from "../../src/failure/deadline.js";
import type { IssueContext } from "../../src/issued.js";
import { recorded } from "../../src/store/grant-record.js";

const why: IssueContext = { reason: "initial", signal: new AbortController().signal };
const issued = () => ({ credential: Credential.bearer("t") });

afterEach(() => vi.useRealTimers());

/** An issuer over a record whose redemptions the test ends, whatever becomes of their signal. */
function manualRedeem() {
  const redemptions: { presented: string | undefined; answer(refreshToken: string): void }[] = [];
  const { issue } = recorded({ refreshToken: "r0" }, ({ refreshToken: presented }) => {
    return new Promise((resolve) => {
      redemptions.push({ presented, answer: (refreshToken) => resolve({ refreshToken, issued }) });
    });
  });
  return { redemptions, issue };
}

test("A3 an answer that arrives after its exchange was given up still rotates the grant", async () => {
  vi.useFakeTimers();
  const { redemptions, issue } = manualRedeem();
  const timed = withDeadline(issue, 30);
  const givenUp = expect(timed(why)).rejects.toThrow("no token within 30 s");
  await vi.advanceTimersByTimeAsync(30_000);
  await givenUp;
  redemptions[0]?.answer("r1");
  await vi.advanceTimersByTimeAsync(0);
  timed(why);
  expect(redemptions.map(({ presented }) => presented)).toEqual(["r0", "r1"]);
});

test("A3 a late answer does not overwrite what a later exchange has recorded", async () => {
  const { redemptions, issue } = manualRedeem();
  const [slow, quick] = [issue(why), issue(why)];
  redemptions[1]?.answer("r-new");
  await quick;
  redemptions[0]?.answer("r-old");
  await slow;
  issue(why);
  expect(redemptions[2]?.presented).toBe("r-new");
});

test("A3 a rotated refresh token is recorded even where the token beside it is unusable", async () => {
  const presented: unknown[] = [];
  const { issue } = recorded({ refreshToken: "r0" }, async ({ refreshToken }) => {
    presented.push(refreshToken);
    return {
      refreshToken: "r1",
      issued() {
        throw new AuthError("unusable");
      },
    };
  });
  await expect(issue(why)).rejects.toThrow("unusable");
  await expect(issue(why)).rejects.toThrow("unusable");
  expect(presented).toEqual(["r0", "r1"]);
});
