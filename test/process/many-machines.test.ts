/** What the guide to many machines shows as programs, run against servers of this machine. */

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { execute, root } from "../support/child.js";
import { startPostgres, withoutPostgres } from "../support/postgres.js";
import { startRedis, withoutRedis } from "../support/redis.js";

const guide = await readFile(join(root, "docs", "many-machines.md"), "utf8");
const programs = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

/** Runs the program as one of a project that has the packages installed. */
async function run(program: string, env: Record<string, string>) {
  const project = await mkdtemp(join(tmpdir(), "faucet-auth-guide-"));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  await mkdir(join(project, "node_modules"));
  await symlink(root, join(project, "node_modules", "faucet-auth"));
  for (const name of ["pg", "redis"])
    await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
  await writeFile(join(project, "program.mjs"), program);
  const world = join(root, "test", "docs", "world.js");
  const secrets = { CLIENT_SECRET: "s3cr3t", REFRESH_TOKEN: "r3fr3sh" };
  return execute(process.execPath, ["--import", world, "program.mjs"], { cwd: project, env: { ...secrets, ...env } });
}

describe.each([
  ["REDIS_URL", withoutRedis, startRedis],
  ["POSTGRES_URL", withoutPostgres, startPostgres],
] as const)("the program with %s", (variable, missing, startServer) => {
  test("R1 prints what it says", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const server = await startServer();
    onTestFinished(() => server.remove());
    const program = programs.find((code) => code.includes(variable)) ?? "";
    const expected = [...program.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => `${line}\n`).join("");
    expect(expected).not.toBe("");
    expect(await run(program, { [variable]: server.url })).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });
});
