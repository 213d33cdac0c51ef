/** `login`, `refresh` and `revoke` with oidc-provider, and somebody who clicks through its pages. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { folder } from "../support/catalogs.js";
import { agreeIn, chromium, openInChromium } from "../support/chromium.js";
import { type CommandEnded, commandLine, startCommandLine } from "../support/command-line.js";
import { agreeTo, startLoginServer } from "../support/login-server.js";

let file: string;
beforeEach(async () => {
  const issuer = await startLoginServer();
  file = join(await folder(), "pipeline.yaml");
  await writeFile(
    file,
    `auth:
  crm:
    type: oauth2_refresh
    config:
      issuer: ${issuer}
      client_id: reports
      token_endpoint_auth_method: none
      scopes: [openid, offline_access]
      persist: { path: state }
`,
  );
});

/** Runs `login`; `follow` does what its address is for. Gives what both end with. */
async function logIn<T>(
  follow: (address: string) => Promise<T>,
  ...args: string[]
): Promise<CommandEnded & { page: T }> {
  let printed = "";
  let following: Promise<T> | undefined;
  const running = startCommandLine(["login", file, "crm", ...args], {
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds / 20)),
    onStderr: (text) => {
      printed += text;
      const [, address] = /\n(http\S+)\n/.exec(printed) ?? [];
      const code = /type the code (\S+)/.exec(printed)?.[1];
      if (address !== undefined) following ??= follow(code === undefined ? address : `${address}?user_code=${code}`);
    },
  });
  const ended = await running.ended;
  return { ...ended, page: (await following) as T };
}

/** The grant lives: its refresh token is presented and rotates, and a token comes without anybody. */
async function expectLife(): Promise<void> {
  const { stdout: first } = await commandLine(["token", file, "crm"]);
  expect(await commandLine(["refresh", file, "crm"])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("crm: refreshed"),
  });
  const { stdout: second } = await commandLine(["token", file, "crm"]);
  expect(first).toMatch(/^\S+\n$/);
  expect(second).toMatch(/^\S+\n$/);
  expect(second).not.toBe(first);
}

describe("L3 with oidc-provider", () => {
  test("a login by loopback brings a grant that lives, until it is revoked", async () => {
    const { status, stdout, stderr, page } = await logIn(agreeTo);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain("crm: logged in.");
    expect(page).toContain("crm is logged in");
    await expectLife();
    expect(await commandLine(["check", file, "--online"])).toMatchObject({ status: 0 });
    expect(await commandLine(["revoke", file, "crm"])).toMatchObject({ status: 0 });
    expect((await commandLine(["token", file, "crm"])).stderr).toContain("nobody has logged in yet");
    expect(await logIn(agreeTo)).toMatchObject({ status: 0 });
    await expectLife();
  });

  test("a login by another device", async () => {
    const { status, stderr, page } = await logIn(agreeTo, "--device");
    expect(stderr).toContain("crm: logged in.");
    expect(status).toBe(0);
    expect(page).toMatch(/Sign-in Success/i);
    await expectLife();
  });

  test("a login in a real browser", async ({ skip }) => {
    if (chromium === undefined) skip("Chromium is not installed: apt-get install chromium");
    const user = { username: "ann", password: "any" };
    const { status, stderr, page } = await logIn(async (address) => {
      return agreeIn(await openInChromium(address), user, /is logged in|failed/);
    });
    expect(page).toContain("You can close this window and go back to the terminal.");
    expect(stderr).toContain("crm: logged in.");
    expect(status).toBe(0);
    await expectLife();
  });

  test("somebody who does not agree ends it", async () => {
    const { status, stderr } = await logIn(async (address) => {
      const { redirect_uri, state = "" } = Object.fromEntries(new URL(address).searchParams);
      const refusal = new URL(redirect_uri ?? "");
      refusal.search = String(new URLSearchParams({ error: "access_denied", state, iss: new URL(address).origin }));
      await fetch(refusal);
    });
    expect(status).toBe(1);
    expect(stderr).toContain("the server refused: access_denied");
  });
});
