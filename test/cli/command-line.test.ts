/** The command line as a whole: its help, its exit status, and where it writes. */

import { describe, expect, test } from "vitest";
import { folder } from "../support/catalogs.js";
import { commandLine } from "../support/command-line.js";

const PIPELINE = `auth:\n  crm:\n    type: static\n    config:\n      token: \${param.token:-s3cret}\n`;

describe("L5 what a user reads", () => {
  test("results go to standard output alone", async () => {
    const path = await folder({ "pipeline.yaml": PIPELINE });
    expect(await commandLine(["token", `${path}/pipeline.yaml`, "crm"])).toEqual({
      status: 0,
      stdout: "s3cret\n",
      stderr: "",
    });
  });

  test("errors go to standard error, with status 1", async () => {
    const path = await folder({ "pipeline.yaml": PIPELINE });
    const { status, stdout, stderr } = await commandLine(["token", `${path}/pipeline.yaml`, "cmr"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^faucet-auth: auth catalog: .*crm/);
  });

  test.each([
    [[]],
    [["tokne", "pipeline.yaml", "crm"]],
    [["token", "pipeline.yaml"]],
    [["token", "pipeline.yaml", "crm", "--loud"]],
    [["token", "pipeline.yaml", "crm", "--param", "token"]],
  ])("wrong usage is status 2: %j", async (args) => {
    const { status, stdout, stderr } = await commandLine(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });

  test.each([
    [["token", "pipeline.yaml", "crm", "--format", "yaml"]],
    [["token", "pipeline.yaml", "crm", "--format", "git"]],
    [["serve", "pipeline.yaml", "--tcp", "127.0.0.1:7777"]],
    [["login", "pipeline.yaml", "crm", "--device", "--paste"]],
    [["refresh", "pipeline.yaml", "--older-than", "20 days"]],
  ])("wrong usage is told in lines that fit into the terminal: %j", async (args) => {
    for (const columns of [80, 40]) {
      const { status, stderr } = await commandLine(args, { columns });
      const wide = stderr.split("\n").filter((line) => line.length > columns);
      expect({ status, columns, wide }).toEqual({ status: 2, columns, wide: [] });
    }
    const { stderr } = await commandLine(args);
    expect(stderr.replace(/\(--help tells more\)\n/, "").trimEnd()).not.toContain("\n");
  });

  test("every command has help with an example, in 80 columns and in 40", async () => {
    const { stdout } = await commandLine(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) .*$/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "help");
    expect(names).toEqual(expect.arrayContaining(["login", "check", "token", "header", "env", "refresh", "revoke"]));
    for (const name of names) {
      for (const columns of [80, 40]) {
        const { status, stdout: help } = await commandLine([name, "--help"], { columns });
        const [text = "", example = ""] = help.split(/^Examples?.*:$/m);
        expect({ name, status, example: example.trim() }).toMatchObject({
          status: 0,
          example: expect.stringContaining(name),
        });
        const wide = text.split("\n").filter((line) => line.length > columns && !line.startsWith("Usage:"));
        expect({ name, columns, wide }).toEqual({ name, columns, wide: [] });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour begins with
        expect(help).not.toMatch(/\x1b/);
      }
    }
  });

  test("a terminal that does not know its width is one of 80 columns", async () => {
    const [unknown, usual] = await Promise.all([0, 80].map((columns) => commandLine(["--help"], { columns })));
    expect(unknown).toEqual(usual);
  });

  test("help is a result", async () => {
    const { status, stdout, stderr } = await commandLine(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Usage: faucet-auth");
  });
});

test("a parameter is put in", async () => {
  const path = await folder({ "pipeline.yaml": PIPELINE });
  const { stdout } = await commandLine(["token", `${path}/pipeline.yaml`, "crm", "--param", "token=a=b"]);
  expect(stdout).toBe("a=b\n");
});
