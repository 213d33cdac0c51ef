/** `token` and `header`: each format, and what a credential helper of git is asked. */

import { writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { folder } from "../support/catalogs.js";
import { type CommandEnded, type CommandOptions, commandLine, startCommandLine } from "../support/command-line.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";

const STATIC = `auth:
  bearer: { type: static, config: { token: t0ken } }
  basic: { type: static, config: { username: ada, password: pass } }
  key: { type: static, config: { header: X-Api-Key, value: k3y } }
`;

let file: string;
beforeEach(async () => {
  file = join(await folder({ "pipeline.yaml": STATIC }), "pipeline.yaml");
});

function token(args: readonly string[], options?: CommandOptions): Promise<CommandEnded> {
  return commandLine(["token", file, ...args], options);
}

/** Replaces the pipeline by one whose tokens come from a server, and are kept in a store. */
async function startGrant(fields: Record<string, unknown> = { expires_in: 3600 }, keys: object = {}) {
  const idp = await startIdp(numberedTokens(fields));
  const config = {
    token_url: idp.tokenUrl,
    client_id: "c",
    client_secret: "s3cret",
    refresh_token: "r",
    persist: { path: "state" },
    ...keys,
  };
  await writeFile(file, JSON.stringify({ auth: { crm: { type: "oauth2_refresh", config } } }));
  return idp;
}

describe("L2 formats", () => {
  test.each([
    ["bearer", "raw", "t0ken\n"],
    ["bearer", "header", "Authorization: Bearer t0ken\n"],
    ["basic", "header", "Authorization: Basic YWRhOnBhc3M=\n"],
    ["key", "raw", "k3y\n"],
    ["key", "header", "X-Api-Key: k3y\n"],
    [
      "bearer",
      "json",
      '{"type":"bearer","token":"t0ken","headers":{"authorization":"Bearer t0ken"},"expires_at":null}\n',
    ],
    [
      "basic",
      "json",
      '{"type":"basic","token":null,"headers":{"authorization":"Basic YWRhOnBhc3M="},"username":"ada","password":"pass","expires_at":null}\n',
    ],
    [
      "bearer",
      "exec-credential",
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t0ken"}}\n',
    ],
  ])("%s as %s", async (name, format, stdout) => {
    expect(await token([name, "--format", format])).toEqual({ status: 0, stdout, stderr: "" });
  });

  test.each([
    ["basic", "raw"],
    ["basic", "exec-credential"],
  ])("%s cannot be %s, and shows nothing", async (name, format) => {
    const { status, stdout, stderr } = await token([name, "--format", format]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^faucet-auth: a credential of type/);
    expect(stderr).not.toMatch(/pass|k3y/);
  });

  test("header is a command of its own", async () => {
    expect((await commandLine(["header", file, "bearer"])).stdout).toBe("Authorization: Bearer t0ken\n");
  });

  test("the expiry of a token is in UTC", async () => {
    await startGrant();
    const { stdout } = await token(["crm", "--format", "json"]);
    const { expires_at } = JSON.parse(stdout);
    expect(expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(expires_at)).toBeGreaterThan(Date.now() + 3_500_000);
    const { status } = JSON.parse((await token(["crm", "--format", "exec-credential"])).stdout);
    expect(status).toEqual({ token: "token-1", expirationTimestamp: expires_at });
  });

  test("a token in the query is no header, and json says what it is", async () => {
    await startGrant({}, { apply_as: { query: "api_key" } });
    expect(await token(["crm", "--format", "header"])).toMatchObject({ status: 1, stdout: "" });
    expect(JSON.parse((await token(["crm", "--format", "json"])).stdout)).toEqual({
      type: "query",
      token: "token-1",
      headers: null,
      query: { api_key: "token-1" },
      expires_at: null,
    });
  });

  test("kubectl gets the version that it asks for", async () => {
    const info = { apiVersion: "client.authentication.k8s.io/v1beta1", kind: "ExecCredential", spec: {} };
    const env = { KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    const { stdout } = await token(["bearer", "--format", "exec-credential"], { env });
    expect(JSON.parse(stdout).apiVersion).toBe("client.authentication.k8s.io/v1beta1");
    const broken = await token(["bearer", "--format", "exec-credential"], { env: { KUBERNETES_EXEC_INFO: "{" } });
    expect(broken).toMatchObject({ status: 1, stdout: "" });
  });

  test("a script and a fleet share what is in the store: one request for all", async () => {
    const idp = await startGrant();
    for (const format of ["raw", "json", "header"]) await token(["crm", "--format", format]);
    expect(idp.seen).toHaveLength(1);
  });

  test("the error of a server shows no secret", async () => {
    const idp = await startGrant();
    idp.answerWith((_request, response) =>
      json(response, { error: "invalid_grant", error_description: "r s3cret" }, 400),
    );
    const { status, stdout, stderr } = await token(["crm"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("invalid_grant");
    expect(stderr).not.toContain("s3cret");
  });

  test("L5 an interrupted command waits for the answer that may bring a refresh token, says so, and gives no token", async () => {
    const idp = await startGrant();
    const asked = new Promise<ServerResponse>((resolve) => idp.answerWith((_request, response) => resolve(response)));
    const running = startCommandLine(["token", file, "crm"]);
    const response = await asked;
    running.interrupt("SIGTERM");
    json(response, { access_token: "late", expires_in: 3600, refresh_token: "rotated" });
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 143, stdout: "" });
    expect(stderr).toContain("interrupted");
    expect((await token(["crm"])).stdout).toBe("late\n");
  });
});

describe("L2 git", () => {
  const asked = (more = "") => ({ stdin: `protocol=https\nhost=git.example\n${more}\n` });
  const git = (name: string, action: string, options: CommandOptions = asked(), args: string[] = []) =>
    token([name, "--format", "git", ...args, action], options);

  test("get: a token beside a user name, and its expiry", async () => {
    await startGrant();
    const { status, stdout, stderr } = await git("crm", "get");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [, expiry = "0"] = /^username=oauth2\npassword=token-1\npassword_expiry_utc=(\d+)\n$/.exec(stdout) ?? [];
    expect(Number(expiry)).toBeGreaterThan(Date.now() / 1000 + 3500);
  });

  test("get: user name and password; the name that git asks for; the name that is configured", async () => {
    expect((await git("basic", "get")).stdout).toBe("username=ada\npassword=pass\n");
    expect((await git("bearer", "get", asked("username=x-access-token\n"))).stdout).toMatch(
      /^username=x-access-token\n/,
    );
    expect((await git("bearer", "get", asked(), ["--username", "bot"])).stdout).toMatch(/^username=bot\n/);
  });

  test("get: nothing for another host, and nothing that would go unencrypted", async () => {
    expect(await git("bearer", "get", asked(), ["--host", "other.example"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect((await git("bearer", "get", asked(), ["--host", "other.example", "--host", "git.example"])).stdout).not.toBe(
      "",
    );
    const plain = await git("bearer", "get", { stdin: "protocol=http\nhost=git.example:80\n" });
    expect(plain).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("unencrypted") });
    expect((await git("bearer", "get", { stdin: "protocol=http\nhost=127.0.0.1:80\n" })).stdout).not.toBe("");
  });

  test("erase reports the token as refused, once; store, and what is not known, do nothing", async () => {
    const idp = await startGrant();
    await git("crm", "get");
    await git("crm", "store", asked("username=oauth2\npassword=token-1\n"));
    await git("crm", "capability", asked());
    await git("crm", "erase", asked("username=oauth2\npassword=another\n"));
    expect(idp.seen).toHaveLength(1);
    const erased = await git("crm", "erase", asked("username=oauth2\npassword=token-1\n"));
    expect(erased).toEqual({ status: 0, stdout: "", stderr: "" });
    await git("crm", "erase", asked("username=oauth2\npassword=token-1\n"));
    expect(idp.seen).toHaveLength(2);
    expect((await git("crm", "get")).stdout).toContain("password=token-2\n");
  });

  test("wrong usage is status 2", async () => {
    expect((await token(["bearer", "--format", "git"])).status).toBe(2);
    expect((await token(["bearer", "get"])).status).toBe(2);
    expect((await token(["bearer", "--format", "yaml"])).status).toBe(2);
  });
});
