/** Stores on real file systems that are read-only, full, or without hard links, each mounted for one test (D2, D3). */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { newFolder } from "../fleet/processes.js";
import { type Ended, execute, load, root } from "../support/child.js";

/**
 * Runs `program`, in which `path` is a folder, after the shell has run `mount`, in a mount namespace of its own. `undefined`
 * if that cannot be mounted here.
 */
async function mounted(mount: string, program: string): Promise<Ended | undefined> {
  const folder = await newFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "mnt");
  const script = `mkdir -p "$DIR"; ( set -e; ${mount} ) >/dev/null 2>&1 || exit 99
    trap 'umount "$DIR"; [ -f "$DIR.loop" ] && losetup -d "$(cat "$DIR.loop")"' EXIT
    "$@"`;
  const code = `${load.module}; const path = ${JSON.stringify(path)};
    const tried = (use) => use().then(String, ({ message, ...error }) => JSON.stringify({ ...error, message }));
    ${program}`;
  const node = [process.execPath, "--input-type=module", "-e", code];
  const env = { DIR: path };
  const ended = execute("unshare", ["-m", "sh", "-c", script, "sh", ...node], { cwd: root, env });
  return ended.then(
    (result) => (result.code === 99 || /unshare failed/.test(result.stderr) ? undefined : result),
    () => undefined,
  );
}

describe("D3 a file system that cannot be written to", { tags: ["slow"] }, () => {
  test.for([
    ["read-only", 'mount -t tmpfs -o ro tmpfs "$DIR"', "EROFS", false],
    [
      "full",
      'mount -t tmpfs -o size=4k tmpfs "$DIR"; mkdir -p "$DIR/a/b/k"; dd if=/dev/zero of="$DIR/x" bs=4k count=1',
      "ENOSPC",
      true,
    ],
  ] as const)(
    "D3 %s: it is said so, and whether it helps to try again",
    async ([_kind, mount, code, retryable], { skip }) => {
      const program = `
      const store = new faucet.FileTokenStore(path + "/a/b");
      console.log(await store.read("k"));
      for (const use of [() => store.lock("k", 1000), () => store.write("k", { fencingToken: 1, text: "" })]) {
        console.log(await tried(use));
      }`;
      const ended = await mounted(mount, program);
      if (ended === undefined) return skip("needs the right to mount a tmpfs");
      const [read, ...errors] = ended.stdout.trim().split("\n");
      expect(read).toBe("undefined");
      expect(errors).toHaveLength(2);
      for (const error of errors) {
        expect(JSON.parse(error)).toMatchObject({ code: "store", retryable, message: expect.stringContaining(code) });
      }
    },
  );
});

describe("D2 a file system without hard links", { tags: ["slow"] }, () => {
  test.for([
    ["FAT", 'truncate -s 16M "$DIR.img"; mkfs.vfat "$DIR.img"; mount -o loop "$DIR.img" "$DIR"'],
    [
      "exFAT",
      `truncate -s 16M "$DIR.img"; mkfs.exfat "$DIR.img"; losetup -f --show "$DIR.img" > "$DIR.loop"
       mount.exfat-fuse "$(cat "$DIR.loop")" "$DIR" || { losetup -d "$(cat "$DIR.loop")"; exit 1; }`,
    ],
  ] as const)(
    "D2 %s: one of many processes gets the lease, and what is written is read",
    async ([_kind, mount], { skip }) => {
      // Each keeps what it got until all have been answered.
      const locker = `${load.module}; const store = new faucet.FileTokenStore(process.env.STORE);
      const lease = await store.lock("k", 60_000);
      process.stdout.write(lease ? "held" : "refused");
      process.stdin.resume().once("end", () => process.exit());`;
      const program = `
      import { link, readdir, writeFile } from "node:fs/promises";
      import { spawn } from "node:child_process";
      import { once } from "node:events";
      await writeFile(path + "/file", "");
      console.log(await link(path + "/file", path + "/other").then(() => "linked", () => "no links"));
      const STORE = path + "/store";
      const children = Array.from({ length: 4 }, () => spawn(process.execPath,
        ["--input-type=module", "-e", ${JSON.stringify(locker)}],
        { env: { ...process.env, STORE }, stdio: ["pipe", "pipe", "inherit"] }));
      const said = await Promise.all(children.map(({ stdout }) => once(stdout, "data")));
      for (const { stdin } of children) stdin.end();
      await Promise.all(children.map((child) => once(child, "close")));
      const store = new faucet.FileTokenStore(STORE);
      for (const text of ["one", "two", "three"]) await store.write("k", { fencingToken: 9, text });
      console.log(JSON.stringify(await store.read("k")), (await readdir(STORE + "/k")).length, said.map(String).sort().join(" "));`;
      const ended = await mounted(mount, program);
      if (ended === undefined) return skip("needs the right to mount that file system, and its tools");
      expect(ended).toMatchObject({ stderr: "" });
      const [links, result] = ended.stdout.trim().split("\n");
      expect(links).toBe("no links");
      expect(result).toBe('{"fencingToken":9,"text":"three"} 2 held refused refused refused');
    },
  );
});
