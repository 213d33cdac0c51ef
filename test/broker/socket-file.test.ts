/** Where a broker listens: whose the socket is, and what becomes of it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type BrokerOptions, serveBroker } from "../../src/broker/index.js";
import { AuthCatalog, ConfigError } from "../../src/index.js";
import { ask } from "../support/broker-client.js";
import { errorOf } from "../support/errors.js";
import { newFolder } from "../support/folder.js";

const catalog = AuthCatalog.fromConfig({ crm: { type: "static", config: { token: "t" } } });
const TOKEN = "a token that cannot be guessed";

async function serve(options: BrokerOptions) {
  const broker = await serveBroker(catalog, options);
  onTestFinished(() => broker.close());
  return broker;
}

/** A socket as a process leaves it that was killed. */
async function deadSocket(path: string): Promise<void> {
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", program]), "exit");
  expect((await lstat(path)).isSocket()).toBe(true);
}

async function messageOf(options: BrokerOptions): Promise<string> {
  const error = await errorOf(() => serveBroker(catalog, options));
  expect(error).toBeInstanceOf(ConfigError);
  return error.message;
}

describe("a broker's socket", () => {
  test("L4 is the user's alone whatever the umask, and nothing else is left beside it", async () => {
    const folder = await newFolder();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    await serve({ socket: `${folder}/s` });
    expect((await lstat(`${folder}/s`)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["s"]);
  });

  test("L4 is gone when the broker ends", async () => {
    const folder = await newFolder();
    const broker = await serve({ socket: `${folder}/s` });
    await broker.close();
    expect(await readdir(folder)).toEqual([]);
    await serve({ socket: `${folder}/s` });
  });

  test("L4 takes the place of one that a dead broker has left", async () => {
    const folder = await newFolder();
    await deadSocket(`${folder}/s`);
    await serve({ socket: `${folder}/s` });
    expect((await ask(`${folder}/s`, "/crm")).status).toBe(200);
    expect((await lstat(`${folder}/s`)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["s"]);
  });

  test("L4 of a living broker is left to it", async () => {
    const folder = await newFolder();
    await serve({ socket: `${folder}/s` });
    expect(await messageOf({ socket: `${folder}/s` })).toBe(`broker: socket: ${folder}/s another broker listens there`);
    expect((await ask(`${folder}/s`, "/crm")).status).toBe(200);
    expect(await readdir(folder)).toEqual(["s"]);
  });

  test("L4 of many that start at once where a dead one was, one has it, and serves", async () => {
    const folder = await newFolder();
    await deadSocket(`${folder}/s`);
    const started = await Promise.allSettled(Array.from({ length: 8 }, () => serve({ socket: `${folder}/s` })));
    const reasons = started.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
    expect(started.length - reasons.length).toBe(1);
    expect(new Set(reasons.map((reason) => /another broker listens there$/.test(reason)))).toEqual(new Set([true]));
    expect((await ask(`${folder}/s`, "/crm")).status).toBe(200);
    expect(await readdir(folder)).toEqual(["s"]);
  });

  test("L4 of another server by now is left alone at the end", async () => {
    const folder = await newFolder();
    const broker = await serve({ socket: `${folder}/s` });
    const { rm } = await import("node:fs/promises");
    await rm(`${folder}/s`);
    const other = createServer().listen(`${folder}/s`);
    await once(other, "listening");
    onTestFinished(() => void other.close());
    await broker.close();
    expect(await readdir(folder)).toEqual(["s"]);
  });

  test("L4 cannot take the place of anything else", async () => {
    const folder = await newFolder();
    await writeFile(`${folder}/file`, "kept");
    await mkdir(`${folder}/dir`);
    await symlink("file", `${folder}/link`);
    for (const name of ["file", "dir", "link"]) {
      expect(await messageOf({ socket: `${folder}/${name}` })).toContain("is there already, and is no socket");
    }
    expect((await readdir(folder)).sort()).toEqual(["dir", "file", "link"]);
  });

  test("L4 says why it cannot be made", async () => {
    const folder = await newFolder();
    await writeFile(`${folder}/file`, "");
    expect(await messageOf({ socket: `${folder}/none/s` })).toContain("its folder is not there");
    expect(await messageOf({ socket: `${folder}/file/s` })).toContain("its folder is no folder");
    expect(await messageOf({ socket: `${folder}/${"x".repeat(120)}` })).toContain("is too long for a socket");
  });

  test.skipIf(process.getuid?.() === 0)("L4 says whose folder it is", async () => {
    const folder = await newFolder();
    await chmod(folder, 0o500);
    expect(await messageOf({ socket: `${folder}/s` })).toContain("cannot be written to by this user");
    await chmod(folder, 0o700);
  });
});

describe("the options of a broker", () => {
  test.each<[object, string]>([
    [{}, "must say where the broker listens"],
    [{ sockt: "/tmp/s" }, "options.sockt: unknown option"],
    [{ socket: "" }, "options.socket: must be the path of a Unix socket"],
    [{ socket: 7 }, "options.socket: must be the path of a Unix socket"],
    [{ tcp: { token: "short" } }, "options.tcp.token: must be a text of 16 characters or more"],
    [{ tcp: {} }, "options.tcp.token: must be"],
    [{ tcp: { token: TOKEN, host: "0.0.0.0" } }, "options.tcp.host: must be an address of loopback"],
    [{ tcp: { token: TOKEN, host: "192.168.0.1" } }, "options.tcp.host: must be an address of loopback"],
    [{ tcp: { token: TOKEN, port: 70_000 } }, "options.tcp.port: must be a port"],
    [{ tcp: { token: TOKEN, prot: 1 } }, "options.tcp.prot: unknown option"],
  ])("L4 G5 %j are refused", async (options, message) => {
    expect(await messageOf(options as BrokerOptions)).toContain(message);
  });

  test("L4 G5 a provider whose name the broker has a page for, and what is no catalog", async () => {
    const socket = `${await newFolder()}/s`;
    const none = { type: "none" };
    const taken = AuthCatalog.fromConfig({ metrics: none, healthz: none, ".": none, "..": none, "...": none });
    const error = await errorOf(() => serveBroker(taken, { socket }));
    expect((error.issues as { path: string }[]).map(({ path }) => path)).toEqual([
      "auth.metrics",
      "auth.healthz",
      "auth..",
      "auth...",
    ]);
    expect((await errorOf(() => serveBroker({} as never, { socket }))).message).toContain("must be an AuthCatalog");
  });

  test("L4 a port that is taken is told, and the socket is not left behind", async () => {
    const folder = await newFolder();
    const { url } = await serve({ tcp: { token: TOKEN } });
    const port = Number(new URL(url as string).port);
    const message = await messageOf({ socket: `${folder}/s`, tcp: { port, token: TOKEN } });
    expect(message).toBe(`broker: tcp: 127.0.0.1:${port}: another program listens there`);
    expect(await readdir(folder)).toEqual([]);
  });
});
