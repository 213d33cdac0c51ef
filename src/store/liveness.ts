/** Whose a lease is, and whether that process is dead (D2). Known on Linux; elsewhere only age tells. */

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { lazily } from "../config/check.js";

/** A process. A pid alone says nothing: another host, container or boot has the same, and pids are used again. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** The boot of the kernel that it runs on. */
  readonly boot?: string | undefined;
  /** The namespace in which its pid counts: each container has its own. */
  readonly pidNamespace?: string | undefined;
  /** When it started, in ticks of the kernel since the boot. */
  readonly startedAt?: string | undefined;
}

/** This process. */
export const thisProcess: () => Owner = lazily(() => ({
  host: hostname(),
  pid: process.pid,
  boot: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  pidNamespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
  startedAt: attempt(() => statusOf("self").startedAt),
}));

/** Whether `owner` is certainly dead, as far as `observer` can see its pid at all. */
export function isDead(owner: Owner, observer: Owner = thisProcess()): boolean {
  if (!isVisible(owner, observer)) return false;
  try {
    const { state, startedAt } = statusOf(owner.pid);
    return state === "Z" || state === "X" || startedAt !== owner.startedAt;
  } catch (error) {
    return ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** What is not known is not the same. */
function isVisible(owner: Owner, observer: Owner): boolean {
  const place = ({ host, boot, pidNamespace }: Owner): unknown[] => [host, boot, pidNamespace];
  const isKnown = [...place(owner), owner.startedAt, observer.startedAt].every((part) => part !== undefined);
  return isKnown && place(owner).join("\n") === place(observer).join("\n");
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); field 2, the name, may hold spaces and parentheses. */
function statusOf(pid: number | "self"): { state: string | undefined; startedAt: string | undefined } {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], startedAt: fields[19] };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
