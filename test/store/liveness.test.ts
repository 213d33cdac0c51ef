import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { isDead, thisProcess } from "../../src/store/liveness.js";

const me = thisProcess();
const ifLinux = test.skipIf(!existsSync("/proc/self/stat"));

ifLinux("D2 this process lives; one of its pid that started at another time is dead", () => {
  expect(isDead(me)).toBe(false);
  expect(isDead({ ...me, startedAt: "1" })).toBe(true);
});

ifLinux("D2 a pid that nobody has is dead", () => {
  expect(isDead({ ...me, pid: 2 ** 30 })).toBe(true);
});

ifLinux("D2 of another boot, or another pid namespace, nothing is known", () => {
  expect(isDead({ ...me, pid: 2 ** 30, boot: "another" })).toBe(false);
  expect(isDead({ ...me, pid: 2 ** 30, pidNamespace: "pid:[1]" })).toBe(false);
});

test("D2 where processes cannot be seen, nothing is known", () => {
  const unknown = { host: "h", pid: 2 ** 30 };
  expect(isDead(unknown, unknown)).toBe(false);
  // What neither knows is not what both have.
  expect(isDead({ ...unknown, startedAt: "55" }, { ...unknown, startedAt: "0" })).toBe(false);
  expect(isDead({ ...me, pid: 2 ** 30, host: "another" })).toBe(false);
});

ifLinux("D2 a zombie is dead", async () => {
  // Its parent has become another program, which never asks for it.
  const parent = spawn("sh", ["-c", "sleep 0.01 & exec sleep 60"]);
  onTestFinished(() => {
    parent.kill();
  });
  const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
  await vi.waitFor(async () => expect(await readFile(children, "utf8")).toMatch(/\d/), { timeout: 5000 });
  const pid = Number(await readFile(children, "utf8"));
  const stat = () => readFile(`/proc/${pid}/stat`, "utf8");
  await vi.waitFor(async () => expect(await stat()).toContain(") Z "), { timeout: 5000 });
  const startedAt = (await stat()).split(") ")[1]?.split(" ")[19];
  expect(isDead({ ...me, pid, startedAt })).toBe(true);
});
