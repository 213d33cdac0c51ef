/** `login`: a real browser in which somebody agrees, on this machine and on another device. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { agreeIn, chromium, openInChromium } from "../support/chromium.js";
import { type CommandEnded, commandLine, startCommandLine } from "../support/command-line.js";
import { newFolder } from "../support/folder.js";
import { server } from "./server-under-test.js";
import { USER } from "./start/clients.js";

const { issuer, grants } = server.strict;

let file: string;
beforeEach(async ({ skip }) => {
  const { client_id = "" } = grants?.login ?? skip("it has no client with pages");
  if (chromium === undefined) skip("Chromium is not installed: apt-get install chromium");
  file = join(await newFolder(), "pipeline.yaml");
  const client = { issuer, client_id, token_endpoint_auth_method: "none", scopes: "openid read", timeout_secs: 120 };
  const crm = { type: "oauth2_refresh", config: { ...client, persist: { path: "state" } } };
  await writeFile(file, JSON.stringify({ auth: { crm } }));
});

/** Runs `login` and clicks through the pages at the address that it prints, until one of them says that this is the end. */
async function logIn(isLast: RegExp, ...args: string[]): Promise<CommandEnded> {
  let printed = "";
  let browsing: Promise<unknown> | undefined;
  const running = startCommandLine(["login", file, "crm", ...args], {
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    onStderr: (text) => {
      printed += text;
      const [, address] = /\n(http\S+)\n/.exec(printed) ?? [];
      if (address === undefined) return;
      const code = /type the code (\S+)/.exec(printed)?.[1];
      const url = code === undefined ? address : `${address}?user_code=${code}`;
      browsing ??= openInChromium(url).then((page) => agreeIn(page, USER, isLast));
    },
  });
  const ended = await running.ended;
  await browsing;
  return ended;
}

async function expectLife(): Promise<void> {
  const first = await commandLine(["token", file, "crm"]);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(await commandLine(["refresh", file, "crm"])).toMatchObject({ status: 0, stderr: "" });
  const second = await commandLine(["token", file, "crm"]);
  expect(second.stdout).not.toBe(first.stdout);
}

test("L3 login by loopback and PKCE, in Chromium", async () => {
  expect(await logIn(/is logged in|failed/)).toMatchObject({
    status: 0,
    stderr: expect.stringContaining("crm: logged in."),
  });
  await expectLife();
  expect(await commandLine(["revoke", file, "crm"])).toMatchObject({ status: 0 });
  expect((await commandLine(["token", file, "crm"])).stderr).toContain("nobody has logged in yet");
});

test("L3 login by a device code, in Chromium", async () => {
  expect(await logIn(/success/i, "--device")).toMatchObject({
    status: 0,
    stderr: expect.stringContaining("crm: logged in."),
  });
  await expectLife();
});
