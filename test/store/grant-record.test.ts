import { expect, test } from "vitest";
import { Credential } from "../../src/credential.js";
import type { IssueContext, Issued } from "../../src/issued.js";
import { recorded } from "../../src/store/grant-record.js";

const why: IssueContext = { reason: "initial", signal: new AbortController().signal };

function manualRedeem() {
  const redemptions: { presented: string | undefined; answer(refreshToken?: string): void }[] = [];
  const issue = recorded(
    { refreshToken: "r0" },
    ({ refreshToken: presented }) =>
      new Promise<Issued>((resolve) => {
        redemptions.push({
          presented,
          answer: (refreshToken) => resolve({ credential: Credential.bearer("t"), refreshToken }),
        });
      }),
  );
  return { redemptions, issue };
}

test("A3 the answer of an exchange that was given up still rotates the grant", async () => {
  const { redemptions, issue } = manualRedeem();
  const given_up = issue(why);
  redemptions[0]?.answer("r1");
  await given_up;
  issue(why);
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
