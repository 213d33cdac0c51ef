/** The example of a pipeline from nothing, as its reader runs it. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute, root } from "../support/child.js";

test("L3 from an empty folder to a durable grant, two runs of a job on one login, and the end", async () => {
  const { code, stdout, stderr } = await execute(process.execPath, ["examples/from-nothing.js"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("crm: logged in.");
  expect(stdout).toContain("pipeline.yaml: 1 provider, no faults\n");
  const run = '$ node job.js pipeline.yaml\nrows: {"sub":"ann"}\nstatus: fresh (token requests: 0)\n';
  expect(stdout.split(run)).toHaveLength(3);
  expect(stdout).toContain("crm: revoked.");
  expect(stdout).toMatch(
    /failed: crm: nobody has logged in yet, which this does: faucet-auth login pipeline\.yaml crm\nstatus: failing/,
  );
  expect(stdout).toContain("was asked for a token 1 time, for two runs");
  expect(stdout).not.toMatch(/access_token|refresh_token/);
  const [, recording] = /^```console\n(.*?)\n```$/ms.exec(await readFile(join(root, "README.md"), "utf8")) ?? [];
  expect(asRecorded(stdout)).toContain(recording);
});

/** `session` with what differs from one run to the next as README has it. */
function asRecorded(session: string): string {
  return session
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+(?=[/\n])/g, "https://idp.example")
    .replace(/(?<=client_id=reports&)\S+/, "…")
    .replaceAll(/(?<=crm-)[0-9a-f]{16}/g, "12a4a3ead778a35e")
    .replace(/(?<=token: issued ).*/, "just now, good for 59 min");
}
