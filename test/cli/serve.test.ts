/** `serve`: the broker as a command. */

import { chmod, lstat, readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { ask } from "../support/broker-client.js";
import { folder } from "../support/catalogs.js";
import { type CommandOptions, commandLine, startCommandLine } from "../support/command-line.js";

const PIPELINE = "auth:\n  crm: { type: static, config: { token: s3cret } }\n";

/** A folder with a pipeline, and `serve` with these arguments in it, once it serves. */
async function serve(args: (path: string) => readonly string[], files: Record<string, string> = {}) {
  const path = await folder({ "pipeline.yaml": PIPELINE, ...files });
  let said = "";
  const running = await new Promise<ReturnType<typeof startCommandLine>>((resolve) => {
    const onStderr: CommandOptions["onStderr"] = (text) => {
      said += text;
      if (said.includes("Serving")) setImmediate(() => resolve(started));
    };
    const started = startCommandLine(["serve", `${path}/pipeline.yaml`, ...args(path)], { onStderr });
  });
  return { path, running, said: () => said };
}

describe("serve", () => {
  test("L4 serves on a socket until a signal ends it, and leaves nothing behind", async () => {
    const { path, running } = await serve((at) => ["--socket", `${at}/s`]);
    expect((await lstat(`${path}/s`)).mode & 0o777).toBe(0o600);
    expect((await ask(`${path}/s`, "/crm")).body.headers).toEqual({ authorization: "Bearer s3cret" });
    running.interrupt("SIGTERM");
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toBe(`Serving crm on ${path}/s\nEnding, once those who wait have their answers …\n`);
    expect(await readdir(path)).toEqual(["pipeline.yaml"]);
  });

  test("L4 makes the token for TCP, and takes another from then on", async () => {
    const { path, said } = await serve((at) => ["--tcp", "127.0.0.1:0", "--token-file", `${at}/token`]);
    const url = /http:\S+/.exec(said())?.[0] as string;
    expect((await lstat(`${path}/token`)).mode & 0o777).toBe(0o600);
    const token = (await readFile(`${path}/token`, "utf8")).trim();
    expect(said()).not.toContain(token);
    const status = async (shown: string) =>
      (await ask(url, "/crm", { headers: { authorization: `Bearer ${shown}` } })).status;
    expect([await status(token), await status("")]).toEqual([200, 401]);
    await writeFile(`${path}/token`, "another one of sixteen letters\n");
    expect([await status(token), await status("another one of sixteen letters")]).toEqual([401, 200]);
  });

  test("L4 uses a token that is there, and says where others can read it", async () => {
    const path = await folder({ token: "sixteen letters or more\n", "pipeline.yaml": PIPELINE });
    await chmod(`${path}/token`, 0o644);
    const { said } = await serve(() => ["--socket", `${path}/s`, "--tcp", "0", "--token-file", `${path}/token`]);
    expect(said()).toContain(`Warning: others can read ${path}/token`);
    expect(said()).toMatch(/Serving crm on \S+\/s and http:\/\/127\.0\.0\.1:\d+\n/);
  });

  test.each([
    [[], "say where to listen: --socket or --tcp"],
    [["--tcp", "127.0.0.1:7777"], "--tcp and --token-file belong together"],
    [["--socket", "s", "--token-file", "t"], "--tcp and --token-file belong together"],
    [["--tcp", "here", "--token-file", "t"], "--tcp here: must be 127.0.0.1:PORT"],
    [["--socket", ""], "--socket: must be a path"],
    [["--tcp", "127.0.0.1:0", "--token-file", ""], "--token-file: must be a path"],
  ])("L4 wrong usage is status 2: %j", async (args, message) => {
    const path = await folder({ "pipeline.yaml": PIPELINE });
    const ended = await commandLine(["serve", `${path}/pipeline.yaml`, ...args]);
    expect(ended).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  test.each(["0.0.0.0:7", "127.0.0.1:99999", "idp.example:7", ":7", "[::2]:7", "127.0.0.999:7"])(
    "L4 --tcp %s is wrong usage, and no token is made for it",
    async (address) => {
      const path = await folder({ "pipeline.yaml": PIPELINE });
      const args = ["serve", `${path}/pipeline.yaml`, "--tcp", address, "--token-file", `${path}/token`];
      expect(await commandLine(args)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`--tcp ${address}: must be 127.0.0.1:PORT`),
      });
      expect(await readdir(path)).toEqual(["pipeline.yaml"]);
    },
  );

  test("L4 what cannot be served is status 1, with the reason", async () => {
    const path = await folder({ "pipeline.yaml": PIPELINE, short: "short\n", s: "" });
    const run = (...args: string[]) => commandLine(["serve", `${path}/pipeline.yaml`, ...args]);
    const tcp = ["--tcp", "127.0.0.1:0", "--token-file"];
    expect(await run(...tcp, `${path}/short`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("16 characters"),
    });
    for (const lines of ["sixteen letters or more\nand another line\n", "sechzehn Buchstäben oder mehr\n"]) {
      await writeFile(`${path}/unshowable`, lines);
      expect(await run(...tcp, `${path}/unshowable`)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("on one line"),
      });
    }
    expect(await run(...tcp, `${path}/none/t`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("(ENOENT)"),
    });
    expect(await run("--socket", `${path}/s`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is no socket"),
    });
    expect(await commandLine(["serve", `${path}/none.yaml`, "--socket", `${path}/t`])).toMatchObject({ status: 1 });
  });
});
