/** Whether the holder of a lease is dead, as far as that can be known (D2). */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
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

ifLinux("D2 of another time namespace, whose ticks count from elsewhere, nothing is known", () => {
  expect(isDead({ ...me, startedAt: "1", timeNamespace: "time:[1]" })).toBe(false);
});

ifLinux(
  "D2 a process without a /proc of its own pid namespace does not say when it started, and nothing is known",
  () => {
    const { startedAt: _, ...unseen } = me;
    expect(isDead({ ...unseen, pid: 2 ** 30 })).toBe(false);
    expect(isDead({ ...me, pid: 2 ** 30 }, unseen)).toBe(false);
    expect(isDead({ ...unseen, pid: 2 ** 30 }, unseen)).toBe(false);
  },
);

test("D2 where processes cannot be seen, nothing is known", () => {
  const unknown = { host: "h", pid: 2 ** 30, monotonicEpoch: "e" };
  expect(isDead(unknown, unknown)).toBe(false);
  // What neither knows is not what both have.
  expect(isDead({ ...unknown, startedAt: "55" }, { ...unknown, startedAt: "0" })).toBe(false);
  expect(isDead({ ...me, pid: 2 ** 30, host: "another" })).toBe(false);
});

ifLinux("D2 only the system's word that there is no such process is a death", () => {
  const stranger = { ...me, pid: 2 ** 30, startedAt: "1" };
  const says = (code: string | undefined) =>
    vi.spyOn(process, "kill").mockImplementation(() => {
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return true;
    });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  for (const [code, isGone] of [
    ["ESRCH", true],
    ["EPERM", false],
    ["EINVAL", false],
    [undefined, false],
  ] as const) {
    says(code);
    expect(isDead(stranger), code).toBe(isGone);
  }
});

ifLinux("D2 a thread that is gone is dead though its process lives; one that runs is not", async () => {
  const program =
    'require("worker_threads").parentPort.postMessage(require("fs").readFileSync("/proc/thread-self/stat", "utf8")); setInterval(() => {}, 1e6)';
  const worker = new Worker(program, { eval: true });
  const [stat]: string[] = await once(worker, "message");
  const thread = { id: Number.parseInt(stat ?? "", 10), startedAt: stat?.split(") ")[1]?.split(" ")[19] ?? "" };
  expect(thread.id).not.toBe(me.thread?.id);
  expect(isDead({ ...me, thread })).toBe(false);
  expect(isDead({ ...me, thread: { ...thread, startedAt: "1" } })).toBe(true);
  await worker.terminate();
  expect(isDead({ ...me, thread })).toBe(true);
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
