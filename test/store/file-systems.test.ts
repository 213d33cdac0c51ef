/** File systems that say what they do not do, lack hard links, or fail: played here, over a real one (D2, D3, D6). */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FileTokenStore } from "../../src/index.js";
import { VersionFolder } from "../../src/store/version-folder.js";
import { newFolder } from "../fleet/processes.js";
import { errorOf } from "../support/errors.js";

type FileSystem = typeof import("node:fs/promises");
type Step = (...given: never[]) => Promise<unknown>;

const played = vi.hoisted(() => ({
  real: undefined as unknown as FileSystem,
  /** What stands in for a function, by its name. */
  steps: new Map<string, Step>(),
  /** Runs before each call of any function. */
  before: (_name: string) => {},
}));

vi.mock("node:fs/promises", async (importOriginal) => {
  played.real = await importOriginal<FileSystem>();
  const play = ([name, real]: [string, unknown]) =>
    typeof real !== "function"
      ? [name, real]
      : [
          name,
          async (...given: never[]) => {
            played.before(name);
            return (played.steps.get(name) ?? (real as Step))(...given);
          },
        ];
  return Object.fromEntries(Object.entries(played.real).map(play));
});

afterEach(() => {
  played.steps.clear();
  played.before = () => {};
});

const says = (code: string) => Object.assign(new Error(`${code}: played`), { code });
const fails = (code: string) => async () => {
  throw says(code);
};

async function folder(): Promise<string> {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const jsonIn = async (path: string) => (await readdir(path)).filter((name) => name.endsWith(".json")).sort();

describe("D6 a file system that says what is not so", () => {
  test("D6 link() does its work and says EEXIST: one version for each change", async () => {
    played.steps.set("link", async (from: string, to: string) => {
      await played.real.link(from, to);
      throw says("EEXIST");
    });
    const path = await folder();
    const store = new FileTokenStore(path);
    for (const text of ["a", "b"]) expect(await store.write("k", { fencingToken: 1, text })).toBe(true);
    const lease = await store.lock("k", 60_000);
    expect(lease).toMatchObject({ fencingToken: 2 });
    expect(await store.lock("k", 60_000)).toBeUndefined();
    await lease?.release();
    expect((await store.read("k"))?.text).toBe("b");
    expect(await jsonIn(join(path, "k"))).toEqual(["000000000003.json", "000000000004.json"]);
  });

  test.each([["EEXIST"], ["ENOENT"]])(
    "D6 link() never does its work and says %s: an error that counts",
    async (code) => {
      played.steps.set("link", fails(code));
      const path = await folder();
      const error = await errorOf(() => new FileTokenStore(path).write("k", { fencingToken: 1, text: "" }));
      expect(error).toMatchObject({ code: "store", retryable: true });
      expect(error.message).toContain("others came first 100 times, with version 1 at last");
      expect(await readdir(join(path, "k"))).toEqual([]);
    },
  );

  test("D6 a version that is listed and never there: an error that counts", async () => {
    const path = await folder();
    await new FileTokenStore(path).write("k", { fencingToken: 1, text: "" });
    played.steps.set("readdir", async () => ["000000000007.json"]);
    const error = await errorOf(() => new FileTokenStore(path).read("k"));
    expect(error).toMatchObject({ code: "store", retryable: true });
    expect(error.message).toContain("000000000007.json is listed, but was not there in 100 looks");
  });
});

describe("D3 what a store says of a file system that fails", () => {
  test.each([
    ["EROFS", false, "read-only"],
    ["EACCES", false, "belongs to somebody else"],
    ["EPERM", false, "belongs to somebody else"],
    ["ENOSYS", false, "hard links"],
    ["ENOTSUP", false, "hard links"],
    ["EOPNOTSUPP", false, "hard links"],
    ["ELOOP", false, ""],
    ["ENOTDIR", false, "a part of its path is a file"],
    ["ENAMETOOLONG", false, ""],
    ["ENOSPC", true, "no space"],
    ["EDQUOT", true, "no space"],
    ["EMFILE", true, "too many files"],
    ["EIO", true, ""],
    ["ESTALE", true, ""],
  ])("D3 %s: retryable is %s", async (code, retryable, hint) => {
    const path = await folder();
    const store = new FileTokenStore(path);
    await store.write("k", { fencingToken: 1, text: "" });
    played.steps.set("open", fails(code));
    const error = await errorOf(() => store.write("k", { fencingToken: 2, text: "" }));
    expect(error).toMatchObject({ code: "store", retryable, cause: { code } });
    expect(error.message).toContain(`${join(path, "k")} cannot be written (${code})`);
    expect(error.message).toContain(hint);
    expect(await readdir(join(path, "k"))).toHaveLength(1);
  });

  test.each([["EROFS"], ["EACCES"], ["ENOSPC"]])(
    "D3 a folder that cannot be made is said to be %s, however deep",
    async (code) => {
      const path = await folder();
      played.steps.set("mkdir", async (...given) => {
        if ((given[0] as unknown) === join(path, "a")) throw says(code);
        return played.real.mkdir(...(given as unknown as Parameters<FileSystem["mkdir"]>));
      });
      const error = await errorOf(() => new FileTokenStore(join(path, "a", "b", "c")).lock("k", 1000));
      expect(error).toMatchObject({
        code: "store",
        retryable: code === "ENOSPC",
        message: expect.stringContaining(code),
      });
    },
  );
});

const WITHOUT_LINKS = [["EPERM"], ["ENOSYS"], ["ENOTSUP"], ["EOPNOTSUPP"], ["EMLINK"], ["EISDIR"]] as const;

describe("D2 a file system without hard links", () => {
  test.each(WITHOUT_LINKS)("D2 D6 that says %s is used by renames of folders", async (code) => {
    played.steps.set("link", fails(code));
    const path = await folder();
    const store = new FileTokenStore(path);
    const leases = await Promise.all(Array.from({ length: 10 }, () => store.lock("k", 60_000)));
    const held = leases.filter((lease) => lease !== undefined);
    expect(held).toHaveLength(1);
    for (let n = 0; n < 5; n += 1) await store.write("k", { fencingToken: 1, text: `${n}` });
    await held[0]?.release();
    expect(await new FileTokenStore(path).read("k")).toEqual({ fencingToken: 1, text: "4" });
    expect(await readdir(join(path, "k"))).toEqual(["000000000006.json", "000000000007.json"]);
    for (const [name, mode] of [
      ["", 0o700],
      ["text", 0o600],
    ] as const) {
      expect((await stat(join(path, "k", "000000000007.json", name))).mode & 0o777).toBe(mode);
    }
  });

  test("D2 many who write at once lose nothing, some of them with hard links", async () => {
    const path = join(await folder(), "k");
    let calls = 0;
    played.steps.set("link", async (from: string, to: string) => {
      calls += 1;
      if (calls % 2 === 0) throw says("EPERM");
      await played.real.link(from, to);
    });
    const add = async (versions: VersionFolder, word: string): Promise<void> => {
      const newest = await versions.newest();
      const words: string[] = JSON.parse(newest?.text ?? "[]");
      if (words.includes(word)) return;
      const version = { number: (newest?.number ?? 0) + 1, text: JSON.stringify([...words, word]) };
      if (!(await versions.publish(version))) await add(versions, word);
    };
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const versions = new VersionFolder(path);
      for (let n = 0; n < 4; n += 1) await add(versions, `${writer}.${n}`);
    });
    await Promise.all(writers);
    const words: string[] = JSON.parse((await new VersionFolder(path).newest())?.text ?? "");
    expect(new Set(words).size).toBe(32);
    expect(words).toHaveLength(32);
  });

  test.each([
    ["a file of another stands there", "ENOTDIR"],
    ["Windows is asked to put it on another", "EPERM"],
    ["the network fails", "EIO"],
  ])("D2 a folder that comes too late comes second, though %s (%s)", async (_why, code) => {
    const path = join(await folder(), "k");
    const [late, others] = [new VersionFolder(path), new VersionFolder(path)];
    let isLate = false;
    played.steps.set("link", async (from: string, to: string) => {
      if (isLate) throw says("EPERM");
      await played.real.link(from, to);
    });
    played.steps.set("rename", async (from: string, to: string) => {
      if (!to.endsWith("000000000001.json")) return played.real.rename(from, to);
      isLate = false;
      // By the time at which the step has failed, its number is swept away.
      for (const number of [1, 2, 3]) await others.publish({ number, text: `${number}` });
      throw says(code);
    });
    isLate = true;
    expect(await late.publish({ number: 1, text: "late" })).toBe(false);
    expect(await late.newest()).toEqual({ number: 3, text: "3" });
    expect(await readdir(path)).toEqual(["000000000002.json", "000000000003.json"]);
  });

  test.each([
    ["a file that becomes a folder", "EISDIR"],
    ["a folder that becomes a file", "ENOTDIR"],
  ])("D2 %s while it is looked at is looked at again", async (_what, code) => {
    const versions = new VersionFolder(join(await folder(), "k"));
    await versions.publish({ number: 1, text: "a" });
    let looks = 0;
    played.steps.set("readFile", async (...given) => {
      looks += 1;
      if (looks === 1) throw says(code);
      return played.real.readFile(...(given as unknown as Parameters<FileSystem["readFile"]>));
    });
    expect(await versions.newest()).toEqual({ number: 1, text: "a" });
    expect(looks).toBe(2);
  });

  test("D2 a number that was swept away long ago cannot be published again", async () => {
    played.steps.set("link", fails("EPERM"));
    const versions = new VersionFolder(join(await folder(), "k"));
    for (let number = 1; number <= 5; number += 1) await versions.publish({ number, text: `${number}` });
    expect(await versions.publish({ number: 2, text: "asleep" })).toBe(false);
    expect(await versions.publish({ number: 5, text: "second" })).toBe(false);
    expect(await versions.newest()).toEqual({ number: 5, text: "5" });
  });

  test.each([["with"], ["without"]])(
    "D6 %s hard links, killed before any step it leaves the text before or after",
    async (links) => {
      const killed = new Error("killed");
      for (let step = 1, isWhole = false; !isWhole; step += 1) {
        if (links === "without") played.steps.set("link", fails("EPERM"));
        const versions = new VersionFolder(join(await folder(), "k"));
        await versions.publish({ number: 1, text: "before" });
        let calls = 0;
        played.before = () => {
          calls += 1;
          if (calls >= step) throw killed;
        };
        isWhole = await versions.publish({ number: 2, text: "after" }).catch(() => false);
        played.before = () => {};
        const newest = await versions.newest();
        expect(["before", "after"]).toContain(newest?.text);
        const number = (newest?.number ?? 0) + 1;
        expect(await versions.publish({ number, text: "next" })).toBe(true);
        expect(await versions.newest()).toEqual({ number, text: "next" });
        expect(step).toBeLessThan(100);
      }
    },
  );

  test("D3 where folders cannot be renamed either, an error says what is needed", async () => {
    played.steps.set("link", fails("ENOSYS"));
    played.steps.set("rename", fails("ENOSYS"));
    const path = await folder();
    const error = await errorOf(() => new FileTokenStore(path).lock("k", 1000));
    expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining("hard links") });
    expect(await readdir(join(path, "k"))).toEqual([]);
  });

  test.each([
    ["is refused without a disk of its own: its renames may be copies", 0x2b, false],
    ["is used with a disk of its own", 0x801, true],
  ])("D2 a FUSE file system %s", async (_what, dev, isUsed) => {
    played.steps.set("link", fails("ENOSYS"));
    played.steps.set("statfs", async () => ({ type: 0x65735546 }));
    played.steps.set("stat", async () => ({ dev, mtimeMs: Date.now() }));
    const path = await folder();
    const locking = new FileTokenStore(path).lock("k", 1000);
    if (isUsed) return expect(await locking).toMatchObject({ fencingToken: 1 });
    const error = await errorOf(() => locking);
    expect(error).toMatchObject({ code: "store", retryable: false });
    expect(error.message).toContain("no hard links (ENOSYS), and cannot promise atomic renames (FUSE)");
    expect(await readdir(join(path, "k"))).toEqual([]);
  });
});
