/**
 * Which process, and which thread of it, holds a lease, and whether it is dead (D2). Only Linux tells
 * that of another process; elsewhere a lease is judged by its age.
 */

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import * as z from "zod/mini";
import { lazily } from "../config/check.js";

/** A process as a lease names it. All but its host and pid is absent where the system does not tell it. */
export type HoldingProcess = Readonly<z.output<ReturnType<typeof holdingProcess>>>;

/** The shape of a `HoldingProcess`. A pid alone says nothing: hosts, containers and boots use the same ones again. */
export const holdingProcess = lazily(() =>
  z.object({
    host: z.string(),
    pid: z.number(),
    /** The boot of the kernel that it runs on. */
    boot: z.optional(z.string()),
    /** The namespace in which its pid counts: each container has its own. */
    pidNamespace: z.optional(z.string()),
    /** The namespace in which its times count. */
    timeNamespace: z.optional(z.string()),
    /** When it started, in ticks of the kernel since the boot. */
    startedAt: z.optional(z.string()),
    /** The thread that the lease was taken in, by the kernel's number for it, and when that started. */
    thread: z.optional(z.object({ id: z.number(), startedAt: z.string() })),
    /** What its monotonic clock counts from: processes that name the same can compare theirs. */
    monotonicEpoch: z.string(),
  }),
);

/** The process and thread that this code runs in. */
export const thisProcess: () => HoldingProcess = lazily(() => {
  const place = { boot: bootId(), pidNamespace: namespaceOf("pid"), timeNamespace: namespaceOf("time") };
  return { host: hostname(), pid: process.pid, ...place, ...ownTimes(), monotonicEpoch: epochIn(place) };
});

/** Whether `holder` is certainly dead. `false` also stands for "that cannot be known here". */
export function isDead(holder: HoldingProcess, observer: HoldingProcess = thisProcess()): boolean {
  if (!isVisible(holder, observer) || isSameThread(holder, observer)) return false;
  if (!isPidInUse(holder.pid)) return true;
  try {
    if (hasEnded(statusOf(holder.pid), holder.startedAt)) return true;
  } catch {
    // The system has such a process, but hides it from this user (proc(5), hidepid).
    return false;
  }
  return holder.thread !== undefined && isThreadDead(holder.pid, holder.thread);
}

/** Whether the pid of `holder` means the same to `observer`. Two that are unknown are not the same. */
function isVisible(holder: HoldingProcess, observer: HoldingProcess): boolean {
  if (holder.startedAt === undefined || observer.startedAt === undefined) return false;
  const places = (["host", "boot", "pidNamespace", "timeNamespace"] as const).map((part) => [
    holder[part],
    observer[part],
  ]);
  return places.every(([its, mine]) => its !== undefined && its === mine);
}

function isSameThread(holder: HoldingProcess, observer: HoldingProcess): boolean {
  const nameOf = ({ pid, startedAt, thread }: HoldingProcess): string =>
    [pid, startedAt, thread?.id, thread?.startedAt].join(" ");
  return nameOf(holder) === nameOf(observer);
}

/** Only the system's own word counts: what is missing in /proc may merely be hidden. */
function isPidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** Of a process that can be seen, every thread that lives can be seen too. */
function isThreadDead(pid: number, { id, startedAt }: NonNullable<HoldingProcess["thread"]>): boolean {
  try {
    return hasEnded(statusOf(`${pid}/task/${id}`), startedAt);
  } catch (error) {
    return ["ENOENT", "ESRCH"].includes(codeOf(error) ?? "");
  }
}

/** Zombies have ended, and so has whoever had this number before. */
function hasEnded({ state, startedAt }: Status, itsStart: string | undefined): boolean {
  return state === "Z" || state === "X" || startedAt !== itsStart;
}

interface Status {
  readonly id: number;
  readonly state: string;
  readonly startedAt: string;
}

/** Fields 1, 3 and 22 of `/proc/<task>/stat` (proc(5)); field 2, the name, may hold spaces and parentheses. */
function statusOf(task: number | string): Status {
  const text = readFileSync(`/proc/${task}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { id: Number.parseInt(text, 10), state: fields[0] ?? "", startedAt: fields[19] ?? "" };
}

/** When this process and this thread started; nothing where /proc shows the pids of another namespace. */
function ownTimes(): Pick<HoldingProcess, "startedAt" | "thread"> {
  const own = known(() => statusOf("self"));
  const pids = known(() => /^NSpid:\s+(.+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  if (own?.id !== process.pid || (pids ?? `${process.pid}`) !== `${process.pid}`) return {};
  const thread = known(() => statusOf("thread-self"));
  return { startedAt: own.startedAt, thread: thread && { id: thread.id, startedAt: thread.startedAt } };
}

function bootId(): string | undefined {
  return known(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
}

/** A kernel without namespaces of that kind has one for all. */
function namespaceOf(kind: "pid" | "time"): string | undefined {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch (error) {
    return kind === "time" && codeOf(error) === "ENOENT" ? "the only one" : undefined;
  }
}

/** How long after the boot a process must have begun, in milliseconds, so that its clock is seen not to begin with it. */
const CLEARLY_LATER_MS = 1000;

/**
 * On Linux, the monotonic clock of Node counts from the boot, in all processes of one time namespace.
 * That of Bun and Deno begins with the process, so that no other can compare it.
 */
function epochIn({ boot, timeNamespace }: Pick<HoldingProcess, "boot" | "timeNamespace">): string {
  const isShared = monotonicClock() - performance.now() > CLEARLY_LATER_MS;
  return isShared && boot !== undefined && timeNamespace !== undefined ? `${boot} ${timeNamespace}` : randomUUID();
}

/** The monotonic clock of this process, in milliseconds. */
export function monotonicClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function known<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
