/** Processes over Redis and PostgreSQL: when they end, and what they say where a driver is missing (C9, H10). */

import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { execute, load, root, run } from "../support/child.js";
import { newFolder } from "../support/folder.js";
import { startIdp } from "../support/idp.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { withPostgres, withRedis } from "../support/with-server.js";

const kinds = [
  ["redis", "redis", "RedisTokenStore", withRedis],
  ["postgres", "pg", "PostgresTokenStore", withPostgres],
] as const;

const formats = ["module", "commonjs"] as const;

describe.each(kinds)("%s", (kind, driver, className, lend) => {
  const lent = lend();
  const program = (tokenUrl: string, url: string, key: string) => `
    const provider = new faucet.OAuth2RefreshProvider({
      token_url: ${JSON.stringify(tokenUrl)}, client_id: "c", client_secret: "s", refresh_token: "r0",
      persist: { ${kind}: ${JSON.stringify(url)}, key: ${JSON.stringify(key)} },
    });
    provider.getToken().then(({ token }) => console.log(token), (error) => console.log(error.code, error.message));`;

  test.each(formats)("C9 a program (%s) ends by itself, though nothing was closed", async (format) => {
    const idp = await startIdp();
    const code = load[format] + program(idp.tokenUrl, lent.server.url, `ends ${format}`);
    expect(await run(format, code)).toMatchObject({ code: 0, stdout: "token-1\n" });
  });

  test("C9 nothing that is awaited is cut off by its end, however slow the server is", async () => {
    const { url, port, host } = lent.server;
    const proxy = await startTcpProxy({ port, host });
    onTestFinished(() => proxy.close());
    proxy.slow(300);
    const slow = url.replace(`:${port}`, `:${proxy.port}`);
    const idp = await startIdp();
    const code = load.module + program(idp.tokenUrl, slow, "slow");
    expect(await run("module", code)).toMatchObject({ code: 0, stdout: "token-1\n" });
    const bare = `
      import { ${className} } from "faucet-auth/${kind}";
      const store = new ${className}(${JSON.stringify(slow)});
      const lease = await store.lock("bare", 60_000);
      await store.write("bare", { fencingToken: lease.fencingToken, text: "kept" });
      await lease.release();
      console.log(JSON.stringify(await store.read("bare")));`;
    expect(await run("module", bare)).toMatchObject({ code: 0, stdout: '{"fencingToken":1,"text":"kept"}\n' });
  });

  test.each(formats)("H10 a driver that is not installed is named, with what installs it (%s)", async (format) => {
    const project = await newFolder();
    const installed = join(project, "node_modules", "faucet-auth");
    await mkdir(installed, { recursive: true });
    await cp(join(root, "dist"), join(installed, "dist"), { recursive: true });
    await cp(join(root, "package.json"), join(installed, "package.json"));
    for (const name of ["undici", "yaml", "jose", "jsonpath-plus"]) {
      await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
    }
    const file = join(project, format === "module" ? "program.mjs" : "program.cjs");
    const url = kind === "redis" ? "redis://u:s3cr3t@127.0.0.1:1" : "postgres://u:s3cr3t@127.0.0.1:1/x";
    await writeFile(file, load[format] + program("https://idp.example/token", url, "k"));
    const { code, stdout, stderr } = await execute(process.execPath, [file], { cwd: project });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(
        `^config oauth2_refresh: ${className}: its dependency ${driver} cannot be loaded: .*; npm install ${driver}\n$`,
      ),
    );
    expect(stdout).not.toContain("s3cr3t");
  });
});

test.each(formats)("H10 who uses no server loads no driver (%s)", async (format) => {
  const path = await newFolder();
  const idp = await startIdp();
  const program = `${load[format]}
    const loaded = () => process.getBuiltinModule
      ? Object.keys(process.getBuiltinModule("module")._cache ?? {}).filter((name) => /node_modules.(redis|@redis|pg)./.test(name))
      : [];
    const provider = new faucet.OAuth2RefreshProvider({
      token_url: ${JSON.stringify(idp.tokenUrl)}, client_id: "c", client_secret: "s", refresh_token: "r0",
      persist: { path: ${JSON.stringify(path)} },
    });
    provider.getToken().then(() => console.log(JSON.stringify(loaded())));`;
  expect(await run(format, program)).toMatchObject({ stdout: "[]\n" });
});
