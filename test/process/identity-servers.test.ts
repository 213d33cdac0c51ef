/** What `npm run test:servers` says of servers that it cannot start. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { execute, root } from "../support/child.js";
import { newFolder } from "../support/folder.js";

const run = async (...names: string[]) => {
  const program = join(root, "test/servers/run.js");
  return execute(process.execPath, [program, ...names], { env: { PATH: await newFolder() } });
};

test("a server whose tools are missing is left out, which the last lines say", async () => {
  const { code, stdout } = await run("keycloak", "hydra");
  expect(stdout.trim().split("\n")).toEqual([
    "keycloak is left out, since this is missing here: openssl 3, java 17, mvn",
    "hydra is left out, since this is missing here: openssl 3, go, gcc",
  ]);
  expect(code).toBe(0);
});

test("a server that nobody knows is named, and those that there are", async () => {
  const { code, stderr } = await run("keycloak", "okta");
  expect(stderr).toBe("No server is called okta; there are oidc-provider, keycloak, hydra, spring.\n");
  expect(code).toBe(2);
});
