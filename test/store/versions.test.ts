/** What a store does with a folder in which something is that it has not made: it ends, and says what it saw (D6, D3). */

import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FileTokenStore } from "../../src/index.js";
import { VersionFolder } from "../../src/store/version-folder.js";
import { newFolder } from "../fleet/processes.js";
import { errorOf } from "../support/errors.js";

/** A store with one version, and the folder of its key. */
async function store() {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const store = new FileTokenStore(path);
  await store.write("k", { fencingToken: 1, text: "kept" });
  return { store, folder: join(path, "k") };
}

const uses = [
  ["read", ({ store }) => store.read("k")],
  ["lock", ({ store }) => store.lock("k", 1000)],
  ["write", ({ store }) => store.write("k", { fencingToken: 9, text: "new" })],
] as const satisfies readonly [string, (opened: Awaited<ReturnType<typeof store>>) => Promise<unknown>][];

describe.each(uses)("%s()", (_name, use) => {
  test.each([
    ["a symbolic link to nothing", (path: string) => symlink("nowhere", path), "a symbolic link"],
    ["a symbolic link to a version", (path: string) => symlink("000000000001.json", path), "a symbolic link"],
    ["a folder", (path: string) => mkdir(path), "a folder that holds no version"],
    ["a pipe", async (path: string) => execFileSync("mkfifo", [path]), "neither a file nor a folder"],
  ])("D6 ends where the newest version is %s", async (_kind, make, message) => {
    const opened = await store();
    const path = join(opened.folder, "000000000002.json");
    await make(path);
    const error = await errorOf(() => use(opened));
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining(message) });
    expect(error.message).toContain(path);
    expect(await readdir(opened.folder)).toEqual(["000000000001.json", "000000000002.json"]);
  });

  test.each([
    ["1.json"],
    ["0000000000002.json"],
    ["00000000000000000002.json"],
    ["1000000000000000.json"],
    [`${"9".repeat(30)}.json`],
  ])("D3 refuses a folder that has %s, which is the name of no version", async (name) => {
    const opened = await store();
    await writeFile(join(opened.folder, name), "");
    const error = await errorOf(() => use(opened));
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining(name) });
  });

  test.each([["٠٠٠٠٠٠٠٠٠٠٠٢.json"], ["000000000002.json~"], ["000000000002 (1).json"], [".nfs0001"], ["-1.json"]])(
    "D6 passes over %s, which is no number",
    async (name) => {
      const opened = await store();
      await writeFile(join(opened.folder, name), "{");
      await use(opened);
      expect(await opened.store.read("k")).toBeDefined();
      expect(await readdir(opened.folder)).toContain(name);
    },
  );
});

describe("numbers of versions", () => {
  async function numbered(number: string) {
    const opened = await store();
    const text = await readFile(join(opened.folder, "000000000001.json"), "utf8");
    await writeFile(join(opened.folder, `${number}.json`), text.replace("kept", "numbered"));
    return opened;
  }

  test("D6 beyond the padded width they still count on", async () => {
    const { store, folder } = await numbered("999999999999");
    expect((await store.read("k"))?.text).toBe("numbered");
    for (const text of ["a", "b", "c"]) expect(await store.write("k", { fencingToken: 1, text })).toBe(true);
    expect((await store.read("k"))?.text).toBe("c");
    expect((await readdir(folder)).sort()).toEqual(["1000000000001.json", "1000000000002.json"]);
  });

  test("D6 after the last that can be counted there is an error, and what is there can be read", async () => {
    const { store } = await numbered("999999999999999");
    expect((await store.read("k"))?.text).toBe("numbered");
    for (const use of [() => store.write("k", { fencingToken: 2, text: "" }), () => store.lock("k", 1000)]) {
      const message = expect.stringContaining("999999999999999, after which there is none");
      expect(await errorOf(use)).toMatchObject({ code: "store", retryable: false, message });
    }
  });

  test("D6 the highest is found among very many", async () => {
    const { folder } = await store();
    const names = Array.from({ length: 3000 }, (_, n) => `${String(n + 2).padStart(12, "0")}.json`);
    await Promise.all(names.map((name) => writeFile(join(folder, name), name)));
    const versions = new VersionFolder(folder);
    expect((await versions.newest())?.number).toBe(3001);
    expect(await versions.publish({ number: 3002, text: "next" })).toBe(true);
    expect(await readdir(folder)).toHaveLength(2);
  });
});
