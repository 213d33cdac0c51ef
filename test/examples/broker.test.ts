/** Processes in three languages share one grant through a broker. */

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute, root } from "../support/child.js";

const lacking = ["python3", "curl"].filter((program) => spawnSync(program, ["--version"]).error !== undefined);

test("L4 twelve Python processes, curl and a Node fleet share one grant: each revocation costs one refresh", async ({
  skip,
}) => {
  skip(lacking.length > 0, `${lacking.join(" and ")} needed`);
  const { code, stdout, stderr } = await execute(process.execPath, ["examples/broker.js"]);
  const all = "rows for Python 12 of 12, sh and curl 1 of 1, Node.js 3 of 3";
  expect({ stderr, code, stdout }).toEqual({
    stderr: "",
    code: 0,
    stdout:
      `at first       refreshes 1   ${all}\n` +
      `revoked once   refreshes 1   ${all}\n` +
      `revoked twice  refreshes 1   ${all}\n` +
      "\nThe broker has ended with status 0, and the grant is alive.\n",
  });
});

test("L4 the guide shows the programs of the example", async () => {
  const guide = await readFile(join(root, "docs/broker.md"), "utf8");
  expect(guide).toContain(
    `\`\`\`python\n${await readFile(join(root, "examples/broker/faucet_broker.py"), "utf8")}\`\`\``,
  );
});
