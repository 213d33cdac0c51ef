/** Leases of other processes, and of their threads: which are taken over at once, and which only by their age (D2). */

import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { FileTokenStore } from "../../src/index.js";
import { newFolder } from "../fleet/processes.js";
import { execute, load, root, run } from "../support/child.js";

async function folder(): Promise<string> {
  const path = await newFolder();
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Takes a lease for an hour on the key `k` in the store at `path`. */
const lease = (path: string) => `${load.module}
  const store = new faucet.FileTokenStore(${JSON.stringify(path)});
  const lease = await store.lock("k", 3_600_000);`;

/** That, and ends without releasing it. */
const leaseAndDie = (path: string) => `${lease(path)}
  process.stdout.write(String(lease?.fencingToken), () => process.exit(0));`;

/** That, and tells what `ask`, the call of another program, gives while it lives. */
const leaseAndAsk = (path: string, ask: string) => `
  import { spawnSync } from "node:child_process";
  ${lease(path)}
  const asked = ${ask};
  process.stdout.write(lease?.fencingToken + " then " + asked.stdout + asked.stderr);`;

/** Runs `program` in namespaces of its own. */
const unshared = (options: readonly string[], program: string) =>
  execute("unshare", [...options, process.execPath, "--input-type=module", "-e", program], { cwd: root });

const isPossible = (options: readonly string[]) =>
  unshared(options, "console.log(1)").then(
    ({ stdout }) => stdout === "1\n",
    () => false,
  );

const inAnHour = () => Number(process.hrtime.bigint()) / 1e6 + 3_600_000;

describe("D2 dead holders", () => {
  test("D2 the lease of a dead process is taken over at once", async () => {
    const path = await folder();
    expect(await run("module", leaseAndDie(path))).toMatchObject({ stdout: "1", stderr: "" });
    expect(await new FileTokenStore(path).lock("k", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("D2 so is that of a worker thread which was terminated, though its process lives", async ({ skip }) => {
    if (process.platform !== "linux") skip("needs /proc, where threads can be seen");
    const path = await folder();
    const program = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      ${load.module}
      const code = ${JSON.stringify(`
        const { FileTokenStore } = require("faucet-auth");
        const { parentPort, workerData } = require("node:worker_threads");
        new FileTokenStore(workerData).lock("k", 3_600_000).then((lease) => parentPort.postMessage(lease.fencingToken));
        setInterval(() => {}, 60_000);`)};
      const path = ${JSON.stringify(path)};
      const worker = new Worker(code, { eval: true, execArgv: [], workerData: path });
      const [first] = await once(worker, "message");
      const store = new faucet.FileTokenStore(path);
      const whileItRuns = await store.lock("k", 1000);
      await worker.terminate();
      const next = await store.lock("k", 1000);
      console.log(first, whileItRuns, next?.fencingToken);`;
    expect(await run("module", program)).toMatchObject({ stdout: "1 undefined 2\n", stderr: "" });
  });
});

describe("D2 holders that cannot be judged keep their lease for its time", { tags: ["slow"] }, () => {
  test("D2 one in another container, though both are pid 1", async ({ skip }) => {
    const container = ["-p", "-f", "--mount-proc"];
    if (!(await isPossible(container))) skip("needs the right to make pid namespaces");
    const path = await folder();
    const other = [...container, process.execPath, "--input-type=module", "-e", leaseAndDie(path)];
    const ask = `spawnSync("unshare", ${JSON.stringify(other)}, { encoding: "utf8" })`;
    // The first lives while the second asks, since a kernel may use the number of a namespace that has ended again.
    expect(await unshared(container, leaseAndAsk(path, ask))).toMatchObject({ stdout: "1 then undefined", stderr: "" });
    // Our pid 1 says nothing of theirs.
    expect(await new FileTokenStore(path).lock("k", 1000)).toBeUndefined();
    const later = new FileTokenStore(path, { monotonicClock: inAnHour });
    expect(await later.lock("k", 1000)).toMatchObject({ fencingToken: 2 });
  });

  test("D2 one in a pid namespace whose /proc is that of the host", async ({ skip }) => {
    const namespace = ["-p", "-f"];
    if (!(await isPossible(namespace))) skip("needs the right to make pid namespaces");
    const path = await folder();
    const ask = `spawnSync(process.execPath, ${JSON.stringify(["--input-type=module", "-e", leaseAndDie(path)])}, { encoding: "utf8" })`;
    // Both see the pids of the host in /proc, where their own mean others.
    expect(await unshared(namespace, leaseAndAsk(path, ask))).toMatchObject({ stdout: "1 then undefined", stderr: "" });
    expect(await new FileTokenStore(path).lock("k", 1000)).toBeUndefined();
  });

  test("D2 one in another time namespace, where the ticks since the boot are others", async ({ skip }) => {
    const namespace = ["-T", "-f", "--boottime", "100000", "--monotonic", "100000"];
    if (!(await isPossible(namespace))) skip("needs the right to make time namespaces");
    const path = await folder();
    const store = new FileTokenStore(path);
    expect(await store.lock("k", 3_600_000)).toMatchObject({ fencingToken: 1 });
    expect(await unshared(namespace, leaseAndDie(path))).toMatchObject({ stdout: "undefined", stderr: "" });
  });

  test.for([
    ["another user", "", "{ uid: 65534, gid: 65534 }"],
    ["a user of fewer rights", "setpriv --bounding-set=-all --inh-caps=-all", "{}"],
  ] as const)("D2 one that /proc hides from %s", async ([_who, prefix, options], { skip }) => {
    const path = await folder();
    const asker = (...node: string[]) => {
      const command = JSON.stringify([...prefix.split(" ").filter(Boolean), process.execPath, ...node]);
      return `((command) => spawnSync(command[0], command.slice(1), { ...${options}, encoding: "utf8" }))(${command})`;
    };
    const hidden = ["-m", "sh", "-c", 'mount -t proc -o hidepid=2,gid=65533 proc /proc && exec "$@"', "sh"];
    const seen = asker("-p", "require('node:fs').existsSync('/proc/' + process.ppid)");
    const trial = await unshared(
      hidden,
      `import { spawnSync } from "node:child_process"; console.log(${seen}.stdout)`,
    ).catch(() => undefined);
    if (trial?.stdout.trim() !== "false") skip("needs the right to mount a /proc that hides processes");
    const share = `spawnSync("chmod", ["-R", "a+rwX", ${JSON.stringify(path)}])`;
    const ask = asker("--input-type=module", "-e", leaseAndDie(path));
    const { stdout, stderr } = await unshared(hidden, leaseAndAsk(path, `(${share}, ${ask})`));
    expect({ stdout, stderr }).toEqual({ stdout: "1 then undefined", stderr: "" });
  });
});
