/** The example of a pipeline from nothing, as its reader runs it. */

import { expect, test } from "vitest";
import { execute } from "../support/child.js";

test("L3 from an empty folder to a durable grant, two runs of a job on one login, and the end", async () => {
  const { code, stdout, stderr } = await execute(process.execPath, ["examples/from-nothing.js"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("crm: logged in.");
  expect(stdout).toContain("pipeline.yaml: 1 provider, no faults\n");
  const run = '$ job pipeline.yaml\nrows: {"sub":"ann"}\nstatus: fresh after 0 token requests\n';
  expect(stdout.split(run)).toHaveLength(3);
  expect(stdout).toContain("crm: revoked.");
  expect(stdout).toMatch(
    /failed: crm: nobody has logged in yet, which this does: faucet-auth login pipeline\.yaml crm\nstatus: failing/,
  );
  expect(stdout).toContain("was asked for a token 1 time, for two runs");
  expect(stdout).not.toMatch(/access_token|refresh_token/);
});
