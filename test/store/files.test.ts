import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { FileTokenStore } from "../../src/index.js";
import { VersionFolder } from "../../src/store/version-folder.js";
import { absolutePath } from "../../src/values/file-path.js";
import { newFolder } from "../fleet/processes.js";
import { errorOf } from "../support/errors.js";

async function folder(): Promise<string> {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test("D6 what is made is readable by its owner only, and two versions are kept", async () => {
  const path = join(await folder(), "made", "here");
  const store = new FileTokenStore(path);
  for (let lease = 1; lease <= 20; lease += 1) await store.write("k", { fencingToken: lease, text: `${lease}` });
  expect(await modeOf(path)).toBe("700");
  expect(await modeOf(join(path, "k"))).toBe("700");
  const names = await readdir(join(path, "k"));
  expect(names.sort()).toEqual(["000000000019.json", "000000000020.json"]);
  for (const name of names) expect(await modeOf(join(path, "k", name))).toBe("600");
});

test("D6 what a killed process left is swept away, but not what another is about to finish", async () => {
  const path = await folder();
  const store = new FileTokenStore(path);
  await store.write("k", { fencingToken: 1, text: "" });
  const [old, young] = [join(path, "k", ".old.draft"), join(path, "k", ".young.draft")];
  for (const draft of [old, young]) await writeFile(draft, "half");
  const earlier = new Date(Date.now() - 61_000);
  await utimes(old, earlier, earlier);
  await store.write("k", { fencingToken: 2, text: "" });
  expect((await readdir(join(path, "k"))).filter((name) => name.endsWith(".draft"))).toEqual([".young.draft"]);
});

test("D2 many objects on one folder, all writing at once, lose nothing", async () => {
  const path = join(await folder(), "k");
  /** As often as it takes to be sure: a version may have appeared though that could not be told. */
  const add = async (versions: VersionFolder, word: string): Promise<void> => {
    const newest = await versions.newest();
    const words: string[] = JSON.parse(newest?.text ?? "[]");
    if (words.includes(word)) return;
    const version = { number: (newest?.number ?? 0) + 1, text: JSON.stringify([...words, word]) };
    if (!(await versions.publish(version))) await add(versions, word);
  };
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    const versions = new VersionFolder(path);
    for (let n = 0; n < 5; n += 1) await add(versions, `${writer}.${n}`);
  });
  await Promise.all(writers);
  const words: string[] = JSON.parse((await new VersionFolder(path).newest())?.text ?? "");
  expect(words).toHaveLength(50);
  expect(new Set(words).size).toBe(50);
});

test("D2 a number that was swept away long ago cannot be published again", async () => {
  const versions = new VersionFolder(join(await folder(), "k"));
  for (let number = 1; number <= 5; number += 1) await versions.publish({ number, text: `${number}` });
  expect(await versions.publish({ number: 2, text: "asleep" })).toBe(false);
  expect(await versions.newest()).toEqual({ number: 5, text: "5" });
});

test("C11 no two keys share a folder, on whatever file system", async () => {
  const path = await folder();
  const store = new FileTokenStore(path);
  const keys = ["a", "A", "a/b", "a-b", "../a", ".", "..", "", "ä", "x".repeat(300), `${"x".repeat(299)}y`, "nul\0"];
  for (const key of keys) await store.write(key, { fencingToken: 1, text: key });
  for (const key of keys) expect((await store.read(key))?.text).toBe(key);
  const names = await readdir(path);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(keys.length);
});

test("D3 a folder that cannot be is a StoreError that names it, not an absent record", async () => {
  const path = await folder();
  await writeFile(join(path, "file"), "");
  const store = new FileTokenStore(join(path, "file"));
  for (const use of [
    () => store.read("k"),
    () => store.lock("k", 1000),
    () => store.write("k", { fencingToken: 1, text: "" }),
  ]) {
    const error = await errorOf(use);
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining("ENOTDIR") });
    expect(error.message).toContain(join(path, "file", "k"));
  }
});

test("D2 a draft that was swept away under a sleeper is not published", async () => {
  const path = join(await folder(), "k");
  const versions = new VersionFolder(path);
  await versions.publish({ number: 1, text: "1" });
  // Sweeps whatever draft it finds, as another process would.
  const sweeper = setInterval(async () => {
    for (const name of await readdir(path)) if (name.endsWith(".draft")) await rm(join(path, name), { force: true });
  }, 0);
  onTestFinished(() => clearInterval(sweeper));
  for (let number = 2; number <= 20; number += 1) {
    const isPublished = await versions.publish({ number, text: `${number}` });
    // The sweeper may win each time, and what it lets through must be whole.
    if (isPublished) expect(await versions.newest()).toEqual({ number, text: `${number}` });
  }
  clearInterval(sweeper);
  const number = 21;
  // The last round of the sweeper may still be under way.
  while (!(await versions.publish({ number, text: "21" }))) expect((await versions.newest())?.number).toBeLessThan(21);
  expect(await versions.newest()).toEqual({ number, text: "21" });
});

test("D6 S2 a damaged file is an error that quotes nothing of it, and is left as it is", async () => {
  const path = await folder();
  await mkdir(join(path, "k"));
  const file = join(path, "k", "000000000001.json");
  for (const text of ['{"s3cr3t', '{"fencingToken":"s3cr3t"}', ""]) {
    await writeFile(file, text);
    const error = await errorOf(() => new FileTokenStore(path).read("k"));
    expect(error).toMatchObject({ code: "store", retryable: false });
    expect(error.message + error.cause).not.toContain("s3cr3t");
    expect(await errorOf(() => new FileTokenStore(path).lock("k", 1))).toMatchObject({ code: "store" });
    expect(await readFile(file, "utf8")).toBe(text);
  }
});

test("G2 a store without a path is a ConfigError", async () => {
  for (const path of ["", "nul\0", undefined as never, 5 as never]) {
    expect(await errorOf(() => new FileTokenStore(path))).toMatchObject({ code: "config", issues: [{ path: "path" }] });
  }
});

describe("D11 where a path starts", () => {
  const HOME = process.env.HOME;
  afterEach(() => {
    if (HOME === undefined) delete process.env.HOME;
    else process.env.HOME = HOME;
  });

  test.each([
    ["~", "/home/me"],
    ["~/", "/home/me"],
    ["~/.state/pipeline", "/home/me/.state/pipeline"],
    ["./~", join(process.cwd(), "~")],
    ["a~/b", join(process.cwd(), "a~/b")],
    ["state", join(process.cwd(), "state")],
    ["/var/~/state", "/var/~/state"],
  ])("D11 %s is %s", (path, absolute) => {
    process.env.HOME = "/home/me";
    expect(new FileTokenStore(path).path).toBe(absolute);
  });

  test("D11 below the folder of a document too, ~ is the home directory", () => {
    process.env.HOME = "/home/me";
    expect(absolutePath("~/state", "/etc/pipeline")).toBe("/home/me/state");
    expect(absolutePath("state", "/etc/pipeline")).toBe("/etc/pipeline/state");
    expect(absolutePath("/state", "/etc/pipeline")).toBe("/state");
  });

  test.each([["~other"], ["~other/state"], ["~~"], ["~+"]])(
    "D11 %s, the home of another user, is a fault",
    async (path) => {
      const error = await errorOf(() => new FileTokenStore(path));
      expect(error).toMatchObject({ code: "config", issues: [{ path: "path" }] });
      expect(error.message).toContain("another user");
    },
  );

  test.each([[""], ["relative"]])("D11 without a home directory (HOME=%j), ~ is a fault", async (home) => {
    process.env.HOME = home;
    expect(await errorOf(() => new FileTokenStore("~/state"))).toMatchObject({
      code: "config",
      issues: [{ path: "path", message: expect.stringContaining("HOME") }],
    });
    expect(new FileTokenStore("/state").path).toBe("/state");
  });
});

test("D3 a write that began before close() is finished", async () => {
  const path = await folder();
  const store = new FileTokenStore(path);
  const writing = store.write("k", { fencingToken: 1, text: "late" });
  await store.close();
  expect(await writing).toBe(true);
  expect((await new FileTokenStore(path).read("k"))?.text).toBe("late");
});

test("a state that an earlier build has written is read, and goes on in today's form", async () => {
  const path = await folder();
  const store = new FileTokenStore(path);
  await store.write("k", { fencingToken: 1, text: "" });
  const holder = { id: "a", owner: { host: "elsewhere", pid: 1 }, since: Date.now() - 1000, milliseconds: 60_000 };
  const state = { format: 1, lease: 6, holder, record: { lease: 5, text: "kept" } };
  await writeFile(join(path, "k", "000000000002.json"), JSON.stringify(state));
  expect(await store.read("k")).toEqual({ fencingToken: 5, text: "kept" });
  expect(await store.lock("k", 1000)).toBeUndefined();
  const anHourLater = new FileTokenStore(path, { clock: () => Date.now() + 3_600_000 });
  expect(await anHourLater.lock("k", 1000)).toMatchObject({ fencingToken: 7 });
});
